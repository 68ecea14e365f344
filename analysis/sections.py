"""The sections of a report: which figures and tables stand together, in which order, under which heading."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.plate import Plate
from analysis.table import Table

__all__ = ["Section", "sections_of"]

_known = {
    "comparison": ("Comparison", "On the test set, by which nothing was chosen, over the report seeds."),
    "calibration": (
        "Calibration",
        "How far the predicted probabilities can be trusted, and what is gained by abstaining where they are low.",
    ),
    "components": ("Whose luck", "What of the spread is caused by which stream of random numbers."),
    "ensembles": ("Ensembles", "What averaging the predictions of several snapshots gains over the last one alone."),
    "search": ("Search", "How the recipes were found. It saw the validation set of its own seeds, never a test set."),
    "training": ("Training", "The course of single runs."),
    "landscape": ("Landscape", "The loss around what was found."),
}
"""Titles and notes by name, in the order of a page: what answers the question comes before how it was found."""

_others = ("Further figures and tables", "")


@dataclass(frozen=True)
class Section:
    """One section.

    Arguments:
        name: of its place on the page.
        title: its heading.
        note: what it is about, a sentence; may be empty.
        plates: its figures.
        tables: its tables, behind folds.
    """

    name: str
    title: str
    note: str
    plates: tuple[Plate, ...]
    tables: tuple[Table, ...]


def sections_of(plates: Sequence[Plate], tables: Sequence[Table]) -> list[Section]:
    """Return the sections that have a figure or a table, in order; what names no known section stands in the last.

    Arguments:
        plates: all figures.
        tables: all tables.
    """
    found = []
    for name, (title, note) in (_known | {"further": _others}).items():
        shown = tuple(each for each in plates if _place(each) == name)
        listed = tuple(each for each in tables if _place(each) == name)
        if shown or listed:
            found.append(Section(name, title, note, shown, listed))
    return found


def _place(each: Plate | Table) -> str:
    return each.section if each.section in _known else "further"
