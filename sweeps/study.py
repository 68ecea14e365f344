"""A study: one question about an optimization landscape, and all that is needed to answer it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from lightning_modules.score import Score, score_of
from sweeps.claim import Claim
from sweeps.crossed import Crossed
from sweeps.measurement import Measurement
from sweeps.racing import Racing
from sweeps.sampler import Sampler, check_sampler, given_values
from sweeps.successive_halving import SuccessiveHalving
from sweeps.suggest import Suggest

__all__ = ["Budget", "Metric", "Study", "metric_of", "sign_of"]

Metric = Literal["validation_accuracy", "validation_rmse", "validation_loss"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much a study may spend.

    Arguments:
        trials: recipes that the search proposes.
        search_seeds: seeds on which every proposed recipe is trained.
        report_seeds: fresh seeds on which the winners are trained again; disjoint from the search seeds,
            because the best of many searched scores is optimistic.
        epochs: passes through the training set of every run; ``suggest.budget.epochs`` in a study's recipe.
        winners: how many of the best recipes are confirmed, besides the best of every group.
        members: networks of an independent ensemble: with more than one, each confirmed recipe whose schedule has no
            cycles is trained on each report seed's split so often, once for all epochs and once for a part of them
            (`sweeps.companions`).
        parallel_trials: recipes that are proposed before the value of the first of them is known: enough for their
            seeds to fill the workers, few enough to learn from; with halving, those that compete.
        racing: drops hopeless recipes before they are trained on all search seeds; none unless it is given.
        halving: trains most recipes for a part of the epochs; none unless it is given.
        crossed: seeds whose init, order and split are varied apart, on which the best recipe is trained for the
            variance components; disjoint from the search seeds too. None unless it is given.
        measurements: what is measured when all runs are complete, besides test scores; claims may cite its estimates.

    Raises:
        InvalidInput: for a count below 1, seeds that repeat, search and report or crossed seeds that overlap, racing
            beside halving, halving without recipes or epochs enough for it, or measurements of one name.
    """

    trials: int
    search_seeds: Sequence[int]
    report_seeds: Sequence[int]
    epochs: int
    winners: int = 1
    members: int = 1
    parallel_trials: int = 8
    racing: Racing | None = None
    halving: SuccessiveHalving | None = None
    crossed: Crossed | None = None
    measurements: Sequence[Measurement] = ()

    def __post_init__(self) -> None:
        for name in ("trials", "epochs", "winners", "members", "parallel_trials"):
            require_integer(f"The budget's {name}", getattr(self, name), at_least=1)
        for name in ("search_seeds", "report_seeds"):
            if not isinstance(getattr(self, name), Iterable):
                raise InvalidInput(
                    f"The budget's {name} are {getattr(self, name)!r}: give range(…) or a list of seeds."
                )
            seeds = tuple(getattr(self, name))
            if not seeds or len(set(seeds)) < len(seeds):
                raise InvalidInput(f"The budget's {name} are {seeds}: give at least one seed, each once.")
            for seed in seeds:
                require_integer(f"A seed of the budget's {name}", seed, at_least=0)
            object.__setattr__(self, name, tuple(int(seed) for seed in seeds))
        if not isinstance(self.racing, Racing | None):
            raise InvalidInput(f"The budget's racing is {self.racing!r}: give Racing(), or None.")
        self._check_halving()
        self._check_crossed()
        self._check_measurements()
        overlap = sorted(set(self.search_seeds) & set(self.report_seeds))
        if overlap:
            raise InvalidInput(
                f"Search and report seeds overlap in {', '.join(map(str, overlap))}: confirm winners on fresh seeds,"
                f" for example report_seeds=range({max(self.search_seeds) + 1}, …)."
            )

    @property
    def rungs(self) -> tuple[int, ...]:
        """After how many epochs the halving compares recipes; none without it."""
        return () if self.halving is None else self.halving.epochs(self.epochs)

    @property
    def entrants(self) -> tuple[int, ...]:
        """How many trials are trained to each rung and, the last number, to the end."""
        if self.halving is None:
            return (self.trials,)
        return self.halving.entrants(self.trials, self.parallel_trials)

    def _check_crossed(self) -> None:
        if not isinstance(self.crossed, Crossed | None):
            raise InvalidInput(f"The budget's crossed is {self.crossed!r}: give Crossed(init=range(…), …), or None.")
        for name in self.crossed.varied if self.crossed else ():
            overlap = sorted(set(self.search_seeds) & set(getattr(self.crossed, name)))
            if overlap:
                raise InvalidInput(
                    f"Search seeds and crossed {name} seeds overlap in {', '.join(map(str, overlap))}: give fresh ones,"
                    f" for example {name}=range({max(self.search_seeds) + 1}, …)."
                )

    def _check_measurements(self) -> None:
        if not isinstance(self.measurements, Iterable) or not all(
            isinstance(m, Measurement) for m in self.measurements
        ):
            raise InvalidInput(f"The budget's measurements are {self.measurements!r}: give a list of measurements.")
        object.__setattr__(self, "measurements", tuple(self.measurements))
        for name, count in Counter(each.name for each in self.measurements).items():
            if count > 1:
                raise InvalidInput(
                    f"The budget has {count} measurements of the name {name!r}, and each writes a file of its name:"
                    " give one."
                )

    def _check_halving(self) -> None:
        if not isinstance(self.halving, SuccessiveHalving | None):
            raise InvalidInput(f"The budget's halving is {self.halving!r}: give SuccessiveHalving(), or None.")
        if self.halving is None:
            return
        if self.racing is not None:
            raise InvalidInput(
                "The budget has racing and halving, and each would drop what the other has not judged: give one."
            )
        if self.parallel_trials == 1:
            raise InvalidInput(
                "The budget's parallel_trials is 1, and the trials under way are those that halving compares: give at"
                " least 2, or no halving."
            )
        self.halving.epochs(self.epochs)


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question, the recipes among which the answer is searched, and what is reported.

    Arguments:
        question: one sentence that ends with a question mark.
        recipe: builds a recipe from what a `Suggest` proposes.
        budgets: by name; ``smoke`` for seconds, ``default`` for minutes, ``full`` for as long as it takes.
        group_by: names of recipe fields (``"schedule"``, ``"model.widths"``); the best recipe of every group
            is confirmed on the report seeds beside the overall winners, and groups are compared in the report.
        metric: what the search optimizes, the mean over the search seeds: ``validation_accuracy`` of classification,
            ``validation_rmse`` of regression, or ``validation_loss`` of either.
        search_seed: seeds the search itself.
        sampler: what proposes recipes: ``tpe`` learns from all values told; ``random``; ``quasi-random`` covers the
            space evenly; ``cma-es`` adapts a normal distribution to ranges that are always asked for, and leaves
            choices and conditional ranges to chance; or a ``Grid({"learning_rate": (0.01, 0.1), …})``.
        start: starting points that are tried first, in order, as dictionaries of values by name; what one leaves
            out, the sampler proposes.
        claims: what the study expects, decided by the report.

    Raises:
        InvalidInput: for an empty question, no budget, or a sampler or starting point that is none.
    """

    question: str
    recipe: Callable[[Suggest], Recipe]
    budgets: Mapping[str, Budget]
    group_by: Sequence[str] = ()
    metric: Metric = "validation_accuracy"
    search_seed: int = 0
    sampler: Sampler = "tpe"
    start: Sequence[Mapping[str, Any]] = ()
    claims: Sequence[Claim] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise InvalidInput("The study has no question: write the one sentence that it answers.")
        if not callable(self.recipe):
            raise InvalidInput(f"The study's recipe is {self.recipe!r}: give a function of `suggest`.")
        if not isinstance(self.budgets, Mapping) or not self.budgets:
            raise InvalidInput('The study has no budgets by name: give budgets={"default": Budget(…)}.')
        for name, budget in self.budgets.items():
            if not isinstance(name, str) or not isinstance(budget, Budget):
                raise InvalidInput(f"The study's budget {name!r} is {budget!r}: give a name and a Budget(…).")
        if isinstance(self.group_by, str) or not isinstance(self.group_by, Sequence):
            raise InvalidInput(f"The study's group_by is {self.group_by!r}: give a list of field names.")
        for claim in self.claims:
            if not isinstance(claim, Claim):
                raise InvalidInput(f"The study's claims hold {claim!r}: give Claim(…) objects.")
        if self.metric not in get_args(Metric):
            raise InvalidInput(
                f"The study's metric is {self.metric!r}: give 'validation_accuracy', 'validation_rmse' or"
                " 'validation_loss'."
            )
        require_integer("The study's search_seed", self.search_seed, at_least=0)
        check_sampler(self.sampler)
        if isinstance(self.start, Mapping | str):
            raise InvalidInput(f"The study's start is {self.start!r}: give a list of dictionaries.")
        for number, point in enumerate(self.start):
            given_values(point, number)

    def check(self, recipe: Recipe) -> None:
        """Raise `InvalidInput` unless the metric is one that runs of a recipe have."""
        fitting = metric_of(score_of(recipe.loss.task))
        if self.metric not in (fitting, "validation_loss"):
            raise InvalidInput(
                f"The study's metric is {self.metric}, and the loss {type(recipe.loss).__name__} is for"
                f" {recipe.loss.task}: give the study metric={fitting!r}, or the recipe another loss."
            )

    def budget(self, name: str) -> Budget:
        """Return a budget by its name.

        Raises:
            InvalidInput: if the study has none of that name.
        """
        if name not in self.budgets:
            raise InvalidInput(f"The study has no budget {name!r}: choose from {', '.join(self.budgets)}.")
        return self.budgets[name]


def metric_of(score: Score) -> Metric:
    """Return the metric that is a score on the validation set."""
    return "validation_accuracy" if score.name == "accuracy" else "validation_rmse"


def sign_of(metric: str) -> int:
    """Return 1 for a metric of which more is better, -1 for one of which less is."""
    return 1 if metric == "validation_accuracy" else -1
