"""Learning rates crossed with weight decays: a coarse grid, and one about its best point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.checkup.training import best_of, has_decay, plain, ratios, score_reached, trained, tuned
from lightning_modules.recipe import Recipe, Run, Seeds

__all__ = ["Grid", "coarse", "refined"]

Array = npt.NDArray[np.float64]

_coarse_decades = (-1.5, -1.0, -0.5, 0.0, 0.5)
_fine_decades = (-0.25, -0.125, 0.0, 0.125, 0.25)
_decays = (0.0, 1e-5, 1e-4, 1e-3)
_rounds = 3


@dataclass(frozen=True)
class Grid:
    """Validation scores after a short training.

    Arguments:
        rates: learning rates, rising, (rates,).
        decays: weight decays, rising, (decays,); a single NaN if the optimizer has none.
        epochs: of each training.
        scores: NaN of what diverged, (rates, decays, seeds).
        place: of the best mean score, in rates and decays.
    """

    rates: Array
    decays: Array
    epochs: int
    scores: Array
    place: tuple[int, int]

    @property
    def rate(self) -> float:
        """The best learning rate."""
        return float(self.rates[self.place[0]])

    @property
    def decay(self) -> float | None:
        """The best weight decay, None if the optimizer has none."""
        decay = float(self.decays[self.place[1]])
        return None if np.isnan(decay) else decay

    @property
    def at_edge(self) -> bool:
        """Whether the best rate is the lowest or the highest."""
        return self.place[0] in (0, len(self.rates) - 1)


def coarse(recipe: Recipe, seeds: Sequence[int], center: float, epochs: int) -> Grid:
    """Return a grid of five rates from a thirtieth of one to three times it, at half decades, with four decays.

    Arguments:
        recipe: that is checked.
        seeds: of the trainings.
        center: the rate that the range test found.
        epochs: few.
    """
    return _grid(recipe, seeds, ratios(center, _coarse_decades), _decays, epochs)


def refined(recipe: Recipe, seeds: Sequence[int], start: Grid, epochs: int) -> Grid:
    """Return a grid of eighths of a decade about the best of another, moved up to twice if its best is at its edge.

    Arguments:
        recipe: that is checked.
        seeds: of the trainings.
        start: the coarse grid.
        epochs: more; the learning rate does not decay.
    """
    center, decay = start.rate, start.decay or 0.0
    decays = sorted({0.0, decay} if decay == 0 else {0.0, float(f"{decay / 3:.3g}"), decay, float(f"{decay * 3:.3g}")})
    found = start
    for _ in range(_rounds):
        found = _grid(recipe, seeds, ratios(center, _fine_decades), decays, epochs)
        if not found.at_edge:
            break
        center = found.rate
    return found


def _grid(recipe: Recipe, seeds: Sequence[int], rates: Sequence[float], decays: Sequence[float], epochs: int) -> Grid:
    own: list[float | None] = list(decays) if has_decay(recipe) else [None]
    base = plain(recipe, epochs)
    choices = [(rate, decay) for rate in rates for decay in own]
    runs = [[Run(tuned(base, rate, decay), Seeds.all(seed)) for seed in seeds] for rate, decay in choices]
    results = trained([run for each in runs for run in each])
    scores = np.array([[score_reached(results[run]) for run in each] for each in runs])
    place = divmod(best_of(scores, recipe), len(own))
    listed = np.array([np.nan if decay is None else decay for decay in own])
    return Grid(np.array(rates), listed, epochs, scores.reshape(len(rates), len(own), len(seeds)), place)
