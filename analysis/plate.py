"""A figure as the page of a report carries it."""

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning_modules.errors import InvalidInput

__all__ = ["Plate", "png_of"]

_start, _end = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class Plate:
    """A figure with all that the page says of it.

    Arguments:
        name: of the figure on the page.
        png: its file, from the page.
        pdf: its file, from the page; empty if there is none.
        data: the PNG, in base64.
        width: in a screen's pixels.
        height: in a screen's pixels.
        caption: for readers.
        alt: for those who cannot see it.
        checks: what one has to know to trust it, in words, by what it is said of.
        chart: the same for plotly, to be turned; None where there is nothing to turn.
        section: of the report, by its name; empty for the one of further figures.
    """

    name: str
    png: str
    pdf: str
    data: str
    width: int
    height: int
    caption: str
    alt: str
    checks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    chart: Mapping[str, Any] | None = None
    section: str = ""


def png_of(path: Path) -> tuple[str, int, int]:
    """Return a PNG in base64, and its width and height in a screen's pixels, two of its own each.

    Raises:
        InvalidInput: if it is missing or not whole.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"The figure {path.name} cannot be read ({error.strerror}): measure it again.") from error
    if not content.startswith(_start) or not content.endswith(_end) or content[12:16] != b"IHDR":
        raise InvalidInput(f"The figure {path.name} is damaged: measure it again.")
    width, height = struct.unpack(">II", content[16:24])
    return base64.b64encode(content).decode(), round(width / 2), round(height / 2)
