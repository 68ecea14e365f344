"""How barriers differ: between ways, between solutions and snapshots, and between groups, with intervals over runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analysis.estimate import Estimate
from analysis.paths.group import GroupPaths, ways
from analysis.paths.pairs import mean_over_pairs

__all__ = ["barrier_estimates", "differences_of_groups"]

Array = npt.NDArray[np.float64]


def barrier_estimates(key: str, found: GroupPaths) -> list[Estimate]:
    """Return the mean barriers of the loss of one group, and their differences.

    ``barrier[WAY, KEY]`` is the mean over all pairs of runs, and
    ``barrier[snapshots, KEY]`` that over the runs of each run's mean over the
    pairs of its snapshots. ``barrier_difference[snapshots - linear, KEY]``
    takes for each pair of runs the mean of both runs' snapshots less what lies
    between the two. All intervals are jackknifed over runs (`mean_over_pairs`).

    Arguments:
        key: of the group.
        found: its paths, of three runs at least for intervals.
    """
    matrices: dict[str, Array] = {
        way: found.matrix(way) for way, paths in found.paths.items() if len(paths) == _pairs(len(found.names))
    }
    estimates = [
        mean_over_pairs(matrix, f"barrier[{way}, {key}]", "target")
        for way, matrix in matrices.items()
        if len(matrix) > 1
    ]
    between = found.mean_between_snapshots()
    if between is not None:
        estimates.append(replace(between, name=f"barrier[snapshots, {key}]", counted="run"))
        own = np.array([_mean_of_pairs(each.losses) for each in found.snapshots])
        if len(own) == len(found.names):
            matrices["snapshots"] = (own[:, None] + own[None]) / 2
    for second, first in combinations(matrices, 2):
        name = f"barrier_difference[{first} - {second}, {key}]"
        estimates.append(mean_over_pairs(matrices[first] - matrices[second], name, "target difference"))
    return estimates


def differences_of_groups(
    found: Mapping[str, GroupPaths], seeds: Mapping[str, Sequence[int]], keys: Sequence[tuple[str, str]]
) -> list[Estimate]:
    """Return ``barrier_difference[WAY, FIRST - SECOND]`` for each way that both groups have, pairs of the same seeds.

    Arguments:
        found: paths by the key of the group.
        seeds: of the runs of each group; pairs of the seeds that both have are compared.
        keys: of the groups to compare; a pair is left out if there is no such group, or without two seeds in common.
    """
    estimates = []
    for first, second in keys:
        if first not in found or second not in found:
            continue
        common = [seed for seed in seeds[first] if seed in seeds[second]]
        places = {each: [list(seeds[each]).index(seed) for seed in common] for each in (first, second)}
        for way in ways:
            if len(common) > 1 and way in found[first].paths and way in found[second].paths and way != "bezier":
                ours, theirs = (found[each].matrix(way)[np.ix_(own, own)] for each, own in places.items())
                name = f"barrier_difference[{way}, {first} - {second}]"
                estimates.append(mean_over_pairs(ours - theirs, name, "target difference"))
    return estimates


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _mean_of_pairs(matrix: Array) -> float:
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())
