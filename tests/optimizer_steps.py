"""Steps of optimizers on made objectives, without a model."""

from operator import attrgetter

import torch
from torch.func import grad, jacrev, vmap

from lightning_modules.component import float_fields
from lightning_modules.optimizers.objective import Objective

__all__ = ["Slope", "Waves", "draw_problem", "take_steps", "update_all"]


class Slope(Objective):
    """A plane of a given gradient (runs, parameters), wherever it is looked at; of zero loss, for nobody looks."""

    def __init__(self, gradient):
        self._gradient = gradient

    def value_and_gradient(self, weights, runs=None):
        gradient = self._gradient.clone() if runs is None else self._gradient[runs]
        return gradient.new_zeros(len(gradient)), gradient

    def hessian(self, weights, runs=None):
        return weights.new_zeros(*weights.shape, weights.shape[1])


class Waves(Objective):
    """A tilted convex bowl with waves that couple each parameter with the next: ``f(w) = Σ t w + w² + ½ sin w cos w'``.

    Each row is computed element by element, so that its bits do not depend on the others.
    """

    def __init__(self, tilt):
        self._tilt = tilt

    @staticmethod
    def loss(weights, tilt):
        """One loss a row, differentiable."""
        waves = weights.sin() * weights.roll(1, -1).cos()
        return (tilt * weights + weights.square() + 0.5 * waves).sum(dim=-1)

    def _of(self, runs):
        return self._tilt if runs is None else self._tilt[runs]

    def value_and_gradient(self, weights, runs=None):
        with torch.enable_grad():
            leaf = weights.detach().clone().requires_grad_()
            losses = self.loss(leaf, self._of(runs))
            (gradient,) = torch.autograd.grad(losses.sum(), leaf)
        return losses.detach(), gradient

    def hessian(self, weights, runs=None):
        return vmap(jacrev(grad(self.loss)))(weights, self._of(runs))


def update_all(optimizers, weights, objectives, multipliers):
    """Take one step for every objective with optimizers of one shape, one a run; return weights, losses and state."""
    weights = weights.clone()
    state = optimizers[0].state(weights)
    numbers = {
        name: torch.tensor([[attrgetter(name)(each)] for each in optimizers], dtype=weights.dtype)
        for name in float_fields(optimizers[0])
    }
    rates = torch.tensor([[each.learning_rate] for each in optimizers], dtype=weights.dtype)
    losses = [
        optimizers[0].update(weights, objective, state, rates * multiplier, numbers)
        for objective, multiplier in zip(objectives, multipliers, strict=True)
    ]
    return weights, torch.stack(losses), state


def take_steps(optimizers, weights, gradients, multipliers):
    """Return the weights after one step for every gradient (runs, parameters)."""
    return update_all(optimizers, weights, [Slope(gradient) for gradient in gradients], multipliers)[0]


def draw_problem(seed, runs, parameters=13, steps=50, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, "dtype": torch.float64}
    return (
        torch.randn(runs, parameters, **options).to(dtype),
        [torch.randn(runs, parameters, **options).to(dtype) for _ in range(steps)],
        torch.rand(steps, **options).tolist(),
    )
