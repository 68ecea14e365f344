"""The search for good recipes: Optuna by ask and tell, and nothing else of the program knows Optuna."""

import sqlite3
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import optuna
from optuna.trial import BaseTrial, FixedTrial, Trial, TrialState
from sqlalchemy import URL, event
from sqlalchemy.exc import SQLAlchemyError

from lightning_modules.component import content_hash, label
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.study import Budget, Study, sign_of
from sweeps.suggest import Suggest, build_recipe

__all__ = ["Proposal", "Search"]

T = TypeVar("T")

optuna.logging.set_verbosity(optuna.logging.WARNING)
_recipe_key = "recipe"


@dataclass(frozen=True)
class Proposal:
    """A recipe that the search proposed.

    Arguments:
        number: of the trial, from 0.
        recipe: to be trained on all search seeds.
        value: the study's metric, a mean over the search seeds; None until it is told.
    """

    number: int
    recipe: Recipe
    value: float | None


class Search:
    """Proposes recipes and learns from their values; everything it knows lies in its database.

    The sampler is seeded anew for every trial by its number, so that a search
    that is killed and opened again proposes what it would have proposed.

    Arguments:
        study: what is searched.
        budget_name: a search is continued only under the same budget.
        path: the SQLite database, made if it is missing.

    Raises:
        InvalidInput: if the study file has changed since trials were made, or the database is damaged.
    """

    def __init__(self, study: Study, budget_name: str, path: Path) -> None:
        self._study, self._budget = study, study.budget(budget_name)
        try:
            self._optuna = optuna.create_study(
                storage=_storage(path),
                study_name=budget_name,
                direction="maximize" if sign_of(study.metric) > 0 else "minimize",
                load_if_exists=True,
            )
        except (sqlite3.DatabaseError, SQLAlchemyError) as error:
            raise InvalidInput(
                f"{path} is not a search's database ({error}): move it away and run again; complete runs are kept."
            ) from error

        asked = {"metric": study.metric, "search seeds": list(self._budget.search_seeds), "seed": study.search_seed}
        for name, value in asked.items():
            before = self._optuna.user_attrs.get(name, value)
            if before != value:
                raise InvalidInput(
                    f"The study's {name} was {before} when its search began and is {value} now:"
                    " give a new --store, or undo the change."
                )
            self._optuna.set_user_attr(name, value)

    def proposals(self) -> list[Proposal]:
        """Return all proposals made so far, by number; those without a value are still to be trained."""
        return [self._proposal(trial) for trial in self._optuna.get_trials(deepcopy=False)]

    def ask(self) -> Proposal:
        """Propose the next recipe.

        Raises:
            InvalidInput: if the study's recipe cannot be built.
        """
        number = len(self._optuna.get_trials(deepcopy=False))
        self._seed_sampler(number)
        return self._build(self._optuna.ask())

    def tell(self, number: int, value: float) -> None:
        """Report the value of a proposal."""
        self._optuna.tell(number, value)

    def _proposal(self, frozen: optuna.trial.FrozenTrial) -> Proposal:
        if frozen.state == TrialState.COMPLETE:
            recipe = build_recipe(self._study, _OptunaSuggest(FixedTrial(frozen.params), self._budget))
            self._check_unchanged(frozen, recipe)
            return Proposal(frozen.number, recipe, frozen.value)
        # The program was killed while this trial was under way: attached again, it gives the same recipe.
        self._seed_sampler(frozen.number)
        return self._build(Trial(self._optuna, frozen._trial_id))

    def _build(self, trial: Trial) -> Proposal:
        recipe = build_recipe(self._study, _OptunaSuggest(trial, self._budget))
        self._check_unchanged(trial, recipe)
        trial.set_user_attr(_recipe_key, recipe.hash)
        return Proposal(trial.number, recipe, None)

    def _check_unchanged(self, trial: Any, recipe: Recipe) -> None:
        if trial.user_attrs.get(_recipe_key, recipe.hash) != recipe.hash:
            raise InvalidInput(
                f"The study's recipe has changed since trial {trial.number} was made (--precision is part of it):"
                " give a new --store, or undo the change."
            )

    def _seed_sampler(self, number: int) -> None:
        seed = int(content_hash((self._study.search_seed, number)), 16) % 2**32
        self._optuna.sampler = optuna.samplers.TPESampler(seed=seed)


class _OptunaSuggest(Suggest):
    """Takes the values from an Optuna trial."""

    def __init__(self, trial: BaseTrial, budget: Budget) -> None:
        self._trial, self.budget = trial, budget

    def uniform(self, name: str, low: float, high: float) -> float:
        return self._trial.suggest_float(name, low, high)

    def log(self, name: str, low: float, high: float) -> float:
        return self._trial.suggest_float(name, low, high, log=True)

    def integer(self, name: str, low: int, high: int) -> int:
        return self._trial.suggest_int(name, low, high)

    def choice(self, name: str, options: Sequence[T]) -> T:
        keys = [_key(option) for option in options]
        if not keys or len(set(keys)) < len(keys):
            raise InvalidInput(f"The options of {name!r} are {', '.join(map(str, keys))}: give some, each once.")
        return options[keys.index(self._trial.suggest_categorical(name, keys))]


def _key(option: object) -> str | int | float | bool | None:
    """Return what stands for an option in the database: a plain value itself, a component by its label and hash."""
    if option is None or isinstance(option, str | int | float | bool):
        return option
    return f"{label(option)} {content_hash(option)}"


def _storage(path: Path) -> optuna.storages.RDBStorage:
    """Return a storage on SQLite that does not wait for the disk at every commit.

    The write-ahead log survives the end of the program at any moment, which
    the default rollback journal does too, at ten times the cost.
    """
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    # A path may hold what means something in a URL.
    url = URL.create("sqlite", database=f"file:{quote(str(path.absolute()))}", query={"uri": "true"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = optuna.storages.RDBStorage(url.render_as_string(), engine_kwargs={"connect_args": {"timeout": 60}})
    event.listen(storage.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=NORMAL"))
    storage.engine.dispose()  # Connections opened before the listener was there are closed.
    return storage
