"""Something wrong in a store."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """A file or folder with what is wrong with it.

    Arguments:
        path: of the culprit.
        fault: what is wrong, as a predicate: ``is not part of a study``.
        aside: what has to be moved away for the study to be sound again or to be trained again; None where something
            is missing and nothing in the way.
    """

    path: Path
    fault: str
    aside: Path | None

    def __str__(self) -> str:
        if self.aside is None:
            return f"{self.path} {self.fault}: run the study again, which trains it."
        what = "it" if self.aside == self.path else str(self.aside)
        return f"{self.path} {self.fault}: move {what} away (`--mend` does) and run the study again."
