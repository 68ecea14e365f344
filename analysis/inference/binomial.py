"""A share of independent trials held against a bound: the exact test, and how many trials would tell."""

import numpy as np

from analysis.inference.sign_flip import Alternative

__all__ = ["binomial_p", "trials_needed"]

_most_trials = 10**6


def binomial_p(share: float, trials: int, bound: float, alternative: Alternative = "two-sided") -> float:
    """Return the p-value of a share under the binomial distribution of a bound; two-sided is twice the smaller tail.

    A number of successes with a half, as a tie gives, is interpolated by the
    incomplete beta function, which the tails are.

    Arguments:
        share: of the trials that succeed.
        trials: of how many.
        bound: the probability that is tested.
        alternative: ``greater`` asks for shares at least as high, ``less`` for shares at least as low.

    References:
        | The use of confidence or fiducial limits illustrated in the case of the binomial (Clopper and Pearson, 1934)
        | https://doi.org/10.1093/biomet/26.4.404
    """
    from scipy.special import betainc

    successes, chance = share * trials, min(max(bound, 0.0), 1.0)
    upper = float(betainc(successes, trials - successes + 1, chance)) if successes > 0 else 1.0
    lower = float(betainc(trials - successes, successes + 1, 1 - chance)) if successes < trials else 1.0
    return {"two-sided": min(1.0, 2 * min(upper, lower)), "greater": upper, "less": lower}[alternative]


def trials_needed(share: float, bound: float, level: float = 0.05, power: float = 0.8) -> int | None:
    """Return how many trials tell a share from a bound with a power; None for one that a million would not tell.

    Arguments:
        share: of all trials that succeed, as it is supposed to be.
        bound: the probability that is tested, between 0 and 1.
        level: of the two-sided exact test.
        power: the chance to reach it.
    """
    from scipy.special import bdtr, bdtrik

    if share == bound or not 0 < bound < 1:
        return None
    # A share below is a share of failures above.
    high, low = (share, bound) if share > bound else (1 - share, 1 - bound)

    def finds(trials: np.ndarray) -> np.ndarray:
        # The fewest successes whose tail under the bound is at most half the level, less one.
        most = np.ceil(bdtrik(1 - level / 2, trials, low))
        chance = np.where(most < trials, 1 - bdtr(np.minimum(most, trials), trials, high), 0.0)
        return np.asarray(chance >= power)

    coarse = np.unique(np.geomspace(2, _most_trials, 600).astype(int))
    found = np.flatnonzero(finds(coarse))
    if not len(found):
        return None
    # Between two numbers that do not tell a third may: the power goes up and down with the fewest successes.
    fine = np.arange(coarse[found[0]] // 2, coarse[found[0]] + 1)
    return int(fine[np.flatnonzero(finds(fine))[0]])
