"""Random vectors with which traces and spectra are estimated."""

import numpy as np
import torch
from torch import Tensor

from lightning_modules.randomness import stream

__all__ = ["rademacher"]


def rademacher(size: int, seed: int, first: int, count: int) -> Tensor:
    """Return vectors of independent signs, (count, size), float64; probe k of a seed depends on nothing else.

    Arguments:
        size: entries of a vector.
        seed: of all probes.
        first: number of the first probe.
        count: how many.
    """
    generators = [np.random.default_rng(stream("probe", seed, number)) for number in range(first, first + count)]
    return torch.from_numpy(2.0 * np.stack([each.integers(0, 2, size) for each in generators]) - 1.0)
