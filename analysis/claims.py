"""The verdict on a claim, from the whole interval of its estimate."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from analysis.estimate import Estimate
from sweeps.claim import Claim

__all__ = ["Judgement", "Verdict", "judge"]

Verdict = Literal["supported", "contradicted", "undecided"]


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict and the reason for it.

    Arguments:
        claim: as the study wrote it down.
        verdict: supported, contradicted or undecided.
        reason: a sentence.
        estimate: that decided, None if there is none of that name.
    """

    claim: Claim
    verdict: Verdict
    reason: str
    estimate: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as ``results.json`` holds it."""
        return {
            "statement": self.claim.statement,
            "estimate": self.claim.estimate,
            "bound": self.claim.bound,
            "direction": self.claim.direction,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def judge(claim: Claim, estimates: Iterable[Estimate]) -> Judgement:
    """Judge a claim: supported if the whole interval lies on its side of the bound, contradicted if on the other.

    An interval that holds or touches the bound decides nothing, and neither
    does a single seed.

    Arguments:
        claim: to be judged.
        estimates: of the report.
    """
    named = {estimate.name: estimate for estimate in estimates}
    estimate = named.get(claim.estimate)
    if estimate is None:
        return Judgement(claim, "undecided", _missing(claim.estimate, list(named)), None)
    if estimate.low is None or estimate.high is None:
        reason = (
            f"One seed ({estimate.amount}) has no interval: give the budget more report seeds."
            if estimate.n == 1
            else f"No run was trained to its end ({estimate.over}), so there is no interval."
        )
        return Judgement(claim, "undecided", reason, estimate)
    if estimate.low > claim.bound or estimate.high < claim.bound:
        side = "above" if estimate.low > claim.bound else "below"
        verdict: Verdict = "supported" if side == claim.direction else "contradicted"
        reason = f"The whole interval lies {side} {_bound(claim, estimate)}."
        return Judgement(claim, verdict, reason, estimate)
    return Judgement(claim, "undecided", f"The interval reaches across {_bound(claim, estimate)}.", estimate)


def _bound(claim: Claim, estimate: Estimate) -> str:
    if estimate.unit not in ("fraction", "points"):
        return f"{claim.bound:g}{' nats' if estimate.unit == 'nats' else ''}"
    return f"{claim.bound * 100:g} {'%' if estimate.unit == 'fraction' else 'points'}"


def _missing(name: str, names: list[str]) -> str:
    alike = [each for each in names if each.partition("[")[0] == name.partition("[")[0]]
    close = difflib.get_close_matches(name, alike or names, n=2)
    hint = f": did you mean {' or '.join(close)}?" if close else "."
    return f"The report has no estimate {name}{hint}"
