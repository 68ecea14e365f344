"""Tables for a paper."""

from collections.abc import Sequence
from pathlib import Path

from analysis.table import Table
from sweeps.files import write_aside

__all__ = ["escaped", "tabular", "write_latex"]

_special = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "−": "$-$",
    "–": "--",
    "±": r"$\pm$",
    "×": r"$\times$",
}


def escaped(text: str) -> str:
    """Return a text as LaTeX prints it."""
    return "".join(_special.get(character, character) for character in text)


def tabular(note: str, columns: str, header: Sequence[str], texts: Sequence[Sequence[str]]) -> str:
    """Return a ``tabular`` with the rules of the package booktabs.

    Arguments:
        note: a comment above it.
        columns: how each is aligned: ``llr``.
        header: of the columns.
        texts: the rows.
    """
    head, *rows = (" & ".join(map(escaped, row)) + r" \\" for row in (header, *texts))
    lines = [
        f"% {note}".replace("\n", " "),
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        head,
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def write_latex(table: Table, path: Path) -> None:
    """Write a table for readers, with its note as a comment."""
    with write_aside(path) as aside:
        text = tabular(f"{table.title}. {table.note}", "l" * len(table.header), table.header, table.texts)
        aside.write_text(text, encoding="utf-8")
