"""What a checkup says in numbers that claims may cite."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from analysis.checkup.checkup import Checkup
from analysis.checkup.grid import Grid
from analysis.estimate import Estimate, Unit, t_interval
from analysis.inference.of_groups import group_share
from lightning_modules.score import score_of

__all__ = ["estimates"]

Array = npt.NDArray[np.float64]

_low, _middle, _high = 1e-4, 1e-2, 1.0


def estimates(found: Checkup, winner: Mapping[int, float]) -> Iterator[Estimate]:
    """Yield the estimates, over seeds.

    ``initial_loss[observed - log C]``, ``initial_loss[observed - derived]``: before training;
    ``initial_loss_within_tolerance``: the share of seeds whose loss is what the initializer makes it (`tolerance_of`);
    ``overfit_accuracy``: of five batches, of classification;
    ``range_loss[0.0001 - 0.01]``, ``range_loss[1 - 0.01]``: after a hundred steps, its ends less its middle;
    ``range_failed[1 - 0.01]``: share of trainings that learned nothing (`RateRange.failed`), the same;
    ``rate_limit_ratio``: log₁₀ of the lowest rate that fails over 2 (1 + β) / λ_max, where both are known;
    ``grid_effect[learning rate - weight decay]``: in the coarse grid the range of the score over rates, a mean over
    decays, less its range over decays at the best rate;
    ``test_difference[checkup - winner]``: of the test score on fresh seeds, the found less the study's own best.

    Arguments:
        found: by the seven steps.
        winner: the study's best test scores by fresh seed; empty without a study.
    """
    over = f"{len(found.seeds)} seeds (initial weights, order and split of the data)"
    unit: Unit = "nats" if found.recipe.loss.unit == "nats" else "target difference"
    derived = [each.observed - each.expected for each in found.initial if each.expected is not None]
    yield t_interval(
        [each.observed - each.guessing for each in found.initial], "initial_loss[observed - log C]", over, unit
    )
    if len(derived) == len(found.initial):
        yield t_interval(derived, "initial_loss[observed - derived]", over, unit)
        within = [abs(off) <= (each.tolerance or 0.0) for off, each in zip(derived, found.initial, strict=True)]
        yield group_share(within, "initial_loss_within_tolerance", "seed")
    if found.recipe.loss.task == "classification":
        right = np.nan_to_num(found.learned.accuracies, nan=0.0).tolist()
        yield t_interval(right, "overfit_accuracy", over)
    yield from _of_range(found, over, unit)
    yield _effects(found.grids[0], found, over)
    if winner:
        yield _difference(found, winner)


def _of_range(found: Checkup, over: str, unit: Unit) -> Iterator[Estimate]:
    rates = found.rates
    low, middle, high = (int(np.abs(np.log(rates.rates / each)).argmin()) for each in (_low, _middle, _high))
    for place, name in ((low, f"{_low:g}"), (high, f"{_high:g}")):
        difference = (rates.ended[place] - rates.ended[middle]).tolist()
        yield t_interval(difference, f"range_loss[{name} - {_middle:g}]", over, unit)
    failed = rates.failed[high].astype(float) - rates.failed[middle]
    yield t_interval(failed.tolist(), f"range_failed[{_high:g} - {_middle:g}]", over, "points")
    ratios = np.log10(rates.limits / found.limits)
    if np.isfinite(ratios).any():
        own = ratios[np.isfinite(ratios)].tolist()
        yield t_interval(own, "rate_limit_ratio", f"{len(own)} of {over}", "number")


def _effects(grid: Grid, found: Checkup, over: str) -> Estimate:
    task = found.recipe.loss.task
    guess = 0.0 if task == "classification" else float(np.nanmax(grid.scores))
    scores = np.nan_to_num(grid.scores, nan=guess)
    by_rate = np.ptp(scores.mean(axis=1), axis=0)
    by_decay = np.ptp(scores[grid.place[0]], axis=0)
    unit: Unit = "points" if task == "classification" else "target difference"
    return t_interval((by_rate - by_decay).tolist(), "grid_effect[learning rate - weight decay]", over, unit)


def _difference(found: Checkup, winner: Mapping[int, float]) -> Estimate:
    score = score_of(found.recipe.loss.task)
    own = dict(zip(found.fresh, np.nan_to_num(found.found.test_score, nan=0.0).tolist(), strict=True))
    seeds = [seed for seed in own if seed in winner]
    unit: Unit = "points" if score.name == "accuracy" else "target difference"
    over = f"{len(seeds)} report seeds; differences within each seed"
    return t_interval([own[seed] - winner[seed] for seed in seeds], "test_difference[checkup - winner]", over, unit)
