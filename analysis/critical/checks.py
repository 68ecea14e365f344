"""What one has to know to trust an index against a loss, in words."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from analysis.critical.result import CriticalPoints, shown_epsilon
from analysis.critical.yields import Yield

__all__ = ["checks_of"]


def checks_of(found: CriticalPoints) -> Iterator[str]:
    """Yield the yield, its bias, and how much of the index is due to its tolerance."""
    by_method = "; ".join(f"{each} {found.yield_of(method=each)}" for each in found.methods)
    yield (
        f"critical points were found in {found.yield_of()} searches: {by_method}; the intervals take searches for"
        " independent, which those from around one point are not"
    )
    counts = Counter(each.outcome for each in found.found)
    rest = ", ".join(
        f"{counts[each]} {each}" for each in ("gradient-flat", "not converged", "diverged") if counts[each]
    )
    if rest:
        yield f"the other searches ended {rest}: what lies near them is not in the picture"
    yield "by start: " + "; ".join(f"{each} {found.yield_of(kind=each)}" for each in found.kinds)
    yield from _bias(found)
    if found.critical:
        yield from _points(found)
    if found.kinks:
        yield (
            "the network has kinks (ReLU or the like): critical points on them are never found, and the Hessian says"
            " nothing of them: take a smooth activation"
        )
    yield f"the surface is the mean loss on the {found.examples}, {found.penalty} and as in evaluation"


def _bias(found: CriticalPoints) -> Iterator[str]:
    finite = [each for each in found.found if np.isfinite(each.start_loss)]
    losses = np.array([each.start_loss for each in finite])
    critical = np.array([each.outcome == "critical" for each in finite])
    if critical.any() and not critical.all():
        low, high = np.quantile(losses, [1 / 3, 2 / 3])
        thirds = {"lowest": losses <= low, "highest": losses >= high}
        shares = ", ".join(
            f"{Yield(int(critical[chosen].sum()), int(chosen.sum()))} from the third with the {name} loss"
            for name, chosen in thirds.items()
        )
        yield f"which starts lead to one: {shares}; what is found is what these methods find, no sample of all"
    relation = found.start_relation
    if relation is not None:
        yield f"rank correlation of the start's loss and the loss found from it: {relation}"


def _points(found: CriticalPoints) -> Iterator[str]:
    critical = found.critical
    yield f"{found.distinct} of the {len(critical)} points found differ in loss or spectrum; the others may be copies"
    relation = found.relation()
    if relation is None:
        yield "index and loss have no rank correlation: too few points or origins, or all points alike"
    else:
        sides = [each.value for e in (1e-6, 1e-5, 1e-3, 1e-2) if (each := found.relation(e)) is not None]
        reach = f"{min(sides):+.2f} to {max(sides):+.2f}".replace("-", "−") if sides else ""
        spread = f"; {reach} for ε from 1e-6 to 1e-2" if sides else ""
        yield f"rank correlation of index and loss at ε = {shown_epsilon:g}: {relation}{spread}"
    spans = found.index_at(1e-6) - found.index_at(1e-2)
    yield (
        f"between ε = 1e-6 and 1e-2 of the largest eigenvalue the index of a point falls by {np.median(spans):.2f}"
        f" in the median, by {spans.max():.2f} at most"
    )
    saddles = int((found.index_at() > 0).sum())
    yield f"{saddles} of {len(critical)} have an eigenvalue below −{shown_epsilon:g} of the largest: they are saddles"
    grown = sum(each.growth > 10 for each in critical)
    if grown:
        yield f"{grown} of {len(critical)} lie more than ten times as far out as their start: units are saturated there"
