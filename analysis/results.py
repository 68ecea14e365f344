"""The results of a study as the store holds them: what was searched, what was confirmed, with all records."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.labels import labels
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.score import Score, score_of
from sweeps.claim import Claim
from sweeps.crossed import Crossed
from sweeps.files import read_json
from sweeps.groups import by_value
from sweeps.paths import StudyPaths
from sweeps.record import Purpose, RunRecord
from sweeps.store import RunStore

__all__ = ["ConfirmedRecipe", "StudyResults", "Trial"]

_format = 1

Records = Mapping[int, RunRecord]


@dataclass(frozen=True)
class Trial:
    """A recipe that the search proposed.

    Arguments:
        number: of the trial.
        recipe: that was proposed.
        value: the study's metric, a mean over the search seeds.
        records: by search seed; of complete runs only.
        dropped: whether racing or halving gave it up: its value is of fewer seeds, or of fewer epochs.
    """

    number: int
    recipe: Recipe
    value: float
    records: Records
    dropped: bool = False


@dataclass(frozen=True)
class ConfirmedRecipe:
    """A recipe that was trained on the report seeds.

    Arguments:
        recipe: that was confirmed.
        reasons: ``winner 1``, ``schedule=cosine``: its rank in the search, the groups of which it is the best.
        records: by report seed; of complete runs only.
    """

    recipe: Recipe
    reasons: tuple[str, ...]
    records: Records


@dataclass(frozen=True)
class StudyResults:
    """What a study asked, and what came out of it so far.

    Arguments:
        name: of the study.
        question: that it asks.
        budget_name: the budget under which it ran.
        budget: trials, search_seeds, report_seeds, epochs, winners.
        metric: what the search optimized.
        group_by: the recipe fields by which recipes are compared.
        claims: written down beforehand.
        finished: whether every run of the budget is complete.
        trials: of the search, by number.
        confirmed: the recipes trained on the report seeds.
        provenance: where the results come from.
        crossed_seeds: on which the best recipe is trained too, None without them.
        crossed: the best recipe's complete runs on these.
        first_claims: those with which the study was first run; None where that was not written down.
        crossed_groups: those of the best recipe of each group, by the group's name, if they are trained on them.
    """

    name: str
    question: str
    budget_name: str
    budget: Mapping[str, Any]
    metric: str
    group_by: tuple[str, ...]
    claims: tuple[Claim, ...]
    finished: bool
    trials: tuple[Trial, ...]
    confirmed: tuple[ConfirmedRecipe, ...]
    provenance: Mapping[str, Any]
    crossed_seeds: Crossed | None = None
    crossed: Mapping[Seeds, RunRecord] = dataclasses.field(default_factory=dict)
    crossed_groups: Mapping[str, Mapping[Seeds, RunRecord]] = dataclasses.field(default_factory=dict)
    first_claims: tuple[Claim, ...] | None = None

    @staticmethod
    def open(paths: StudyPaths) -> "StudyResults":
        """Read a study's results from its store.

        Raises:
            InvalidInput: if the store holds no such study, or one that cannot be read.
        """
        if not paths.study.is_file():
            raise InvalidInput(f"There is no study in {paths.root}: run it first.")
        try:
            return _decode(read_json(paths.study), RunStore(paths.runs))
        except InvalidInput:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"{paths.study} cannot be read ({error!r}): run the study again.") from error

    def groups(self, field: str) -> dict[str, ConfirmedRecipe]:
        """Return the best recipe of each group, by the group's name (``schedule=cosine``), numbers in their order.

        Arguments:
            field: one of `group_by`.
        """
        pairs = [(reason, each) for each in self.confirmed for reason in each.reasons]
        found = {name: each for name, each in pairs if name.startswith(f"{field}=")}
        return {name: found[name] for name in sorted(found, key=by_value)}

    @property
    def winners(self) -> dict[str, ConfirmedRecipe]:
        """The best recipes of the search, from the best: ``winner``, ``winner 2``, …; empty before any is confirmed."""
        ranks = {
            int(reason.removeprefix("winner ")): each
            for each in self.confirmed
            for reason in each.reasons
            if reason.startswith("winner ")
        }
        return {"winner" if rank == 1 else f"winner {rank}": ranks[rank] for rank in sorted(ranks)}

    @property
    def compared(self) -> dict[str, ConfirmedRecipe]:
        """What figures compare: the groups of the first field of `group_by`, or the winners if there is none."""
        return self.groups(self.group_by[0]) if self.group_by else self.winners

    @property
    def score(self) -> Score:
        """What the recipes are judged by; accuracy as long as there are none."""
        recipes = self._recipes
        return score_of(recipes[0].loss.task if recipes else "classification")

    @property
    def loss_unit(self) -> str:
        """The unit that all recipes' losses share, empty if there is none."""
        units = {recipe.loss.unit for recipe in self._recipes}
        return units.pop() if len(units) == 1 else ""

    def label(self, recipe: Recipe) -> str:
        """Return a recipe's label among the recipes of this study: what differs between them."""
        return self._labels[recipe]

    @cached_property
    def _labels(self) -> dict[Recipe, str]:
        return labels(self._recipes)

    def is_late(self, claim: Claim) -> bool:
        """Return whether a claim was written down, or changed, after the study was first run; its reading always is."""
        return self.first_claims is not None and dataclasses.replace(claim, reading="") not in self.first_claims

    @property
    def _recipes(self) -> list[Recipe]:
        return [*(trial.recipe for trial in self.trials), *(each.recipe for each in self.confirmed)]


