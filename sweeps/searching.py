"""The search of a study: recipes are proposed, trained and judged as slots fall idle."""

from collections.abc import Callable, Mapping, Sequence

from lightning_modules.recipe import Run
from sweeps.competing import Bracket, CompetingTrial
from sweeps.course import TrialOutcome
from sweeps.pool import Pool
from sweeps.ranking import ranked
from sweeps.search import Proposal, Search
from sweeps.store import RunStore
from sweeps.study import Study
from sweeps.trials import OpenTrial

__all__ = ["Searching"]


class Searching:
    """Keeps so many trials open that slots find something to train.

    In order, values are told by the trials' numbers, and the next recipe is
    asked for when exactly those are told that lie `Budget.parallel_trials`
    behind it: what is proposed depends on neither timing nor the number of
    workers, nor on where a search was killed. Out of order, a value is told as
    soon as it is known, and no slot ever waits for a slow trial.

    With `SuccessiveHalving`, a trial that stands at a rung waits for its
    bracket; in order, too, a bracket depends on the numbers only.

    Arguments:
        study: that is searched.
        budget_name: one of its budgets.
        search: proposes, and hears of values.
        store: holds the runs.
        pool: trains them.
        in_order: which of the two.
        check: raises for a proposal that the study cannot use.
        on_told: called with a trial whose value was told, and all outcomes so far by number.
    """

    def __init__(
        self,
        study: Study,
        budget_name: str,
        search: Search,
        store: RunStore,
        pool: Pool,
        in_order: bool,
        check: Callable[[Proposal], None],
        on_told: Callable[[OpenTrial, Sequence[TrialOutcome]], None],
    ) -> None:
        self._study, self._budget = study, study.budget(budget_name)
        self._search, self._store, self._pool, self._in_order = search, store, pool, in_order
        self._check, self._on_told = check, on_told
        self._open: dict[int, OpenTrial] = {}
        self._told: dict[int, TrialOutcome] = {}
        self._values: dict[int, Mapping[int, float]] = {}
        self._brackets: dict[int, Bracket] = {}

    def run(self) -> list[TrialOutcome]:
        """Search to the end of the budget, and return what came out of every trial, by number."""
        known = self._search.proposals()[: self._budget.trials]
        asked = 0
        while len(self._told) < self._budget.trials:
            if asked < min(len(self._told) + self._budget.parallel_trials, self._budget.trials):
                self._begin(known[asked] if asked < len(known) else self._search.ask())
                asked += 1
            elif (trial := self._decided()) is not None:
                self._tell(trial)
            else:
                self._collect(self._pool.next_stack())
        self._pool.drain()
        return self._outcomes()

    def _begin(self, proposal: Proposal) -> None:
        self._check(proposal)
        trial = self._trial(proposal)
        self._open[proposal.number] = trial
        self._advance(trial)
        self._judge(proposal.number)

    def _trial(self, proposal: Proposal) -> OpenTrial:
        budget, metric = self._budget, self._study.metric
        if budget.halving is None:
            return OpenTrial(proposal, budget.search_seeds, metric, budget.racing, self._rival())
        trial = CompetingTrial(proposal, budget.search_seeds, metric, rungs=budget.rungs, backend=self._pool.backend)
        index, of_one = proposal.number // budget.parallel_trials, budget.parallel_trials
        size = min(of_one, budget.trials - index * of_one)
        self._brackets.setdefault(index, Bracket(size, budget.halving, self._study)).trials.append(trial)
        return trial

    def _judge(self, number: int) -> None:
        """Let the best of a trial's bracket go on as far as all of them have come."""
        bracket = self._brackets.get(number // self._budget.parallel_trials)
        while bracket is not None and (kept := bracket.judge()):
            for trial in kept:
                self._advance(trial)

    def _rival(self) -> Mapping[int, float] | None:
        """Return the metric by seed of the best trial so far, None without racing or before there is one."""
        best = ranked(self._told.values(), self._study)[:1] if self._budget.racing is not None else []
        return self._values[best[0].number] if best else None

    def _advance(self, trial: OpenTrial) -> None:
        """Take what a trial wants from the store, block by block, and give the first runs that lack it to the pool."""
        while wanted := trial.wanted:
            if missing := [run for run in wanted if not trial.take(run, self._store)]:
                self._pool.add(missing, trial.until)
                return

    def _decided(self) -> OpenTrial | None:
        """Return a trial whose value can be told now."""
        numbers = sorted(self._open)[:1] if self._in_order else sorted(self._open)
        return next((self._open[number] for number in numbers if self._open[number].decided), None)

    def _tell(self, trial: OpenTrial) -> None:
        number, outcome = trial.proposal.number, trial.outcome()
        if trial.proposal.value is None:
            self._search.tell(number, outcome.value)
        self._told[number], self._values[number] = outcome, trial.values
        del self._open[number]
        self._on_told(trial, self._outcomes())

    def _collect(self, runs: Sequence[Run]) -> None:
        """Give the open trials of a stack's runs what the store now holds of them."""
        recipes = {run.recipe for run in runs}
        for trial in self._open.values():
            if trial.proposal.recipe in recipes:
                self._advance(trial)
                self._judge(trial.proposal.number)

    def _outcomes(self) -> list[TrialOutcome]:
        return [self._told[number] for number in sorted(self._told)]
