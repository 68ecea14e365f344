"""A loss of the user's own, as the surface takes losses."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lightning_modules.data.dataset import Task
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss

__all__ = ["as_loss"]


def as_loss(given: "Loss | nn.Module | Callable[[Tensor, Tensor], Tensor]", dtype: torch.dtype) -> Loss:
    """Return a loss as one of this package.

    Arguments:
        given: one of this package's losses; a criterion of ``torch.nn`` such as ``CrossEntropyLoss()`` or
            ``MSELoss()`` that returns the mean over the examples; or a function of outputs (examples, outputs) and
            targets that returns one loss an example, (examples,), whatever examples of whatever points it is given.
        dtype: of the outputs that it will be given.

    Raises:
        InvalidInput: for anything else.
    """
    if isinstance(given, Loss):
        return given
    if isinstance(given, nn.Module):
        if not hasattr(given, "reduction"):
            raise InvalidInput(
                f"The loss {type(given).__name__} has no reduction: give a criterion of torch.nn, or a function that"
                " returns one loss an example."
            )
        if given.reduction != "mean":
            raise InvalidInput(
                f"The loss {type(given).__name__} has reduction={given.reduction!r}, and a landscape is of a mean over"
                ' examples: give reduction="mean".'
            )
        single = copy.deepcopy(given).to(dtype)
        single.reduction = "none"  # type: ignore[assignment]
        return _Classes(single) if _is_of_classes(given) else _Criterion(single)
    if callable(given):
        return _Numbers(given)
    raise InvalidInput(f"The loss is {given!r}: give nn.CrossEntropyLoss(), or a function of outputs and targets.")


def _is_of_classes(criterion: nn.Module) -> bool:
    return isinstance(criterion, nn.CrossEntropyLoss | nn.NLLLoss | nn.MultiMarginLoss)


@dataclass(frozen=True)
class _Numbers(Loss):
    """Any objective, of which only the loss is known.

    It is called with all leading axes flattened into one, as a criterion expects.
    """

    function: Any
    task: ClassVar[Task] = "regression"

    def values(self, outputs: Tensor, targets: Tensor) -> Tensor:
        leading = outputs.shape[:-1]
        found = self.function(outputs.flatten(0, -2), targets.flatten(0, len(leading) - 1))
        count = leading.numel()
        # An objective of numbers has a value for each of them; another shape is what broadcasting made of two.
        shapes = ((count,), (count, *outputs.shape[-1:]))
        if not isinstance(found, Tensor) or tuple(found.shape) not in shapes:
            raise InvalidInput(
                f"The loss returns {_shape(found)} for {count} examples: let it return one loss an example, and give"
                f" targets of the shape that it takes for outputs ({count}, {outputs.shape[-1]})."
            )
        return found.reshape(count, -1).mean(dim=1).reshape(leading)

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs


@dataclass(frozen=True)
class _Criterion(_Numbers):
    """A criterion of torch for numbers, which would broadcast targets of another shape."""

    def values(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if targets.shape != outputs.shape:
            raise InvalidInput(
                f"The outputs have shape {tuple(outputs.shape)} and the targets {tuple(targets.shape)}, which the"
                f" {type(self.function).__name__} would broadcast: give targets of the outputs' shape."
            )
        return super().values(outputs, targets)


@dataclass(frozen=True)
class _Classes(_Numbers):
    """An objective of classes: the largest output is the decision."""

    task: ClassVar[Task] = "classification"

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs.softmax(dim=-1)


def _shape(found: object) -> str:
    return f"shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else repr(found)
