"""A table: numbers for a program, and beside them the texts for a reader."""

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cell", "Table", "write_csv"]

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table with a text for readers beside each number.

    Arguments:
        name: of its file.
        title: of its section.
        note: what the columns mean.
        columns: names for a program.
        rows: values for a program, not in per cent.
        header: names for a reader.
        texts: the rows for a reader.
        section: of the report, by its name in `analysis.sections`; empty for the one of further tables.
    """

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    header: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    section: str = ""


def write_csv(table: Table, path: Path) -> None:
    """Write a table for a program to read."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows(table.rows)
