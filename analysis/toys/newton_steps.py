"""Newton's method where everything is known: one step on quadratics, and the saddle of the scalar network."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch

from analysis.toys.descent import Descent, descend_from
from analysis.toys.quadratic import Quadratic
from analysis.toys.scalar import ScalarToy
from lightning_modules.optimizers.damped_newton import DampedNewton
from lightning_modules.optimizers.newton import Newton
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.randomness import stream

__all__ = ["eigenvalue_errors", "methods", "saddle_ends", "step_errors"]

Array = npt.NDArray[np.float64]

methods: Mapping[str, tuple[Optimizer, int]] = {
    "Newton": (Newton(), 40),
    "damped Newton": (DampedNewton(damping=2.0), 60),
    "gradient descent": (SGD(0.1), 200),
}
"""The optimizer and its steps. At the origin of ``½ (w₂ w₁ − 1)²`` the most negative eigenvalue is −1: damping by
twice as much makes every step near it lead downhill."""

# Weights so near are at the origin: the nearest minimum is √2 away.
_near = 1e-4


def eigenvalue_errors(draws: int, seed: int = 0) -> list[float]:
    """Return the largest relative error of the Hessian's eigenvalues at the scalar network's origin, against ±2xt.

    Each draw is one example (x, t) of a standard normal distribution, and the
    loss ``(w₂ w₁ x − t)²``: twice that of `ScalarToy`.
    """
    source = np.random.default_rng(stream("probe", seed, draws))
    found = []
    for x, t in source.normal(size=(draws, 2)):
        values = torch.linalg.eigvalsh(2 * ScalarToy((float(x),), (float(t),)).hessians(torch.zeros(2).double()))
        size = abs(2 * x * t)
        found.append(float(np.abs(values.numpy() - [-size, size]).max()) / size)
    return found


def step_errors(draws: int, seed: int = 0) -> list[float]:
    """Return how far Newton's method is from the minimum after one step, over the distance at the start.

    Each draw is a quadratic of five weights with eigenvalues between 0.1 and 10.
    """
    source = np.random.default_rng(stream("probe", seed, draws, 1))
    found = []
    for _ in range(draws):
        toy = Quadratic(tuple(np.exp(source.uniform(np.log(0.1), np.log(10), 5)).tolist()), float(source.uniform(0, 3)))
        start = source.normal(size=(1, 5))
        end = descend_from(toy, Newton(), start, 1)[0]
        found.append(float(np.linalg.norm(end.points[-1]) / np.linalg.norm(start)))
    return found


def saddle_ends(starts: Array) -> dict[str, list[bool]]:
    """Return by method whether it ended at the saddle of ``½ (w₂ w₁ − 1)²``, from each start.

    Arguments:
        starts: weights (w₁, w₂), (starts, 2).
    """
    toy = ScalarToy()
    ends: dict[str, Sequence[Descent]] = {
        name: descend_from(toy, optimizer, starts, steps) for name, (optimizer, steps) in methods.items()
    }
    return {name: [bool(np.linalg.norm(each.points[-1]) < _near) for each in own] for name, own in ends.items()}
