"""Every method on every run that it can be made of: scores by seed and number of members, lost ones as NaN."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.ensembles.average import Average, check_average
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun, held_runs, regime_of
from analysis.ensembles.methods import Method
from analysis.ensembles.run_scores import RunScores, Values, last_network, run_scores
from analysis.ensembles.scoring import Metric, metrics_of
from analysis.ensembles.unfamiliar import Unfamiliar
from analysis.results import ConfirmedRecipe, StudyResults
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

__all__ = ["ScoredEnsembles", "ScoredMethod", "scored_ensembles", "scored_of"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoredMethod:
    """One method on the runs of one recipe.

    Arguments:
        method: its name.
        title: for readers.
        key: of the recipe: ``schedule=cosine``, ``winner``.
        recipe: that was confirmed.
        seeds: the report seeds of its complete runs, those that diverged included.
        costs: of 1, 2, … members.
        scores: by metric, (seeds, counts); NaN where the run or a member diverged or there are fewer members.
        own: by metric, of each run's last network alone, (seeds,); NaN where it diverged.
        before: as `scores`, before running statistics were estimated anew; empty where there is nothing to estimate.
        metrics: in which it is scored, by name.
        curves: of probabilities, as `RunScores.curves`, each (seeds, counts, …); empty of other predictions.
        diversity: of all members that a run has, by measure, (seeds,); empty without members that predict
            probabilities.
    """

    method: str
    title: str
    key: str
    recipe: Recipe
    seeds: tuple[int, ...]
    costs: tuple[Cost, ...]
    scores: Mapping[str, Array]
    own: Mapping[str, Array]
    before: Mapping[str, Array]
    metrics: Mapping[str, Metric]
    curves: Mapping[str, Array]
    diversity: Mapping[str, Array]

    def lost(self, members: int) -> int:
        """Return how many seeds have no finite predictions of so many members."""
        first = next(iter(self.scores.values()))
        return int((~np.isfinite(first[:, members - 1])).sum())


@dataclass(frozen=True)
class ScoredEnsembles:
    """All methods of a study.

    Arguments:
        results: of the study.
        average: of predictions.
        scored: the methods that the store allows, the single network first.
        missing: why it does not allow the others, a sentence by name.
    """

    results: StudyResults
    average: Average
    scored: tuple[ScoredMethod, ...]
    missing: Mapping[str, str]


def scored_ensembles(
    paths: StudyPaths,
    methods: Sequence[Method],
    average: Average = "probabilities",
    most: int | None = None,
    unfamiliar: Sequence[Unfamiliar] = (),
) -> ScoredEnsembles:
    """Make every method's ensembles from a study's store and score them on each run's own test set.

    Arguments:
        paths: of the study.
        methods: to be made.
        average: of predictions.
        most: members at most; all that a run has, or as many samples as a method says, unless given.
        unfamiliar: inputs that probabilities are to be told from.

    Raises:
        InvalidInput: if the store holds no such study, its predictions have no such average or are no probabilities
            to be told from what is unfamiliar, or its data has no such inputs.
    """
    return scored_of(StudyResults.open(paths), RunStore(paths.runs), methods, average, most, unfamiliar)


def scored_of(
    results: StudyResults,
    store: RunStore,
    methods: Sequence[Method],
    average: Average = "probabilities",
    most: int | None = None,
    unfamiliar: Sequence[Unfamiliar] = (),
) -> ScoredEnsembles:
    """Make every method's ensembles of the confirmed recipes of some results, which may be a part of a study's.

    Arguments:
        results: with the recipes.
        store: that holds their runs.
        methods: to be made.
        average: of predictions.
        most: as for `scored_ensembles`.
        unfamiliar: as for `scored_ensembles`.

    Raises:
        InvalidInput: as of `scored_ensembles`, but for a store without a study.
    """
    members = results.budget.get("members", 1)
    recipes = _confirmed(results)
    for confirmed in recipes.values():
        kind = confirmed.recipe.loss.prediction
        check_average(average, kind)
        if unfamiliar and kind != "probabilities":
            raise InvalidInput(
                f"The networks predict {kind}, whose confidence tells nothing from what is unfamiliar: leave it out."
            )
    held = {key: held_runs(each, store, members) for key, each in recipes.items()}
    keys = {method: _keys_of(method, recipes, held) for method in methods}
    made_of = [(method, key) for method in methods for key in keys[method]]
    found: dict[tuple[Method, str], dict[int, RunScores]] = {pair: {} for pair in made_of}
    own: dict[str, dict[int, Values]] = {key: {} for key in held}
    for key, runs in held.items():
        fitting = [method for method in methods if key in keys[method]]
        for seed, each in runs.items():
            if each is None or not fitting:
                continue
            parts = ("test", "calibration") if each.recipe.loss.prediction == "probabilities" else ("test",)
            # What it reads goes with the copy, or a large study's weights would fill the memory.
            run = replace(each, parts=parts, unfamiliar=tuple(unfamiliar))
            own[key][seed] = last_network(run)
            for method in fitting:
                if method.holds(run):
                    found[method, key][seed] = run_scores(run, method.make(run, average, most))
    scored = (
        _assembled(method, key, recipes[key], by_seed, own[key], unfamiliar)
        for (method, key), by_seed in found.items()
        if by_seed
    )
    missing = {method.name: f"There is {method.wanting}." for method in methods if not keys[method]}
    return ScoredEnsembles(results, average, tuple(scored), missing)


def _confirmed(results: StudyResults) -> dict[str, ConfirmedRecipe]:
    """Return each confirmed recipe once, by its group where it has one."""
    named = [pair for field in results.group_by for pair in results.groups(field).items()]
    recipes: dict[str, ConfirmedRecipe] = {}
    for key, each in [*named, *results.winners.items()]:
        if each.records and all(each.recipe != other.recipe for other in recipes.values()):
            recipes[key] = each
    return recipes


def _keys_of(
    method: Method,
    recipes: Mapping[str, ConfirmedRecipe],
    held: Mapping[str, Mapping[int, HeldRun | None]],
) -> tuple[str, ...]:
    """Return the recipes that a method is made of: those of the first of its regimes that has any."""
    able = {key for key, runs in held.items() if any(run is not None and method.holds(run) for run in runs.values())}
    for regime in method.regimes:
        if keys := tuple(key for key in recipes if key in able and regime_of(recipes[key].recipe) == regime):
            return keys
    return ()


def _assembled(
    method: Method,
    key: str,
    confirmed: ConfirmedRecipe,
    by_seed: Mapping[int, RunScores],
    own: Mapping[int, Values],
    unfamiliar: Sequence[Unfamiliar],
) -> ScoredMethod:
    """Return the scores of all seeds in one array for each metric, NaN where there are none."""
    seeds = tuple(confirmed.records)
    longest = max(by_seed.values(), key=lambda each: len(each.costs))

    def rows(part: Mapping[int, Values], name: str, counts: int) -> Array:
        shape = next(iter(part.values()))[name].shape[1:]
        found = np.full((len(seeds), counts, *shape), np.nan)
        for place, seed in enumerate(seeds):
            if seed in part:
                values = part[seed][name]
                found[place, : len(values)] = values
        return found

    counts = len(longest.costs)
    scores = {seed: each.scores for seed, each in by_seed.items()}
    before = {seed: each.before for seed, each in by_seed.items()}
    curves = {seed: each.curves for seed, each in by_seed.items()}
    diverse = {
        name: np.array([by_seed[seed].diversity[name] if seed in by_seed else np.nan for seed in seeds])
        for name in longest.diversity
    }
    return ScoredMethod(
        method.name,
        method.title,
        key,
        confirmed.recipe,
        seeds,
        longest.costs,
        {name: rows(scores, name, counts) for name in longest.scores},
        {name: rows(own, name, 1)[:, 0] for name in longest.scores},
        {name: rows(before, name, counts) for name in longest.before},
        metrics_of(confirmed.recipe.loss.prediction, unfamiliar),
        {name: rows(curves, name, counts) for name in longest.curves},
        diverse,
    )
