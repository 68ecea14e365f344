"""The ensembles of a study that has several conditions, such as data sets: compared within each of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.ensembles.cost import Cost
from analysis.ensembles.held import held_runs
from analysis.ensembles.methods import Method, methods
from analysis.ensembles.run_scores import single_networks
from analysis.ensembles.scored import ScoredEnsembles, scored_of
from analysis.ensembles.scoring import Metric
from analysis.estimate import Estimate
from analysis.results import StudyResults
from analysis.scores import finite_mean
from sweeps.groups import group_of
from sweeps.store import RunStore

__all__ = ["Condition", "Row", "conditions", "difference", "value", "within_each"]

Array = npt.NDArray[np.float64]

mean_snapshot = "mean snapshot"


@dataclass(frozen=True)
class Row:
    """One way to predict, on every report seed.

    Arguments:
        name: ``snapshot of 5``: the method and its members; ``single``; ``mean snapshot of 5``, what the members of a
            snapshot ensemble score on average alone.
        cost: of its making; None of a mean.
        scores: by metric, (seeds,); NaN where the run or a member diverged.
    """

    name: str
    cost: Cost | None
    scores: Mapping[str, Array]


@dataclass(frozen=True)
class Condition:
    """The ensembles of the recipes that share a condition.

    Arguments:
        name: of the condition: ``data.fraction=0.3``.
        seeds: the report seeds.
        rows: by name, the single network first.
        metrics: by name.
        found: the methods with all numbers of members.
    """

    name: str
    seeds: tuple[int, ...]
    rows: Mapping[str, Row]
    metrics: Mapping[str, Metric]
    found: ScoredEnsembles


def within_each(results: StudyResults, field: str) -> dict[str, StudyResults]:
    """Return a study's confirmed recipes by the group that they belong to by another field than it groups by.

    Arguments:
        results: of the study.
        field: as `group_of` has it; empty for one condition, all.
    """
    if not field:
        return {"": results}
    names = sorted({group_of(each.recipe, field) for each in results.confirmed})
    return {
        name: replace(results, confirmed=tuple(e for e in results.confirmed if group_of(e.recipe, field) == name))
        for name in names
    }


def conditions(results: StudyResults, store: RunStore, field: str, members: int) -> Iterator[Condition]:
    """Yield the ensembles of each condition that has a single network.

    Each method has a row with all its members and, where no other recipe's
    ensemble has that name, one with so many as are asked for.

    Arguments:
        results: of the study.
        store: that holds its runs.
        field: that tells conditions apart.
        members: that all methods are compared with.
    """
    made: Sequence[Method] = methods()
    for name, part in within_each(results, field).items():
        found = scored_of(part, store, made)
        singles = [each for each in found.scored if each.method == "single"]
        if not singles:
            continue
        seeds = singles[0].seeds
        rows: dict[str, Row] = {}
        for counted in (None, members):
            for each in found.scored:
                count = len(each.costs) if counted is None else counted
                called = each.method if each.method == "single" else f"{each.method} of {count}"
                if count <= len(each.costs) and called not in rows:
                    scores = {
                        metric: _at(values[:, count - 1], each.seeds, seeds) for metric, values in each.scores.items()
                    }
                    rows[called] = Row(called, each.costs[count - 1], scores)
        rows |= {row.name: row for row in _mean_snapshots(part, store, found, seeds)}
        yield Condition(name, seeds, rows, singles[0].metrics, found)


def value(condition: Condition, row: Row, metric: str) -> Estimate | None:
    """Return a row's mean over the seeds, ``ensemble_accuracy[snapshot of 5, data.fraction=0.3]``."""
    name = f"ensemble_{metric}[{_named(row.name, condition)}]"
    return finite_mean(row.scores[metric], name, condition.metrics[metric].unit)


def difference(condition: Condition, first: Row, second: Row, metric: str) -> Estimate | None:
    """Return the mean of first minus second within each seed; of NLL, Brier score and ECE below 0 is better.

    It is called ``ensemble_nll_difference[snapshot of 5 - single, data.fraction=0.3]``.
    """
    name = f"ensemble_{metric}_difference[{_named(f'{first.name} - {second.name}', condition)}]"
    values = first.scores[metric] - second.scores[metric]
    return finite_mean(values, name, condition.metrics[metric].difference, "differences within each seed")


def _named(what: str, condition: Condition) -> str:
    return f"{what}, {condition.name}" if condition.name else what


def _at(values: Array, own: Sequence[int], seeds: Sequence[int]) -> Array:
    """Return values (own seeds,) in the order of other seeds, NaN where there is none."""
    place = {seed: index for index, seed in enumerate(own)}
    return np.array([values[place[seed]] if seed in place else np.nan for seed in seeds])


def _mean_snapshots(part: StudyResults, store: RunStore, found: ScoredEnsembles, seeds: Sequence[int]) -> Iterator[Row]:
    """Yield what the members of each snapshot ensemble score alone, as a mean over them."""
    confirmed = {each.recipe: each for each in part.confirmed}
    for each in found.scored:
        if each.method != "snapshot":
            continue
        scores = {name: np.full(len(seeds), np.nan) for name in each.metrics}
        for seed, run in held_runs(confirmed[each.recipe], store, 1).items():
            if run is not None and seed in seeds:
                alone = single_networks(replace(run, parts=("test", "calibration")), run.at_cycle_ends)
                for name, values in alone.items():
                    scores[name][list(seeds).index(seed)] = float(np.mean(values))
        yield Row(f"{mean_snapshot} of {len(each.costs)}", None, scores)
