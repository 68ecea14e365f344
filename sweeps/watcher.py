"""Who is told how a study goes on."""

from lightning_modules.recipe import Recipe

__all__ = ["Watcher"]


class Watcher:
    """Hears of a driver's progress; this one does nothing with it, subclasses draw."""

    def phase(self, name: str, done: int, total: int) -> None:
        """A phase (``search``, ``confirm``) begins, with so many of its runs done already.

        With halving, a run of the search counts anew for each rung that it is trained to, and for its end.
        """

    def proposed(self, number: int, recipe: Recipe) -> None:
        """A trial begins."""

    def told(self, number: int) -> None:
        """A trial has its value."""

    def under_way(self, stacks: int, runs: int) -> None:
        """So many stacks, of so many runs, are being trained."""

    def trained(self, runs: int, seconds: float) -> None:
        """A stack of so many runs was trained, in so many seconds of a worker."""

    def best(self, value: float, recipe: Recipe) -> None:
        """The best value of the study's metric so far, and its recipe."""

    def finished(self, trained: int) -> None:
        """The study is complete; so many runs were trained now."""
