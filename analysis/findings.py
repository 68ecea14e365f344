"""What a study found: every estimate, the verdicts on its claims, its answer in one sentence, and what to beware of."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations

from analysis.claims import Judgement, judge_all
from analysis.comparison.component_estimates import component_estimates
from analysis.comparison.components import components_of, components_of_groups
from analysis.comparison.pairs import Comparison, compare
from analysis.ensembles import EnsembleGain, ensemble_gains
from analysis.estimate import Estimate
from analysis.inference.components import Components
from analysis.inference.sign_flip import p_text
from analysis.labels import quoted
from analysis.results import StudyResults
from analysis.scores import TestScore, paired_difference, test_score
from sweeps.groups import by_value, comparable, group_of

__all__ = ["Findings", "find", "name_of"]


@dataclass(frozen=True)
class Findings:
    """Everything that a report says in numbers.

    Arguments:
        results: from which it was found.
        scores: test scores (accuracies, RMSEs) by key (``winner``, ``schedule=cosine``).
        differences: of every ordered pair of `comparable` groups of one field, so that a claim may name either first.
        comparisons: of the pairs of groups of each field, by the field, each a family of its own; of the winners under
            ``winners``.
        gains: of snapshot ensembles by key.
        judgements: one for each of the study's claims.
        components: of the variance of the best recipe's test score, None without crossed seeds.
        measured: estimates of the study's measurements.
        luck: estimates of the variance components, of the best recipe and of each group that has crossed seeds.
    """

    results: StudyResults
    scores: Mapping[str, TestScore]
    differences: Mapping[tuple[str, str], Estimate]
    comparisons: Mapping[str, tuple[Comparison, ...]]
    gains: Mapping[str, tuple[EnsembleGain, ...]]
    judgements: tuple[Judgement, ...]
    components: Components | None = None
    measured: tuple[Estimate, ...] = ()
    luck: tuple[Estimate, ...] = ()

    @property
    def estimates(self) -> list[Estimate]:
        """Every estimate of the report."""
        return [*_estimates(self.scores, self.differences, self.gains), *self.luck, *self.measured]

    @property
    def ranking(self) -> list[TestScore]:
        """The compared recipes from the best mean test score to the worst."""
        found = [self.scores[key] for key in self.results.compared if key in self.scores]
        return sorted(found, key=lambda score: -score.ordered)

    @property
    def answer(self) -> str:
        """The answer in a sentence or two, with its interval."""
        ranking = self.ranking
        if not ranking:
            return "There is no answer yet: no recipe has been trained on the report seeds."
        best, recipe = ranking[0], self.results.label(ranking[0].recipe)
        its = f"its test {best.score.title} is {best.estimate}"
        if len(ranking) == 1:
            return f"The {best.key.replace('=', ' ')} ({recipe}) was confirmed: {its}."
        field, _, name = best.key.rpartition("=")
        among = f"groups by {_listed(field)}, {quoted(name)}" if field else f"winners of the search, the {name}"
        first = f"Of the {among} is ahead ({recipe}): {its}."
        return f"{first} {self._against(best, ranking[1])}"

    @property
    def tuning(self) -> str:
        """How often the search tried each of the compared groups, in a sentence; empty without groups."""
        results = self.results
        if not results.group_by:
            return ""
        field = results.group_by[0]
        counts = Counter(group_of(trial.recipe, field) for trial in results.trials)
        tried = ", ".join(f"{quoted(name_of(group))} {counts[group]}" for group in sorted(counts, key=by_value))
        return f"Trials of the search by {_listed(field)}: {tried}. What was tried more often is tuned better."

    def _against(self, best: TestScore, second: TestScore) -> str:
        name = quoted(name_of(second.key))
        difference = self.differences.get((best.key, second.key))
        if not comparable(best.key, second.key):
            return f"The runner-up, {name}, differs from it in more than one thing: {second.estimate}."
        if difference is None:
            return f"It shares no seed with the runner-up, {name}, so the two cannot be compared."
        amount = f"{difference.amount} within each seed"
        if difference.low is None:
            return f"One seed cannot tell it from the runner-up, {name} ({amount})."
        family = self.comparisons[self.results.group_by[0] if self.results.group_by else "winners"]
        pair = next(each for each in family if {each.first, each.second} == {best.key, second.key})
        among = f", corrected for {pair.family} pairs" if pair.family > 1 else ""
        number = p_text(pair.corrected)
        p = f"p {number if number.startswith('<') else f'= {number}'}{among}"
        if best.score.sign < 0:
            against = f"its RMSE minus that of the runner-up, {name}, is {amount}, and below zero is better"
            if pair.decided:
                return f"It is less than chance between seeds explains: {against} ({p})."
            return f"It cannot be told from the runner-up: {against} ({p})."
        if pair.decided:
            return f"The runner-up, {name}, is behind by {amount}: more than chance between seeds explains ({p})."
        return f"It cannot be told from the runner-up, {name}: the difference is {amount} ({p})."

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know before trusting the numbers."""
        return tuple(_warnings(self))


