"""Curves in weight space from one solution to another by way of a bend that is free."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Bezier", "Curve", "PolygonalChain"]


@dataclass(frozen=True)
class Curve(ABC):
    """A family of curves ``a(t) first + c(t) bend + b(t) second``, t from 0 to 1.

    References:
        | Loss surfaces, mode connectivity, and fast ensembling of DNNs (Garipov et al., 2018)
        | https://arxiv.org/abs/1802.10026
    """

    @abstractmethod
    def shares(self, steps: Tensor) -> Tensor:
        """Return the shares (a, c, b) of the first end, the bend and the second end at t (points,), (points, 3).

        At t = 0 they are exactly (1, 0, 0) and at t = 1 exactly (0, 0, 1).
        """


@dataclass(frozen=True)
class Bezier(Curve):
    """The quadratic Bézier curve ``(1 − t)² first + 2 t (1 − t) bend + t² second``; smooth, and passes by its bend."""

    def shares(self, steps: Tensor) -> Tensor:
        return torch.stack([(1 - steps) ** 2, 2 * steps * (1 - steps), steps**2], dim=-1)


@dataclass(frozen=True)
class PolygonalChain(Curve):
    """Two straight lines, from the first end to the bend, at t = ½, and on to the second."""

    def shares(self, steps: Tensor) -> Tensor:
        first, second = (1 - 2 * steps).clamp(min=0), (2 * steps - 1).clamp(min=0)
        return torch.stack([first, 1 - first - second, second], dim=-1)
