"""Read a report: what its numbers are of, and when a claim is decided.

    atlas report width.py
    atlas open width.py

Every number is an estimate: a mean with a 95 % interval, the number n of seeds
that it is of, and what the interval is over. Numbers of the test set are of
confirmed runs, on seeds that the search has not seen; a value of the search is
the best of many and so too good, which is why winners are trained again.

Recipes are compared in pairs, on the same seeds: what a seed does to both sides
drops out of their difference. Where many are compared, p-values are
corrected by Holm (`atlas compare width.py --by model.widths`).

A claim was written down before the study ran; one that was written or changed
later is marked. It is supported if its whole interval lies on the side of the
bound that it names and its corrected p is at most 0.05, contradicted if the
interval lies on the other side, and otherwise undecided, with the number of
seeds that would decide it. Undecided is a result. Means over seeds are tested by
flipping signs, shares of runs by the exact binomial test, shares of variance by
generalized p-values; each claim says how.

A run whose loss ceases to be finite has diverged. It is counted and shown, and
counts as guessing where runs are averaged: it is never left out.

Measurements of the landscape come with their checks in words. Read these first:
they say whether a direction was long enough, a Hessian's eigenvalue is
resolved, a point is critical. After `atlas slice`, `atlas path` or any other of
these verbs, `atlas report` shows what they found.

`results.json` beside the page holds every estimate and verdict, `tables/` every
table as CSV and LaTeX, `figures/` every figure as PNG and PDF.
"""

from analysis.estimate import Estimate
from sweeps import Claim

__all__ = ["named"]

named = (Estimate, Claim)
"""Whose docstrings the page ends with."""