def find(results: StudyResults, measured: Iterable[Estimate] = ()) -> Findings:
    """Compute everything that a report says in numbers.

    Arguments:
        results: of a study.
        measured: estimates of its measurements, which its claims may cite as well.
    """
    families = {field: results.groups(field) for field in results.group_by} | {"winners": results.winners}
    recipes = results.winners | {key: each for family in families.values() for key, each in family.items()}
    scores = {key: found for key, each in recipes.items() if (found := test_score(each, key)) is not None}
    gains = {key: gain for key, each in recipes.items() if (gain := ensemble_gains(each, key))}
    differences = {
        (first, second): paired_difference(scores[first], scores[second])
        for family in families.values()
        for first, second in permutations([key for key in family if key in scores], 2)
        if comparable(first, second) and set(scores[first].by_seed) & set(scores[second].by_seed)
    }
    comparisons = {name: compare([scores[key] for key in family if key in scores]) for name, family in families.items()}
    components, others = components_of(results), tuple(measured)
    luck = tuple(_luck(results, components))
    judged = judge_all(results.claims, [*_estimates(scores, differences, gains), *luck, *others])
    judgements = tuple(replace(each, late=results.is_late(each.claim)) for each in judged)
    return Findings(results, scores, differences, comparisons, gains, judgements, components, others, luck)


def name_of(key: str) -> str:
    """Return what a key is called in a figure: ``schedule=cosine`` is cosine."""
    return key.partition("=")[2] or key


def _listed(field: str) -> str:
    """Return the fields of a group in a sentence."""
    return " and ".join(field.rsplit(", ", 1))


def _luck(results: StudyResults, components: Components | None) -> Iterator[Estimate]:
    if components is not None:
        yield from component_estimates(components, results.score)
    for key, each in components_of_groups(results).items():
        yield from component_estimates(each, results.score, key)


def _estimates(
    scores: Mapping[str, TestScore],
    differences: Mapping[tuple[str, str], Estimate],
    gains: Mapping[str, tuple[EnsembleGain, ...]],
) -> Iterator[Estimate]:
    yield from (score.estimate for score in scores.values())
    yield from differences.values()
    for each in gains.values():
        # The last snapshot against itself is no finding.
        for gain in each[1:]:
            yield gain.score
            if gain.nll is not None:
                yield gain.nll


def _warnings(findings: Findings) -> Iterator[str]:
    results = findings.results
    if not results.finished:
        yield "The study is not finished: these are the results so far, and they will change."
    seeds = len(results.budget["report_seeds"])
    if seeds == 1:
        yield "There is one report seed, so no number here has an interval: give the budget more report seeds."
    for each in results.confirmed:
        label = results.label(each.recipe)
        missing = seeds - len(each.records)
        if missing:
            yield f"{label}: {missing} of {seeds} report seeds are not trained yet."
        diverged = [str(seed) for seed, record in each.records.items() if record.diverged_step is not None]
        if diverged:
            yield (
                f"{label}: {len(diverged)} of {len(each.records)} report runs diverged (seed {', '.join(diverged)});"
                f" they count as {results.score.guessing} in the {results.score.plural} and are left out of the"
                " ensemble gains."
            )
    searched = [record for trial in results.trials for record in trial.records.values()]
    lost = sum(record.diverged_step is not None for record in searched)
    if lost:
        yield f"{lost} of {len(searched)} runs of the search diverged; there they count as {results.score.guessing}."
