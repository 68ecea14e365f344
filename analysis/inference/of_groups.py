"""One value a run: means of groups and their paired differences, with what is not finite counted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.estimate import Estimate, Unit, t_interval
from analysis.inference.wilson import wilson_interval

__all__ = ["group_difference", "group_mean", "group_share"]


def group_mean(values: Sequence[float], name: str, unit: Unit, counted: str = "run") -> Estimate:
    """Return the mean over runs with Student's 95 % interval; what is not finite is left out and counted.

    The ends of fractions, of their differences (``points``) and of what cannot be negative (``target``) stay in their
    range.

    Arguments:
        values: one a run.
        name: of the estimate.
        unit: of the values.
        counted: what has a value, one of them.
    """
    kept = [value for value in values if math.isfinite(value)]
    lost = len(values) - len(kept)
    over = f"{len(values)} {counted}s (initial weights, order and split of the data)"
    if lost:
        over += f"; {lost} {'has' if lost == 1 else 'have'} no finite value and {'is' if lost == 1 else 'are'} left out"
    if not kept:
        return Estimate(name, math.nan, None, None, 0, over, unit, counted=counted)
    found = replace(t_interval(kept, name, over, unit), counted=counted)
    if found.low is None or found.high is None:
        return found
    if unit == "target":
        return replace(found, low=max(found.low, 0.0))
    # A difference of two shares.
    return replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0)) if unit == "points" else found


def group_difference(
    first: Mapping[int, float], second: Mapping[int, float], name: str, unit: Unit, counted: str = "run"
) -> Estimate:
    """Return the mean difference, first minus second, over the seeds that both have.

    Arguments:
        first: values by seed.
        second: values by seed.
        name: of the estimate.
        unit: of the difference.
        counted: what has a difference, one of them.
    """
    common = [first[seed] - second[seed] for seed in first if seed in second]
    found = group_mean(common, name, unit, counted)
    return replace(found, over=f"{found.over}; differences within each seed")


def group_share(successes: Sequence[bool], name: str, counted: str = "run") -> Estimate:
    """Return the share of runs that succeed with Wilson's interval; it keeps a 1 or a 0 for each.

    Arguments:
        successes: one a run.
        name: of the estimate.
        counted: what succeeds, one of them.
    """
    over = f"{len(successes)} {counted}s"
    found = wilson_interval(int(np.sum(successes)), len(successes), name, over, counted)
    return replace(found, values=tuple(float(each) for each in successes))
