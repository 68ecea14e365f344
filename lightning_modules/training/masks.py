"""The dropout masks of a stack, drawn from each run's own stream."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from lightning_modules.randomness import stream
from lightning_modules.stack.dropout import Site

__all__ = ["MaskStream"]

# A unit is kept or dropped by 16 random bits: rates are met to 1/65,536, and four units share a word of 64 bits.
_levels = 2**16
_per_word = 4


class MaskStream:
    """The masks of consecutive steps of one epoch.

    What a run drops in a step is a pure function of its order seed, the epoch
    and the step, whatever it is stacked with and wherever it is resumed. What
    is kept is multiplied by ``1 / (1 − rate)`` (inverted dropout), so that
    evaluation needs no scaling.

    Arguments:
        sites: of each run, for a whole batch; all runs have sites of the same shapes.
        order_seeds: of each run.
        epoch: counted from 0.
        step: the first step, counted within the epoch.
    """

    def __init__(self, sites: Sequence[Sequence[Site]], order_seeds: Sequence[int], epoch: int, step: int) -> None:
        words = _words(sites[0])
        self._generators = [np.random.SFC64(stream("dropout", seed, epoch)) for seed in order_seeds]
        for generator in self._generators:
            generator.random_raw(step * words, output=False)
        levels = np.array([[round((1 - site.rate) * _levels) for site in own] for own in sites])
        # With what it was rounded to, so that the mean stays exactly what it was; a rate of 1 leaves nothing to scale.
        self._scales = np.divide(_levels, levels, out=np.zeros(levels.shape), where=levels > 0)
        # The largest of the 16 bits that keeps; a scale of 0 drops the one that is kept at a rate of 1.
        self._largest = np.maximum(levels - 1 - _levels // 2, -_levels // 2).astype(np.int16)

    def masks(self, sites: Sequence[Site], dtype: torch.dtype, device: torch.device) -> tuple[Tensor, ...]:
        """Return the next step's mask of each site, (runs, *shape).

        Arguments:
            sites: their shapes for this step's batch.
            dtype: of the masks.
            device: of the masks.
        """
        words = _words(sites)
        raw = np.stack([generator.random_raw(words) for generator in self._generators])
        bits = torch.from_numpy(raw.view(np.int16)).to(device)
        return tuple(self._masks(bits, sites, dtype))

    def _masks(self, bits: Tensor, sites: Sequence[Site], dtype: torch.dtype) -> Iterator[Tensor]:
        for index, (site, own) in enumerate(zip(sites, bits.split(_padded(sites), dim=1), strict=True)):
            largest = torch.from_numpy(self._largest[:, index, None]).to(bits.device)
            scales = torch.from_numpy(self._scales[:, index, None]).to(bits.device, dtype)
            mask = (own[:, : site.size] <= largest).to(dtype).mul_(scales)
            # The first axis comes last in memory, where the batch lies in a chain of batched layers.
            yield mask.unflatten(1, (*site.shape[1:], site.shape[0])).movedim(-1, 1)


def _padded(sites: Sequence[Site]) -> list[int]:
    return [-(-site.size // _per_word) * _per_word for site in sites]


def _words(sites: Sequence[Site]) -> int:
    return sum(_padded(sites)) // _per_word
