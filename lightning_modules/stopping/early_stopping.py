"""Early stopping: no further than the validation loss improves."""

from collections.abc import Sequence
from dataclasses import dataclass

from lightning_modules.checks import require_integer, require_non_negative
from lightning_modules.stopping.stopping import Stopping

__all__ = ["EarlyStopping"]


@dataclass(frozen=True)
class EarlyStopping(Stopping):
    """A run stops when its validation loss has not improved for some epochs, and keeps its best weights.

    In a stack a stopped run leaves and costs nothing afterwards. The best
    weights are kept as well if the last epoch comes before patience ends.

    Arguments:
        patience: epochs without improvement after which the run stops.
        min_improvement: nats (or the loss's own unit) below the best loss that count as an improvement.

    Raises:
        InvalidInput: for a patience below 1 or a negative improvement.

    References:
        | Early stopping, but when? (Prechelt, 1998)
        | https://doi.org/10.1007/3-540-49430-8_3
    """

    patience: int = 5
    min_improvement: float = 0.0

    def __post_init__(self) -> None:
        require_integer("The early stopping's patience", self.patience, at_least=1)
        require_non_negative("The early stopping's min_improvement", self.min_improvement)

    def best(self, losses: Sequence[float]) -> int | None:
        best = None
        for epoch, loss in enumerate(losses):
            if best is None or loss < losses[best] - self.min_improvement:
                best = epoch
        return best

    def stops(self, losses: Sequence[float]) -> bool:
        best = self.best(losses)
        return best is not None and len(losses) - 1 - best >= self.patience
