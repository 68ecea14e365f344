"""The loss surface with weight decay: what training with coupled weight decay descends."""

from torch import Tensor

from analysis.surface import Surface
from lightning_modules.checks import require_non_negative

__all__ = ["DecayedSurface"]


class DecayedSurface(Surface):
    """The mean loss and ``½ λ ‖w‖²`` over all weights, whose gradient is that of coupled weight decay λ.

    Only what is differentiated has the penalty (`mean_loss`, `share_of_mean`, `second_order`);
    the values on grids (`at`) are those of the loss alone.

    Arguments:
        surface: without a penalty.
        decay: λ.

    Raises:
        InvalidInput: for a decay below 0.

    References:
        | A simple weight decay can improve generalization (Krogh and Hertz, 1992)
    """

    def __init__(self, surface: Surface, decay: float) -> None:
        require_non_negative("The weight decay of a surface", decay)
        super().__init__(
            surface.module,
            surface.loss,
            surface.inputs,
            surface.targets,
            examples=surface.examples,
            estimated_on=surface.estimated_on,
            memory=surface.memory,
        )
        self.decay = float(decay)
        self.penalty = f"with ½ · {self.decay:g} · ‖w‖²"

    def share_of_mean(self, point: Tensor, block: slice) -> Tensor:
        """Return what a block of examples adds to the mean loss, with its share of the penalty, a scalar."""
        count = len(range(*block.indices(len(self.targets))))
        penalty = self.decay / 2 * point.square().sum() * count / len(self.targets)
        return super().share_of_mean(point, block) + penalty
