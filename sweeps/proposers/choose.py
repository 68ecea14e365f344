"""Which proposer a trial has."""

from collections.abc import Sequence

from sweeps.proposers.cma_es import CmaEs
from sweeps.proposers.listed import Listed
from sweeps.proposers.proposer import Past, Proposer
from sweeps.proposers.quasi_random import QuasiRandom
from sweeps.proposers.random import Random
from sweeps.proposers.tpe import Tpe
from sweeps.sampler import Grid, given_values
from sweeps.study import Study, sign_of

__all__ = ["proposer_of"]


def proposer_of(study: Study, budget_name: str, past: Sequence[Past]) -> Proposer:
    """Return what proposes the next trial: a starting point, then the study's sampler.

    Arguments:
        study: names its sampler and starting points.
        budget_name: one of its budgets.
        past: all trials before.
    """
    number, seed, sign = len(past), study.search_seed, sign_of(study.metric)
    if number < len(study.start):
        rest = None if isinstance(study.sampler, Grid) else _sampler(study, budget_name, past, seed, sign)
        return Listed(given_values(study.start[number], number), f"Starting point {number}", rest)
    return _sampler(study, budget_name, past, seed, sign)


def _sampler(study: Study, budget_name: str, past: Sequence[Past], seed: int, sign: int) -> Proposer:
    number, sampler = len(past), study.sampler
    after_start = max(number - len(study.start), 0)
    if isinstance(sampler, Grid):
        return Listed(sampler.all_points(seed)[after_start % sampler.points], "The grid", None)
    if sampler == "random":
        return Random(seed, number)
    if sampler == "quasi-random":
        return QuasiRandom(seed, after_start, past)
    if sampler == "cma-es":
        return CmaEs(seed, number, past, sign, study.budget(budget_name).parallel_trials)
    return Tpe(seed, number, past, sign)
