"""The best of a search so far, overall and by trial in each group, read from a study's course as it is written."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from typing import Any

from lightning_modules.component import Json, from_json
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.files import read_json
from sweeps.groups import by_value, describe, group_of
from sweeps.paths import StudyPaths
from sweeps.study import sign_of

__all__ = ["Best", "GroupCourse", "best_of", "best_trial", "course_of_groups", "record_of"]

Trials = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Best:
    """The best trial so far.

    Arguments:
        number: of the trial.
        value: of the study's metric.
        label: of its recipe in a few words; the hash, if this program does not know what the recipe is made of.
        values: the metric on each search seed, of which `value` is the mean; empty if a seed is missing or
            counts as guessing.
    """

    number: int
    value: float
    label: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class GroupCourse:
    """How far a group's best has come.

    Arguments:
        label: of the group, ``schedule=cosine``.
        values: the best value of the group once so many trials were told; None before its first that was not dropped.
        trials: how many are of the group.
        diverged: how many of its runs diverged.
    """

    label: str
    values: tuple[float | None, ...]
    trials: int
    diverged: int


def best_trial(trials: Trials, metric: str) -> Mapping[str, Any] | None:
    """Return the best trial as a study's course has it and `sweeps.ranking` ranks them; None if all were dropped.

    Arguments:
        trials: as the course has them.
        metric: what the search optimizes.
    """
    sign = sign_of(metric)
    whole = (trial for trial in trials if not trial.get("dropped", False))
    return min(
        whole, key=lambda trial: (-sign * trial["value"], trial["diverged_seeds"], trial["number"]), default=None
    )


def best_of(paths: StudyPaths, trials: Trials, metric: str, seeds: Sequence[str]) -> Best | None:
    """Return the best trial, None before one is told that was not dropped.

    Arguments:
        paths: the study's.
        trials: as its course has them.
        metric: what the search optimizes.
        seeds: names of the search seeds.
    """
    best = best_trial(trials, metric)
    if best is None:
        return None
    try:
        told = describe(Recipe.from_json(best["recipe_json"]))
    except InvalidInput:  # made of what a study file defines, and that is executed only when the user names it
        told = f"recipe {best['recipe']}"
    found = [record_of(paths, best["recipe"], name).get("metrics", {}).get(metric) for name in seeds]
    known = tuple(float(value) for value in found if value is not None)
    # A run that diverged counts as guessing, and so does one that is worse: the mean is of other numbers then.
    is_mean = len(known) == len(found) and math.isclose(math.fsum(known) / len(known), best["value"], rel_tol=1e-9)
    return Best(best["number"], best["value"], told, known if is_mean else ())


def course_of_groups(trials: Trials, fields: Sequence[str], sign: int) -> tuple[GroupCourse, ...]:
    """Return how far each group has come, sorted by `by_value`; one group of all trials if the study compares none.

    Arguments:
        trials: as the study's course has them.
        fields: of the recipe, by which it groups.
        sign: 1 if more is better, -1 if less is.
    """
    recipes = [_component(trial["recipe_json"]) for trial in trials]
    names = [[group_of(recipe, field) for field in fields] or ["all trials"] for recipe in recipes]
    found = []
    for name in sorted({name for each in names for name in each}, key=by_value):
        own = [trial for trial, each in zip(trials, names, strict=True) if name in each]
        best, values = None, list[float | None]()
        for trial, each in zip(trials, names, strict=True):
            if name in each and not trial.get("dropped", False):
                best = trial["value"] if best is None else sign * max(sign * best, sign * trial["value"])
            values.append(best)
        found.append(GroupCourse(name, tuple(values), len(own), sum(trial["diverged_seeds"] for trial in own)))
    return tuple(found)


def record_of(paths: StudyPaths, recipe: str, seeds: str) -> Mapping[str, Any]:
    """Return the record of a run as it is written, empty if the run is not complete."""
    try:
        record = read_json(paths.runs / recipe / seeds / "record.json")
    except FileNotFoundError:
        return {}
    return record if isinstance(record, dict) else {}


def _component(data: Json) -> Any:
    """Return what a recipe's JSON holds; what a study file defines, by a stand-in of the same name and settings.

    A study file is executed only when the user names it, and groups have names without it as well.
    """
    if isinstance(data, list):
        return tuple(map(_component, data))
    if not isinstance(data, dict):
        return data
    try:
        return from_json(data)
    except InvalidInput:
        settings = {name: _component(value) for name, value in data.items() if name != "type"}
        return make_dataclass(data["type"].rpartition(":")[2].rpartition(".")[2], settings)(**settings)
