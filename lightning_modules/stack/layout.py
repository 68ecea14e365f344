"""Where each parameter of a module lies in a row of the weight matrix."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["Layout"]


@dataclass(frozen=True)
class Layout:
    """Names and shapes of the parameters that a module trains, in the order of ``named_parameters``.

    A row of a weight matrix (runs, size) holds all parameters of one run, one
    behind the other.
    """

    shapes: Mapping[str, tuple[int, ...]]

    @staticmethod
    def of(module: nn.Module) -> "Layout":
        """Return the layout of the parameters that a module trains; the frozen ones are not part of it."""
        trained = ((name, each) for name, each in module.named_parameters() if each.requires_grad)
        return Layout({name: tuple(parameter.shape) for name, parameter in trained})

    @property
    def size(self) -> int:
        """Parameters of one run."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def views(self, weights: Tensor) -> dict[str, Tensor]:
        """Return each parameter of all runs, (runs, *shape), as views into weights (runs, size)."""
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        pieces = weights.split(sizes, dim=1)
        return {
            name: piece.unflatten(1, shape) if shape else piece[:, 0]
            for (name, shape), piece in zip(self.shapes.items(), pieces, strict=True)
        }

    def row(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Return the row (size,) that holds these parameters of one run."""
        return torch.cat([parameters[name].detach().reshape(-1) for name in self.shapes])
