"""The verdicts on a study's claims, each from the whole interval of its estimate and its corrected p-value."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from analysis.estimate import Estimate, confidence
from analysis.inference.bounds import Against, against, seeds_to_decide, side_of
from analysis.inference.holm import holm
from analysis.inference.sign_flip import fewest_pairs, p_text
from sweeps.claim import Claim

__all__ = ["Judgement", "Verdict", "judge", "judge_all"]

Verdict = Literal["supported", "contradicted", "undecided"]

_level = 1 - confidence


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict and the reason for it.

    Arguments:
        claim: as the study wrote it down.
        verdict: supported, contradicted or undecided.
        reason: a sentence or two.
        estimate: that decided, None if there is none of that name.
        p: of the estimate against the bound, None without an interval.
        corrected: p after Holm's correction for all the study's claims.
        seeds_needed: with how many seeds a verdict would have a chance of 80 %, if mean and spread are what they look
            like; None for a claim that is decided and for one that no number of seeds decides.
        late: whether the claim was written down, or changed, after the study was first run.
    """

    claim: Claim
    verdict: Verdict
    reason: str
    estimate: Estimate | None
    p: float | None = None
    corrected: float | None = None
    seeds_needed: int | None = None
    late: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as ``results.json`` holds it."""
        return {
            "statement": self.claim.statement,
            "estimate": self.claim.estimate,
            "bound": self.claim.bound,
            "direction": self.claim.direction,
            "verdict": self.verdict,
            "reason": self.reason,
            "reading": self.claim.reading,
            "p": self.p,
            "p_corrected": self.corrected,
            "seeds_needed": self.seeds_needed,
            "late": self.late,
        }


def judge(claim: Claim, estimates: Iterable[Estimate]) -> Judgement:
    """Judge a claim that is a study's only one; see `judge_all`."""
    return judge_all([claim], estimates)[0]


def judge_all(claims: Sequence[Claim], estimates: Iterable[Estimate]) -> tuple[Judgement, ...]:
    """Judge the claims of a study as one family.

    A claim is supported if the whole interval of its estimate lies on its side
    of the bound, and contradicted if on the other, provided that its p-value,
    corrected by Holm for the number of the study's claims, is at most 0.05. An
    interval that holds or touches the bound decides nothing, and neither do
    seeds too few for the p-value. A claim of equivalence is supported by two
    one-sided tests, and contradicted by a difference that is larger than its
    bound.

    A claim without an estimate counts in the family as one with p = 1: how many
    claims there are was settled before the study ran.

    Arguments:
        claims: all of the study.
        estimates: of the report.
    """
    named = {estimate.name: estimate for estimate in estimates}
    found = [named.get(claim.estimate) for claim in claims]
    tests = [
        None if each is None or each.low is None or each.high is None else against(each, claim.bound, claim.direction)
        for claim, each in zip(claims, found, strict=True)
    ]
    corrected = holm([1.0 if each is None else each.p for each in tests])
    return tuple(
        _missing(claim, list(named)) if each is None
        else _without_interval(claim, each) if test is None
        else _judged(claim, each, test, p, len(claims))
        for claim, each, test, p in zip(claims, found, tests, corrected, strict=True)
    )  # fmt: skip


def _judged(claim: Claim, estimate: Estimate, test: Against, corrected: float, family: int) -> Judgement:
    side = side_of(estimate, claim.bound, claim.direction)
    seeds, bound = None, _bound(claim, estimate)
    if side is not None and corrected <= _level:
        verdict: Verdict = "supported" if side == claim.direction else "contradicted"
        reason = f"The whole interval lies {side} {bound}, and {_p(test, corrected, family)}."
    else:
        verdict = "undecided"
        if side is None:
            reason = f"The interval reaches across {bound} ({_p(test, corrected, family)})."
        else:
            reason = f"The whole interval lies {side} {bound}, but {_p(test, corrected, family)}, above {_level:.2g}."
        # By Bonferroni, which asks for as much as Holm may.
        seeds = seeds_to_decide(estimate, claim.bound, claim.direction, _level / family)
        reason += f" {_enough(claim, estimate, test, family)}{_seeds(estimate, seeds)}"
    return Judgement(claim, verdict, reason, estimate, test.p, corrected, seeds)


def _enough(claim: Claim, estimate: Estimate, test: Against, family: int) -> str:
    """Return that the seeds are too few for any verdict, a sentence; empty if they are enough."""
    inside = claim.direction == "within" and abs(estimate.value) < claim.bound
    fewest = fewest_pairs((2 if inside else 1) * _level / family)
    if test.pairs is None or test.pairs >= fewest:
        return ""
    among = f" among {family} claims" if family > 1 else ""
    noun = f"{estimate.counted}{'' if estimate.n == 1 else 's'}"
    if test.pairs < estimate.n:
        noun += f", {test.pairs} of which differ{'s' if test.pairs == 1 else ''} from the bound,"
    return f"{estimate.n} {noun} cannot decide a claim{among}: the sign-flip test needs {fewest}. "


def _seeds(estimate: Estimate, seeds: int | None) -> str:
    now = estimate.n
    if estimate.draws is not None:
        return f"More {estimate.counted}s would tell."
    if seeds is None:
        return "The mean lies on the bound, and no number of seeds tells it from there."
    if seeds <= now:
        return f"By its mean and spread {seeds} seeds decide it four times of five; more would tell."
    return f"If its mean and spread are what they look like, {seeds:,} seeds would decide it four times of five."


def _p(test: Against, corrected: float, family: int) -> str:
    number = p_text(corrected)
    equals = f"p {number}" if number.startswith("<") else f"p = {number}"
    return f"{equals}{f', corrected for {family} claims' if family > 1 else ''} ({test.method})"


def _bound(claim: Claim, estimate: Estimate) -> str:
    scale = 100 if estimate.unit in ("fraction", "points") else 1
    unit = {"fraction": " %", "points": " points", "nats": " nats"}.get(estimate.unit, "")
    return f"{'±' if claim.direction == 'within' else ''}{claim.bound * scale:g}{unit}"


def _without_interval(claim: Claim, estimate: Estimate) -> Judgement:
    reason = (
        f"One seed ({estimate.amount}) has no interval: give the budget more report seeds."
        if estimate.n == 1
        else f"There is no interval, and without one nothing is decided ({estimate.over})."
    )
    return Judgement(claim, "undecided", reason, estimate)


def _missing(claim: Claim, names: list[str]) -> Judgement:
    name = claim.estimate
    alike = [each for each in names if each.partition("[")[0] == name.partition("[")[0]]
    close = difflib.get_close_matches(name, alike or names, n=2)
    hint = f": did you mean {' or '.join(close)}?" if close else "."
    return Judgement(claim, "undecided", f"The report has no estimate {name}{hint}", None)
