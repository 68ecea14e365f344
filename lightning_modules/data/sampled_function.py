"""Points of a function of one variable, for the regression problems whose fit can be drawn."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_integer, require_non_negative
from lightning_modules.data.dataset import Dataset
from lightning_modules.randomness import stream

__all__ = ["check_sampling", "sampled_function"]

Values = npt.NDArray[np.float64]


def check_sampling(name: str, examples: int, noise: float, seed: int) -> None:
    """Raise `InvalidInput` unless a function can be sampled like this; at 20 examples every part has one."""
    require_integer(f"The {name}'s examples", examples, at_least=20)
    require_non_negative(f"The {name}'s noise", noise)
    require_integer(f"The {name}'s seed", seed, at_least=0)


def sampled_function(
    function: Callable[[Values], Values], low: float, high: float, *, examples: int, noise: float, seed: int
) -> Dataset:
    """Return inputs (examples, 1), uniform in [low, high), with the function's values (examples, 1) and some noise.

    Arguments:
        function: maps (examples,) to (examples,).
        low: where the inputs begin.
        high: where they end.
        examples: how many points.
        noise: standard deviation of the Gaussian added to each value.
        seed: draws the inputs and the noise.
    """
    rng = np.random.default_rng(stream("data", seed))
    # In single precision before the function sees them: next to a jump, the rounding would change the value.
    inputs = rng.uniform(low, high, examples).astype(np.float32)
    targets = function(inputs.astype(np.float64)) + noise * rng.normal(size=examples)
    return Dataset(inputs[:, None], targets[:, None].astype(np.float32), classes=None)
