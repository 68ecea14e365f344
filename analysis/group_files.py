"""What a measurement found of a study's groups, as files of its landscape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.estimate import Estimate
from analysis.measured import Illustration, write_measured
from analysis.run_groups import MeasuredStudy
from analysis.style import save, styled
from analysis.subjects import written

__all__ = ["Picture", "listed_amounts", "write_groups"]


@dataclass(frozen=True)
class Picture:
    """A figure to be drawn beside the numbers.

    Arguments:
        name: of its files.
        draw: makes matplotlib's figure, within the style of figures.
        caption: for readers.
        alt: for those who cannot see it.
    """

    name: str
    draw: Callable[[], Any]
    caption: str
    alt: str


def write_groups(
    study: MeasuredStudy,
    name: str,
    title: str,
    found: Mapping[str, Mapping[str, Any]],
    estimates: Sequence[Estimate],
    pictures: Sequence[Picture],
) -> None:
    """Write ``landscape/NAME.json`` (`write_measured`) and its figures as PNG and PDF; all appear at once.

    Arguments:
        study: that was measured.
        name: of the file.
        title: of its part of a report.
        found: JSON data by the group's label; ``runs`` and ``checks`` of the groups are added.
        estimates: that claims may cite.
        pictures: to be drawn.

    Raises:
        InvalidInput: if the folder cannot be written.
    """
    groups = {each.label: each for each in study.groups}
    content = {
        label: {
            **({"runs": groups[label].names} if label in groups else {}),
            **each,
            "checks": [*(groups[label].checks if label in groups else ()), *each.get("checks", ())],
        }
        for label, each in found.items()
    }
    with written(study.folder) as folder:
        with styled():
            for each in pictures:
                save(each.draw(), folder, each.name)
        illustrations = [Illustration(each.name, each.caption, each.alt) for each in pictures]
        write_measured(
            folder,
            name,
            content,
            title=title,
            illustrations=illustrations,
            study=study.checksum,
            estimates=estimates,
        )


def listed_amounts(estimates: Mapping[str, Mapping[str, Estimate]]) -> str:
    """Return estimates by group and series as a line for those who cannot see them."""
    return "; ".join(
        f"{label}: {', '.join(f'{series} {each.amount}' if series else each.amount for series, each in own.items())}"
        for label, own in estimates.items()
    )
