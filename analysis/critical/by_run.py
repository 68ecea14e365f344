"""What searches for critical points found, with intervals over the runs from which they began."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

from analysis.critical.method import Method
from analysis.critical.of_subjects import trajectory_starts
from analysis.critical.result import CriticalPoints, shown_epsilon
from analysis.critical.search import critical_points
from analysis.critical.yields import RankCorrelation, rank_correlation
from analysis.decayed_surface import DecayedSurface
from analysis.estimate import Estimate
from analysis.inference.of_groups import group_difference, group_mean
from analysis.run_groups import surface_of
from sweeps.record import RunRecord

__all__ = ["correlations", "saddle_shares", "searches_by_run", "yields"]

Parts = Mapping[int, CriticalPoints]
"""The searches of each run, by its seed."""


def searches_by_run(
    records: Sequence[RunRecord],
    methods: Sequence[Method],
    *,
    noises: Sequence[float],
    between: int,
    decay: float = 0.0,
) -> dict[int, CriticalPoints]:
    """Return the searches on the surface of the first run from along and around the trajectories of all, by seed.

    Arguments:
        records: of runs of one recipe.
        methods: from each start each.
        noises: lengths of the noise around each point, in lengths of the weights.
        between: starts on the line between initial weights and each next snapshot.
        decay: weight decay of the surface.
    """
    surface = DecayedSurface(surface_of(records[0], torch.float64)[0], decay)
    by_seed = {
        each.seeds.init: trajectory_starts(each, surface, noises=noises, seed=each.seeds.init, count=between)
        for each in records
    }
    starts = [start for own in by_seed.values() for start in own]
    whole = critical_points(surface, starts, methods=methods)
    # Of each method all starts in their order.
    seeds = [seed for seed, own in by_seed.items() for _ in own] * len(methods)
    note = f"all searches are on the training set of seed {records[0].seeds.split}"
    return {
        seed: replace(
            whole,
            found=tuple(each for each, own in zip(whole.found, seeds, strict=True) if own == seed),
            notes=(note,),
        )
        for seed in by_seed
    }


def correlations(key: str, parts: Parts) -> list[Estimate]:
    """Return the rank correlations of all critical points of one group, drawn by whole runs.

    ``index_loss_correlation[KEY]`` is that of the index, at the ε that is
    shown, with the loss, and ``start_loss_correlation[KEY]`` that of the loss of
    the start with the loss found from it: how what is found depends on where one
    looks. Starts of one run are alike, and so whole runs are drawn in the
    bootstrap. NaN where there is no correlation: below five runs or five
    points, or if all points are alike.

    Arguments:
        key: of the group.
        parts: searches by run.
    """
    runs = np.array([seed for seed, each in parts.items() for _ in each.critical], dtype=np.int64)
    critical = [each for part in parts.values() for each in part.critical]
    indices = np.concatenate([np.zeros(0), *(part.index_at() for part in parts.values())])
    losses, starts = (np.array([getattr(each, name) for each in critical]) for name in ("loss", "start_loss"))
    over = f"{len(critical)} critical points of {len(set(runs.tolist()))} runs, drawn by whole runs"
    return [
        _correlation(rank_correlation(losses, indices, runs.tolist()), f"index_loss_correlation[{key}]", over),
        _correlation(rank_correlation(starts, losses, runs.tolist()), f"start_loss_correlation[{key}]", over),
    ]


def saddle_shares(parts: Parts) -> dict[int, float]:
    """Return the share of each run's critical points that have an eigenvalue below −ε; NaN where none was found."""
    return {
        seed: float((each.index_at(shown_epsilon) > 0).mean()) if each.critical else math.nan
        for seed, each in parts.items()
    }


def yields(key: str, parts: Parts, methods: Sequence[str]) -> list[Estimate]:
    """Return the share of searches that found a critical point, by method, and the difference of the first two.

    ``yield[METHOD, KEY]`` is the mean over runs of the share among a run's
    searches, ``yield_difference[METHOD - METHOD, KEY]`` that of the difference
    from the same starts.

    Arguments:
        key: of the group.
        parts: searches by run.
        methods: their names, in the order in which they are compared.
    """
    shares = {method: {seed: _share(each, method) for seed, each in parts.items()} for method in methods}
    found = [
        group_mean(list(own.values()), f"yield[{method}, {key}]", "fraction", "run") for method, own in shares.items()
    ]
    for first, second in pairwise(methods):
        name = f"yield_difference[{first} - {second}, {key}]"
        found.append(group_difference(shares[first], shares[second], name, "points"))
    return found


def _share(part: CriticalPoints, method: str) -> float:
    its = part.yield_of(method=method)
    return its.found / its.tried if its.tried else math.nan


def _correlation(found: RankCorrelation | None, name: str, over: str) -> Estimate:
    method = "percentile bootstrap over runs"
    if found is None:
        return Estimate(name, math.nan, None, None, 0, over, "number", method, "run")
    return Estimate(name, found.value, found.low, found.high, found.clusters, over, "number", method, "run")
