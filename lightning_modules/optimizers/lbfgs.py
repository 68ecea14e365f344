"""L-BFGS: a quasi-Newton method that remembers a few steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lightning_modules.checks import require_integer, require_non_negative, require_positive
from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.cubic_interpolation import Point
from lightning_modules.optimizers.curvature_memory import no_memory, quasi_newton_direction, remember
from lightning_modules.optimizers.line_searches import search_lines
from lightning_modules.optimizers.objective import Objective
from lightning_modules.optimizers.second_order import SecondOrder
from lightning_modules.optimizers.strong_wolfe import strong_wolfe

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LBFGS"]


@dataclass(frozen=True)
class LBFGS(SecondOrder):
    """``w ← w + t d`` with ``d = −H g``, several times a step, H from how the gradient changed over the last steps.

    H approximates the inverse Hessian (`quasi_newton_direction`) and is kept from
    step to step. t is the learning rate α, or what a line search finds from
    there; in the first iteration of all it is ``min(1, 1 / ‖g‖₁) α``. A step of
    the training ends after its iterations or evaluations, or where it is stuck.
    This is torch's method, quirks included. It is good on a full batch and bad on
    small ones, whose gradients differ by more than the curvature tells.

    The memory holds twice `history_size` times the weights of each run.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        max_iterations: in one step.
        max_evaluations: of loss and gradient in one step, checked after each iteration; 5/4 of the iterations unless
            given.
        gradient_tolerance: a step ends where no element of the gradient exceeds it.
        change_tolerance: a step ends where an iteration changes no weight, or the loss, by more.
        history_size: steps remembered.
        line_search: ``"strong_wolfe"``, or None for steps of α.

    Raises:
        InvalidInput: for a learning rate not above 0, a count below 1, a negative tolerance,
            or a line search of another name.

    References:
        | On the limited memory BFGS method for large scale optimization (Liu & Nocedal, 1989)
        | https://doi.org/10.1007/BF01589116
    """

    learning_rate: float = 1.0
    max_iterations: int = 20
    max_evaluations: int | None = None
    gradient_tolerance: float = 1e-7
    change_tolerance: float = 1e-9
    history_size: int = 100
    line_search: Literal["strong_wolfe"] | None = None

    def __post_init__(self) -> None:
        require_positive("LBFGS's learning_rate", self.learning_rate)
        require_integer("LBFGS's max_iterations", self.max_iterations, at_least=1)
        if self.max_evaluations is not None:
            require_integer("LBFGS's max_evaluations", self.max_evaluations, at_least=1)
        require_non_negative("LBFGS's gradient_tolerance", self.gradient_tolerance)
        require_non_negative("LBFGS's change_tolerance", self.change_tolerance)
        require_integer("LBFGS's history_size", self.history_size, at_least=1)
        if self.line_search not in (None, "strong_wolfe"):
            raise InvalidInput(f"LBFGS's line_search is {self.line_search!r}: give 'strong_wolfe' or None.")

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        import torch

        return {
            **no_memory(weights, self.history_size),
            "direction": weights.new_zeros(weights.shape),
            "length": weights.new_zeros(len(weights), 1),
            "gradient": weights.new_zeros(weights.shape),
            "iterations": torch.zeros(len(weights), dtype=torch.int64, device=weights.device),
        }

    def update(
        self,
        weights: "Tensor",
        objective: Objective,
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> "Tensor":
        import torch

        losses, gradient = objective.value_and_gradient(weights)
        loss, gradient = losses.clone(), gradient.clone()
        flat, still = numbers["gradient_tolerance"][:, 0], numbers["change_tolerance"][:, 0]
        evaluations = torch.ones_like(state["iterations"])
        most = self.max_iterations * 5 // 4 if self.max_evaluations is None else self.max_evaluations
        # The conditions are written so that a run without a finite loss goes on, as in torch.
        going = (~(gradient.abs().amax(dim=1) <= flat)).nonzero()[:, 0]
        for iteration in range(self.max_iterations if len(going) else 0):
            direction, length = self._turn(state, going, gradient[going], rate[going])
            slope = torch.linalg.vecdot(gradient[going], direction)
            downhill = ~(slope > -still[going])
            going, direction, length, slope = (each[downhill] for each in (going, direction, length, slope))
            if not len(going):
                break
            before = loss[going]
            if self.line_search is None:
                weights[going] = torch.addcmul(weights[going], direction, length)
                if iteration + 1 == self.max_iterations:
                    break
                loss[going], gradient[going] = objective.value_and_gradient(weights[going], going)
                evaluations[going] += 1
            else:
                details = zip(
                    before.tolist(),
                    slope.tolist(),
                    gradient[going],
                    length[:, 0].tolist(),
                    direction.abs().amax(dim=1).tolist(),
                    still[going].tolist(),
                    (most - evaluations[going]).tolist(),
                    strict=True,
                )
                searches = [
                    strong_wolfe(Point(0.0, value, gradient_along, own), first, reach, tolerance, trials)
                    for value, gradient_along, own, first, reach, tolerance, trials in details
                ]
                points, counts = search_lines(objective, searches, going, weights[going], direction)
                length = length.new_tensor([point.step for point in points])[:, None]
                weights[going] = torch.addcmul(weights[going], direction, length)
                state["length"][going] = length
                loss[going] = loss.new_tensor([point.loss for point in points])
                gradient[going] = torch.stack([point.gradient for point in points])
                evaluations[going] += torch.tensor(counts, device=going.device)
            stopped = (
                (evaluations[going] >= most)
                | (gradient[going].abs().amax(dim=1) <= flat[going])
                | ((direction * length).abs().amax(dim=1) <= still[going])
                | ((loss[going] - before).abs() < still[going])
            )
            going = going[~stopped]
            if not len(going):
                break
        return losses

    def _turn(
        self, state: "Mapping[str, Tensor]", runs: "Tensor", gradient: "Tensor", rate: "Tensor"
    ) -> "tuple[Tensor, Tensor]":
        """Return the next direction of these runs, (rows, parameters), and the length to begin with, (rows, 1)."""
        change = gradient - state["gradient"][runs]
        remember(state, runs, state["direction"][runs] * state["length"][runs], change)
        direction = quasi_newton_direction(state, runs, gradient)
        first = (state["iterations"][runs] == 0)[:, None]
        shortened = (1 / gradient.abs().sum(dim=1, keepdim=True)).clamp(max=1) * rate
        length = shortened.where(first, rate)
        state["gradient"][runs], state["direction"][runs], state["length"][runs] = gradient, direction, length
        state["iterations"][runs] += 1
        return direction, length
