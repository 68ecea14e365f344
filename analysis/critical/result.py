"""What many searches for critical points found, and what one has to know to trust it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.critical.criteria import Criteria
from analysis.critical.found import Found
from analysis.critical.index import tolerances
from analysis.critical.yields import RankCorrelation, Yield, rank_correlation

__all__ = ["CriticalPoints", "merged", "shown_epsilon"]

Array = npt.NDArray[np.float64]

shown_epsilon = 1e-4
"""The ε at which an index stands where only one is shown: an eigenvalue below this share of the largest is zero."""


@dataclass(frozen=True)
class CriticalPoints:
    """All searches of one network, or of networks of one size.

    Arguments:
        found: the ends of all searches.
        parameters: of the network.
        criteria: by which they were judged.
        kinks: whether the network has activations or pooling without second derivatives everywhere.
        notes: what whoever made the searches has to say of them, a sentence each.
        examples: on which the loss is, in words.
        penalty: what is added to it, in words.
    """

    found: tuple[Found, ...]
    parameters: int
    criteria: Criteria
    kinks: bool
    notes: tuple[str, ...] = ()
    examples: str = "training set"
    penalty: str = "without penalties"

    @property
    def critical(self) -> tuple[Found, ...]:
        """The ends that count as critical points."""
        return tuple(each for each in self.found if each.outcome == "critical")

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of the methods, in their order."""
        return tuple(dict.fromkeys(each.method for each in self.found))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of starts, in their order."""
        return tuple(dict.fromkeys(each.start.kind for each in self.found))

    def yield_of(self, *, method: str | None = None, kind: str | None = None) -> Yield:
        """Return how many of the searches, or of those by a method or from a kind of start, found a critical point."""
        chosen = [
            each
            for each in self.found
            if (method is None or each.method == method) and (kind is None or each.start.kind == kind)
        ]
        return Yield(sum(each.outcome == "critical" for each in chosen), len(chosen))

    @property
    def indices(self) -> Array:
        """The index of each critical point over the sweep of ε, (critical points, epsilons)."""
        sweeps = [each.index for each in self.critical]
        return np.array([each.shares for each in sweeps if each is not None]).reshape(-1, len(tolerances))

    def index_at(self, epsilon: float = shown_epsilon) -> Array:
        """Return the index of each critical point at one ε, (critical points,)."""
        nearest: Array = self.indices[:, np.abs(np.log(tolerances / epsilon)).argmin()]
        return nearest

    def relation(self, epsilon: float = shown_epsilon) -> RankCorrelation | None:
        """Return the rank correlation of index and loss over the critical points, drawn by origins of their starts."""
        losses = np.array([each.loss for each in self.critical])
        return rank_correlation(losses, self.index_at(epsilon), [each.start.origin for each in self.critical])

    @property
    def start_relation(self) -> RankCorrelation | None:
        """The rank correlation of the loss of the start and the loss of the critical point found from it."""
        starts, ends = (np.array([getattr(each, name) for each in self.critical]) for name in ("start_loss", "loss"))
        return rank_correlation(starts, ends, [each.start.origin for each in self.critical])

    @property
    def distinct(self) -> int:
        """How many of the critical points differ in loss or spectrum; those alike may be copies by symmetry."""
        kept: list[Found] = []
        for each in self.critical:
            if not any(_alike(each, other) for other in kept):
                kept.append(each)
        return len(kept)

    @property
    def checks(self) -> tuple[str, ...]:
        """What one has to know to trust the numbers, a sentence each."""
        from analysis.critical.checks import checks_of

        return (*checks_of(self), *self.notes)

    def to_json(self) -> dict[str, Any]:
        """Return every search and what follows from all, as JSON data."""
        relation, start_relation = self.relation(), self.start_relation
        return {
            "parameters": self.parameters,
            "criteria": vars(self.criteria),
            "epsilons": tolerances.tolist(),
            "shown_epsilon": shown_epsilon,
            "yield": self.yield_of().to_json(),
            "yield_by_method": {each: self.yield_of(method=each).to_json() for each in self.methods},
            "yield_by_start": {each: self.yield_of(kind=each).to_json() for each in self.kinds},
            "distinct": self.distinct,
            "index_loss_correlation": None if relation is None else relation.to_json(),
            "start_loss_correlation": None if start_relation is None else start_relation.to_json(),
            "searches": [each.to_json() for each in self.found],
            "checks": list(self.checks),
        }


def merged(parts: Sequence[CriticalPoints]) -> CriticalPoints:
    """Return the searches of several runs as one; their origins, numbered in each part, become different ones.

    Arguments:
        parts: of one size and judged alike.
    """
    found: list[Found] = []
    for part in parts:
        offset = 1 + max((each.start.origin for each in found), default=-1)
        found += [replace(each, start=replace(each.start, origin=each.start.origin + offset)) for each in part.found]
    first = parts[0]
    return replace(first, found=tuple(found), kinks=any(each.kinks for each in parts))


def _alike(first: Found, second: Found) -> bool:
    if first.spectrum is None or second.spectrum is None or not np.isclose(first.loss, second.loss, rtol=1e-6):
        return False
    scale = np.abs(first.spectrum.values).max(initial=0.0)
    return bool(np.allclose(first.spectrum.values, second.spectrum.values, rtol=0, atol=1e-4 * scale))
