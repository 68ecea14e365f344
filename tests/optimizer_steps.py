"""Steps of optimizers on made gradients, without a model."""

from operator import attrgetter

import torch

from lightning_modules.component import float_fields

__all__ = ["draw_problem", "take_steps"]


def take_steps(optimizers, weights, gradients, multipliers):
    """Take one step for every gradient (runs, parameters) with optimizers of one shape, one a run."""
    weights = weights.clone()
    state = optimizers[0].state(weights)
    numbers = {
        name: torch.tensor([[attrgetter(name)(each)] for each in optimizers], dtype=weights.dtype)
        for name in float_fields(optimizers[0])
    }
    rates = torch.tensor([[each.learning_rate] for each in optimizers], dtype=weights.dtype)
    for gradient, multiplier in zip(gradients, multipliers, strict=True):
        optimizers[0].step(weights, gradient.clone(), state, rates * multiplier, numbers)
    return weights


def draw_problem(seed, runs, parameters=13, steps=50, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, "dtype": torch.float64}
    return (
        torch.randn(runs, parameters, **options).to(dtype),
        [torch.randn(runs, parameters, **options).to(dtype) for _ in range(steps)],
        torch.rand(steps, **options).tolist(),
    )
