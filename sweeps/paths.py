"""Where everything of a study lies: each path is a property of one class."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["StudyPaths"]


@dataclass(frozen=True)
class StudyPaths:
    """The files of one study in a store.

    Arguments:
        root: ``STORE/STUDY``.
    """

    root: Path

    @property
    def lock(self) -> Path:
        """Held by the driver while it runs."""
        return self.root / ".lock"

    @property
    def stop(self) -> Path:
        """Made to ask the driver to leave."""
        return self.root / ".stop"

    @property
    def driver(self) -> Path:
        """What the last driver did: its process, its options, what it had under way, how it ended."""
        return self.root / "driver.json"

    @property
    def study(self) -> Path:
        """What the study was, and the course of its drivers: name, question, budget, trials, confirmed recipes."""
        return self.root / "study.json"

    @property
    def search(self) -> Path:
        """The search's database."""
        return self.root / "search.db"

    @property
    def search_identity(self) -> Path:
        """What tells the store's searches from others in a database that is shared."""
        return self.root / "search.id"

    @property
    def journal(self) -> Path:
        """One JSON object a line for every stack trained: what, how long, when; never read to decide anything."""
        return self.root / "journal.jsonl"

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self.root / "runs"

    @property
    def single(self) -> Path:
        """The folder of runs that were trained one at a time, by hand."""
        return self.root / "single"

    @property
    def damaged(self) -> Path:
        """The folder of what was found broken and moved aside."""
        return self.root / "damaged"

    @property
    def tracking(self) -> Path:
        """The folder of the offline W&B files."""
        return self.root / "wandb"

    @property
    def trackers(self) -> Path:
        """The folder of what other trackers hold, a folder each."""
        return self.root / "trackers"

    @property
    def report(self) -> Path:
        """The folder of the report."""
        return self.root / "report"

    @property
    def ensembles(self) -> Path:
        """The folder of the ensembles that a verb made of the runs: tables and figures that it writes anew."""
        return self.root / "ensembles"

    @property
    def landscape(self) -> Path:
        """The folder of what was measured around the solutions: numbers and figures that a verb writes anew."""
        return self.root / "landscape"

    @property
    def comparison(self) -> Path:
        """The folder of the comparison of groups, which a verb writes anew."""
        return self.root / "comparison"
