"""What the W&B runs of a study hold, by the names under which they hold it, told by the mirror itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any

from lightning_modules.component import Json
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run, Seeds
from sweeps.export import flat
from sweeps.files import read_json
from sweeps.measured_sharpness import Sharpness, measured_sharpness
from sweeps.mirror import confirmed_run, search_trial
from sweeps.mirrored_run import MirroredRun
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord
from sweeps.store import RunStore
from sweeps.study import sign_of

__all__ = ["Logged", "logged_by"]

_axes = ("epoch", "step")


@dataclass(frozen=True)
class Logged:
    """The names in W&B of what a study's runs hold.

    Arguments:
        study: its name, which every run has as the setting ``study``.
        question: that it asks.
        sign: 1 if more of the objective is better, -1 if less is.
        trial_curves: of a trial of the search, by epoch.
        trial_numbers: in the summary of a trial; what the search was told comes first.
        run_curves: of a confirmed run, by epoch; none before any is complete.
        run_numbers: in the summary of a confirmed run.
        factors: the settings that differ between the trials (``recipe.optimizer.learning_rate``), with all values.
        groups: the settings that the study compares.
        tables: of the study's own run, in its summary.
        figures: of the study's own run, in its summary.
    """

    study: str
    question: str
    sign: int
    trial_curves: tuple[str, ...]
    trial_numbers: tuple[str, ...]
    run_curves: tuple[str, ...]
    run_numbers: tuple[str, ...]
    factors: Mapping[str, tuple[Json, ...]]
    groups: tuple[str, ...]
    tables: tuple[str, ...]
    figures: tuple[str, ...]


def logged_by(paths: StudyPaths) -> Logged:
    """Return what the W&B runs of a study hold, as far as it has come.

    Raises:
        InvalidInput: if the store holds no complete trial of it, or what it holds cannot be read.
    """
    course = read_json(paths.study) if paths.study.is_file() else {}
    if not course.get("trials"):
        raise InvalidInput(f"{paths.root} holds no complete trial of a study: `atlas run` it first.")
    try:
        return _logged(paths, course)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{paths.root} cannot be read ({error!r}): `atlas verify` says what is wrong.") from error


def _logged(paths: StudyPaths, course: Mapping[str, Any]) -> Logged:
    store, name, budget = RunStore(paths.runs), course["name"], course["budget"]
    trials = [each["recipe_json"] for each in course["trials"]]
    searched = _records(store, trials, budget["search_seeds"])
    confirmed = _records(store, [each["recipe_json"] for each in course["confirmed"]], budget["report_seeds"])
    if searched is None:
        raise InvalidInput(f"{paths.runs} lacks the runs of the search: `atlas verify` says what is wrong.")
    trial = search_trial(name, 0, [searched], 0.0)
    run = _confirmed(name, confirmed, measured_sharpness(paths)) if confirmed is not None else None
    return Logged(
        study=name,
        question=course["question"],
        sign=sign_of(course["metric"]),
        trial_curves=_curves(trial),
        trial_numbers=_numbers(trial),
        run_curves=_curves(run) if run else (),
        run_numbers=_numbers(run) if run else (),
        factors=_factors(trials),
        groups=tuple(dict.fromkeys(_settings(course["group_by"], trials[0]))),
        tables=tuple(sorted(path.stem for path in (paths.report / "tables").glob("*.csv"))) + _own_tables(paths),
        figures=tuple(sorted(f"figures/{path.stem}" for path in (paths.report / "figures").glob("*.png"))),
    )


def _records(store: RunStore, recipes: Sequence[Json], seeds: Sequence[int]) -> RunRecord | None:
    """Return a complete run, one that did not diverge if there is any: it has everything that a run can have."""
    found = (store.find(Run(store.recipe(each), Seeds.all(seed))) for each in recipes for seed in seeds)
    diverged = None
    for record in found:
        if record is not None and record.diverged_step is None:
            return record
        diverged = diverged or record
    return diverged


def _confirmed(name: str, record: RunRecord, sharpness: Sharpness) -> MirroredRun:
    """Describe a confirmed run as if on it had been measured what was measured on any."""
    measured = next((values for values in sharpness.values() if values), ())
    return confirmed_run(name, record, (), {(record.recipe.hash, record.seeds.name): measured})


def _own_tables(paths: StudyPaths) -> tuple[str, ...]:
    """Return the tables that the study's run has besides those of its report, as far as they compare anything."""
    return ("grouped",) if (paths.report / "results.json").is_file() else ()


def _curves(run: MirroredRun) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in run.history() for name in row if name not in _axes))


def _numbers(run: MirroredRun) -> tuple[str, ...]:
    return tuple(name for name, value in run.numbers.items() if isinstance(value, int | float))


def _factors(recipes: Iterable[Json]) -> dict[str, tuple[Json, ...]]:
    """Return the settings of which there are several values, with all of them: a setting that some lack counts too."""
    values: dict[str, dict[str, Json]] = {}
    for recipe in recipes:
        for path, value in flat(recipe, "recipe").items():
            values.setdefault(path, {})[repr(value)] = value
    return {path: tuple(each.values()) for path, each in values.items() if len(each) > 1}


def _settings(fields: Iterable[str], recipe: Json) -> Iterator[str]:
    """Yield where the fields of groups lie in a recipe, as `group_of` names them: a component by its type."""
    for field in (name.strip() for names in fields for name in names.split(",")):
        path, value = "recipe", recipe
        for name in field.removesuffix(".*").split("."):
            inner = _within(name, value)
            path, value = ".".join([path, *inner]), reduce(getitem, inner, value)
        yield f"{path}.type" if isinstance(value, dict) else path


def _within(name: str, component: Json) -> list[str]:
    """Return the keys to a component's setting, or to that of the first component within it that has it."""
    if name in component:
        return [name]
    inner = ((key, _within(name, value)) for key, value in component.items() if isinstance(value, dict))
    return next(([key, *keys] for key, keys in inner if keys), [])
