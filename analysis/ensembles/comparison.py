"""Methods under one limit, each against the single network of the same seeds, and each against its own last network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.ensembles.cost import Cost, Limit
from analysis.ensembles.scored import ScoredEnsembles, ScoredMethod
from analysis.estimate import Estimate
from analysis.scores import finite_mean
from lightning_modules.errors import InvalidInput

__all__ = ["Compared", "Comparison", "compare", "equal_limits", "gains"]


@dataclass(frozen=True)
class Compared:
    """One method under a limit.

    Arguments:
        scored: the method, on the runs of one recipe.
        cost: of the most members that the limit admits.
        values: by metric, over the seeds that were not lost; None if all were.
        gains: by metric, over the single network within each seed, above 0 is better; None of that network itself,
            without a seed that both have, and of a metric that is not compared.
        before: by metric, before running statistics were estimated anew; None where there was nothing to estimate.
        lost: seeds whose run or a member of it diverged.
    """

    scored: ScoredMethod
    cost: Cost
    values: Mapping[str, Estimate | None]
    gains: Mapping[str, Estimate | None]
    before: Mapping[str, Estimate | None]
    lost: int


@dataclass(frozen=True)
class Comparison:
    """All methods of a study under one limit.

    Arguments:
        limit: that all keep.
        rows: the methods that can, with as many members as they can.
        beyond: the names of those that cannot with one member.
        alone: the names of those that can with one member only, which is the single network itself; they are no rows.
    """

    limit: Limit
    rows: tuple[Compared, ...]
    beyond: tuple[str, ...]
    alone: tuple[str, ...] = ()


def equal_limits(found: ScoredEnsembles, members: int | None = None) -> tuple[Limit, Limit, Limit]:
    """Return the limits that a study suggests: the epochs of one training, so many members, the bytes of so many.

    Arguments:
        found: all methods of the study.
        members: what the two last limits are; without, the most that every method but the single network has.

    Raises:
        InvalidInput: if there is no method.
    """
    single = _single(found)
    most = members or min((len(each.costs) for each in found.scored if each is not single), default=1)
    return (
        Limit("epochs", single.costs[0].epochs),
        Limit("members", most),
        Limit("storage", most * single.costs[0].storage),
    )


def compare(found: ScoredEnsembles, limit: Limit) -> Comparison:
    """Compare all methods of a study under one limit.

    Arguments:
        found: the methods; each is compared with the single network of its own recipe, if that is none of the recipes
            of single networks with that of the first of these.
        limit: that each keeps, with as many members as it can.

    Raises:
        InvalidInput: if there is no method.
    """
    first, rows, beyond, alone = _single(found), [], [], []
    singles = {each.recipe: each for each in found.scored if each.method == "single"}
    for each in found.scored:
        single = singles.get(each.recipe, first)
        admitted = [cost for cost in each.costs if limit.admits(cost)]
        if not admitted:
            beyond.append(each.method)
        elif admitted[-1].members == 1 and _is_single(each, single):
            alone.append(each.method)
        else:
            rows.append(_compared(each, admitted[-1], single))
    return Comparison(limit, tuple(rows), tuple(beyond), tuple(alone))


def gains(scored: ScoredMethod, metric: str) -> tuple[Estimate | None, ...]:
    """Return what 1, 2, … members gain over the run's own last network, within each seed; above 0 is better.

    Arguments:
        scored: a method.
        metric: by its name.
    """
    known = scored.metrics[metric]
    differences = known.sign * (scored.scores[metric] - scored.own[metric][:, None])
    names = [f"{scored.method}_gain_{metric}[{scored.key}, {m}]" for m in range(1, differences.shape[1] + 1)]
    return tuple(
        finite_mean(values, name, known.difference, "differences within each seed")
        for name, values in zip(names, differences.T, strict=True)
    )


def _is_single(each: ScoredMethod, single: ScoredMethod) -> bool:
    """Tell whether a method's ensemble of one member is the single network: of the same runs, it scores the same."""
    return (each is not single and each.recipe == single.recipe) and all(
        np.allclose(scores[:, 0], single.scores[name][:, 0], rtol=1e-9, atol=1e-12, equal_nan=True)
        for name, scores in each.scores.items()
    )


def _compared(each: ScoredMethod, cost: Cost, single: ScoredMethod) -> Compared:
    place = cost.members - 1
    shared = [seed for seed in each.seeds if seed in single.seeds]
    own, its = ([one.seeds.index(seed) for seed in shared] for one in (each, single))
    values, differences, before = {}, {}, {}
    for name, metric in each.metrics.items():
        called = f"{each.method}_{name}[{each.key}, {cost.members}]"
        values[name] = finite_mean(each.scores[name][:, place], called, metric.unit)
        paired = metric.sign * (each.scores[name][own, place] - single.scores[name][its, 0])
        over = "differences from the single network within each seed"
        gain = finite_mean(paired, f"{called} - single", metric.difference, over)
        differences[name] = None if each is single or not metric.sign else gain
        kept = each.before.get(name)
        before[name] = None if kept is None else finite_mean(kept[:, place], f"{called} before", metric.unit)
    return Compared(each, cost, values, differences, before, each.lost(cost.members))


def _single(found: ScoredEnsembles) -> ScoredMethod:
    singles: Sequence[ScoredMethod] = [each for each in found.scored if each.method == "single"]
    if not singles:
        raise InvalidInput("The study has no confirmed run that converged: run it to its end first.")
    return singles[0]
