"""What a study measures of its finished runs, besides their test scores."""

from abc import ABC, abstractmethod

from sweeps.paths import StudyPaths

__all__ = ["Measurement"]


class Measurement(ABC):
    """Something that is measured once all runs of a study are complete: slices, barriers, spectra, signals.

    A measurement is a frozen dataclass of plain values, and a budget says with
    which it ends (``Budget(measurements=…)``). What it finds lies in the store
    beside what verbs measure, is part of the report, and brings estimates that
    the study's claims may cite.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Of its file ``landscape/NAME.json``; no other measurement of the budget and no verb has the same."""

    @abstractmethod
    def measure(self, paths: StudyPaths) -> None:
        """Measure, and write numbers, estimates and figures into `StudyPaths.landscape`.

        Arguments:
            paths: of the study, all of whose runs are complete.

        Raises:
            InvalidInput: if the store holds nothing that could be measured, a sentence that says why.
        """
