"""Fonts within a PDF: no more of them than draws its letters."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["letters_alone"]

_typesetting = ("GDEF", "GPOS", "GSUB", "MATH", "kern")


@contextmanager
def letters_alone() -> Iterator[None]:
    """Embed fonts without the tables by which lines of text are set, which a PDF's are already.

    Matplotlib thins them out with the rest of a font, which takes longer than all else of embedding it. Should it
    one day load its fonts in another way, they are embedded as it does it.
    """
    from fontTools import subset

    load = subset.load_font

    def load_alone(file: str | Path, options: subset.Options, *others: Any, **named: Any) -> Any:
        options.drop_tables += _typesetting
        return load(file, options, *others, **named)

    subset.load_font = load_alone
    try:
        yield
    finally:
        subset.load_font = load
