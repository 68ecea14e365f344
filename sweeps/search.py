"""The search for good recipes: what was proposed and told lies in a database, from which all else follows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.changes import Recorded, described, recipe_changes, refuse, study_changes
from sweeps.database import open_database, sentences
from sweeps.proposers.asking import Asking
from sweeps.proposers.choose import proposer_of
from sweeps.proposers.distributions import distribution_of, space_of
from sweeps.proposers.proposer import Past, Proposer
from sweeps.study import Study, sign_of
from sweeps.suggest import build_recipe

__all__ = ["Proposal", "Search"]

optuna.logging.set_verbosity(optuna.logging.WARNING)
# What a trial proposed is one attribute: each takes the database as long as all the rest of a trial.
_proposal_key, _seeds_key, _origin_key = "proposal", "search seeds", "origin"


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

    A trial is written whole, in one transaction, or not at all, and what is
    proposed depends on nothing but its number and what is in the database: a
    search that is killed and opened again proposes what it would have proposed.
    The database is read once, when it is opened: the driver is the only one that
    writes to it.

    When search seeds are added to a study, the recipes proposed so far stay
    what they are and lose their values, which are to be told anew as means over
    all seeds; what is proposed later learns from the new values only. The
    search on fewer seeds stays in the database as it was.

    Arguments:
        study: what is searched.
        budget_name: a search is continued only under the same budget.
        database: the path of an SQLite file, made if it is missing, or an SQLAlchemy URL.
        name: of the search in the database; the budget's unless it is given.

    Raises:
        InvalidInput: if the study file has changed since trials were made, or the database cannot be used.
    """

    def __init__(self, study: Study, budget_name: str, database: Path | str, name: str = "") -> None:
        self._study, self._budget_name, self._database = study, budget_name, database
        self._storage = open_database(database)
        try:
            with sentences(database):
                found = self._open(name or budget_name)
                self._id = self._storage.get_study_id_from_name(found.study_name)
                self._trials = list(found.get_trials(deepcopy=False))
        except BaseException:
            self.close()
            raise

    def proposals(self) -> list[Proposal]:
        """Return all proposals made so far, by number; those without a value are still to be trained.

        Raises:
            InvalidInput: if the study's recipe function has changed; says how.
        """
        return [self._proposal(trial) for trial in self._trials]

    def ask(self) -> Proposal:
        """Propose the next recipe.

        Raises:
            InvalidInput: if the study's recipe cannot be built.
        """
        past = [_past(trial) for trial in self._trials]
        number, proposer = len(past), proposer_of(self._study, self._budget_name, past)
        asking = Asking(self._study.budget(self._budget_name), proposer, past)
        try:
            recipe = build_recipe(self._study, asking)
        except InvalidInput as error:
            values = ", ".join(f"{name}={value}" for name, value in asking.values.items())
            raise InvalidInput(f"{error} (trial {number}: {values})" if values else str(error)) from error
        with sentences(self._database):
            self._trials.append(self._write(number, recipe, asking, proposer))
        return Proposal(number, recipe, None)

    def tell(self, number: int, value: float) -> None:
        """Report the value of a proposal."""
        trial = self._trials[number]
        with sentences(self._database):
            self._storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, (value,))
        trial.state, trial.value = TrialState.COMPLETE, value

    def close(self) -> None:
        """Close the connections to the database."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, number: int, recipe: Recipe, asking: Asking, proposer: Proposer) -> FrozenTrial:
        trial = create_trial(
            state=TrialState.RUNNING,
            params=asking.values,
            distributions={name: distribution_of(space) for name, space in asking.asked.items()},
            user_attrs={
                _proposal_key: {"recipe": recipe.hash, "recipe_json": recipe.to_json(), "names": list(asking.asked)}
            },
            system_attrs=proposer.notes,
        )
        trial.number, trial._trial_id = number, self._storage.create_new_trial(self._id, template_trial=trial)
        if self._storage.get_trial_id_from_study_id_trial_number(self._id, number) != trial._trial_id:
            raise InvalidInput("Another atlas is at work on this search: let it finish, or give another --store.")
        return trial

    def _proposal(self, frozen: FrozenTrial) -> Proposal:
        past = _past(frozen)
        recorded = Recorded(self._study, self._budget_name, past.number, past.values, past.spaces)
        recipe = build_recipe(self._study, recorded)
        recorded.check_complete()
        before = frozen.user_attrs.get(_proposal_key)
        if before is not None and before["recipe"] != recipe.hash:
            raise refuse(past.number, recipe_changes(before["recipe_json"], recipe.to_json()))
        return Proposal(past.number, recipe, past.value)

    def _open(self, name: str) -> optuna.Study:
        """Return the search on the most seeds, carried on to those that were added."""
        found = [self._load(each) for each in self._storage_names() if each == name or each.startswith(f"{name}, on ")]
        known = [each for each in found if _seeds_key in each.user_attrs]
        latest = max(known, key=lambda each: len(each.user_attrs[_seeds_key]), default=None) or self._load(name)
        self._carry_on(latest)
        now, before = described(self._study, self._budget_name), latest.user_attrs
        made = len(latest.get_trials(deepcopy=False))
        if made and (changes := study_changes(before, now, made)):
            raise InvalidInput(f"The study's {'; its '.join(changes)}: give a new --store, or undo the change.")
        if made and len(now[_seeds_key]) > len(before.get(_seeds_key, now[_seeds_key])):
            origin, latest = latest.study_name, self._load(f"{name}, on {len(now[_seeds_key])} search seeds")
            latest.set_user_attr(_origin_key, origin)
        for key, value in now.items():
            if latest.user_attrs.get(key, ...) != value:
                latest.set_user_attr(key, value)
        self._carry_on(latest)
        return latest

    def _storage_names(self) -> list[str]:
        return list(optuna.get_all_study_names(self._storage))

    def _load(self, name: str) -> optuna.Study:
        return optuna.create_study(
            storage=self._storage,
            study_name=name,
            direction="maximize" if sign_of(self._study.metric) > 0 else "minimize",
            load_if_exists=True,
        )

    def _carry_on(self, study: optuna.Study) -> None:
        """Give a search on added seeds the trials of that on fewer, to be told anew, as far as it lacks them."""
        origin = study.user_attrs.get(_origin_key)
        if origin is not None:
            for trial in self._load(origin).get_trials()[len(study.get_trials(deepcopy=False)) :]:
                trial.state, trial.values, trial.datetime_complete = TrialState.RUNNING, None, None
                study.add_trial(trial)


def _past(frozen: FrozenTrial) -> Past:
    names: list[str] = frozen.user_attrs.get(_proposal_key, {}).get("names", list(frozen.params))
    spaces = {name: space_of(frozen.distributions[name]) for name in names}
    values = {name: frozen.params[name] for name in names}
    notes: dict[str, Any] = frozen.system_attrs
    return Past(frozen.number, values, spaces, frozen.value, notes)
