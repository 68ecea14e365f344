"""What an optimizer around another optimizer is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.second_order import SecondOrder

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Wrapper", "require_optimizer"]


class Wrapper(Optimizer):
    """Edits the gradient before, or the weights after, the step of another optimizer.

    A subclass is a frozen dataclass with a field `optimizer`; its step calls
    `delegate`. Wrappers may be nested: the outermost sees the gradient first.

    Arguments:
        optimizer: the optimizer within, which has the learning rate and the state.
    """

    optimizer: Optimizer

    @property
    def learning_rate(self) -> float:  # type: ignore[override] # elsewhere a field of a frozen dataclass
        """The learning rate of the innermost optimizer."""
        return self.optimizer.learning_rate

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        return self.optimizer.state(weights)

    def state_values(self, parameters: int) -> int:
        return self.optimizer.state_values(parameters)

    def delegate(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        """Take the step of the optimizer within, given the arguments of this one's step."""
        within = {
            name.removeprefix("optimizer."): value for name, value in numbers.items() if name.startswith("optimizer.")
        }
        self.optimizer.step(weights, gradient, state, rate, within)


def require_optimizer(name: str, value: object) -> None:
    """Raise `InvalidInput` unless `value` is an optimizer that takes its step from one gradient.

    A second-order optimizer compares losses, gradients and curvature with each
    other: an edited gradient is not that of the loss, and weights moved
    afterwards are not where the optimizer left them.
    """
    if not isinstance(value, Optimizer):
        raise InvalidInput(f"{name} is {value!r}: give the optimizer to be wrapped, such as SGD(0.1).")
    if isinstance(value, SecondOrder):
        raise InvalidInput(
            f"{name} is {type(value).__name__}, whose steps rely on the unedited loss: wrap an optimizer"
            f" that takes one gradient a step, such as SGD(0.1), or use {type(value).__name__} alone."
        )