def _decode(content: dict[str, Any], store: RunStore) -> StudyResults:
    if content["format"] != _format:
        raise InvalidInput(f"The study's format is {content['format']}, this program reads {_format}: run it again.")
    budget = content["budget"]
    crossed = Crossed.from_json(budget.get("crossed"))
    on_crossed = {
        reason: runs
        for each in content["confirmed"]
        if crossed and crossed.takes(each["reasons"])
        for runs in [_crossed(store, store.recipe(each["recipe_json"]), crossed)]
        for reason in each["reasons"]
    }
    return StudyResults(
        name=content["name"],
        question=content["question"],
        budget_name=content["budget_name"],
        budget=budget,
        metric=content["metric"],
        group_by=tuple(content["group_by"]),
        claims=tuple(Claim(**claim) for claim in content["claims"]),
        first_claims=tuple(Claim(**each) for each in content["first_claims"]) if "first_claims" in content else None,
        finished=content["finished"],
        trials=tuple(
            Trial(
                each["number"],
                recipe,
                each["value"],
                _records(store, recipe, budget["search_seeds"], "search"),
                each.get("dropped", False),
            )
            for each in content["trials"]
            for recipe in [store.recipe(each["recipe_json"])]
        ),
        confirmed=tuple(
            ConfirmedRecipe(recipe, tuple(each["reasons"]), _records(store, recipe, budget["report_seeds"], "confirm"))
            for each in content["confirmed"]
            for recipe in [store.recipe(each["recipe_json"])]
        ),
        provenance=content["provenance"],
        crossed_seeds=crossed,
        crossed=on_crossed.get("winner 1", {}),
        crossed_groups={
            reason: runs
            for reason, runs in sorted(on_crossed.items())
            if "=" in reason and crossed and crossed.of == "groups"
        },
    )


def _crossed(store: RunStore, recipe: Recipe, crossed: Crossed) -> dict[Seeds, RunRecord]:
    found = {seeds: store.find(Run(recipe, seeds), "confirm") for seeds in crossed.seeds}
    return {seeds: record for seeds, record in found.items() if record is not None}


def _records(store: RunStore, recipe: Recipe, seeds: Sequence[int], purpose: Purpose) -> dict[int, RunRecord]:
    found = {seed: store.find(Run(recipe, Seeds.all(seed)), purpose) for seed in seeds}
    return {seed: record for seed, record in found.items() if record is not None}
