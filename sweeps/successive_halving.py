"""Successive halving: only the best of several recipes are trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput

__all__ = ["SuccessiveHalving"]


@dataclass(frozen=True)
class SuccessiveHalving:
    """Recipes compete after a few epochs, the best are trained on, and so again: what is spent goes to the promising.

    A bracket is `Budget.parallel_trials` recipes proposed one after another,
    the last one of a search may have fewer. All of them are trained on all
    search seeds up to a rung, where the best ``⌈n / reduction⌉`` of n by the
    study's metric go on from their checkpoints; the others are dropped, told
    with their value there, and never confirmed. At each of the last rungs a
    bracket has trained `reduction` times as long. A recipe that is trained to
    its end is what it would be without halving, bit for bit.

    Where a schedule is within a cycle at a rung, recipes cannot be compared
    there (`Schedule.is_whole_after`), and the study is refused. What is ahead
    at a rung need not be ahead at the end: halving trades this risk for more
    recipes in the same time. Nor has every group of `Study.group_by` a recipe
    left at the end; one that has none is not confirmed.

    The checkpoints of dropped recipes stay in the store, as the evidence by
    which a search that is killed and resumed decides the same: weights and the
    optimizer's state, so two to three times the weights for each run.

    Arguments:
        reduction: η; of how many recipes one goes on at a rung, and by how much longer it is trained to the next.
        rungs: before the end of the training; the k-th last is after ``⌈epochs / reductionᵏ⌉`` epochs.

    Raises:
        InvalidInput: for a reduction below 2, or fewer than one rung.

    References:
        | Non-stochastic best arm identification and hyperparameter optimization (Jamieson and Talwalkar, 2016)
        | https://arxiv.org/abs/1502.07943
        | Hyperband: a novel bandit-based approach to hyperparameter optimization (Li et al., 2018)
        | https://arxiv.org/abs/1603.06560
    """

    reduction: int = 3
    rungs: int = 2

    def __post_init__(self) -> None:
        require_integer("The halving's reduction", self.reduction, at_least=2)
        require_integer("The halving's rungs", self.rungs, at_least=1)

    @staticmethod
    def from_json(data: Mapping[str, Any] | None) -> "SuccessiveHalving | None":
        """Return the halving of a budget in a study's files; None if it has none."""
        return None if data is None else SuccessiveHalving(data["reduction"], data["rungs"])

    def epochs(self, whole: int) -> tuple[int, ...]:
        """Return after how many epochs of a training each rung is, in increasing order, all different.

        Arguments:
            whole: the epochs of the training.

        Raises:
            InvalidInput: if the first rung would be after less than an epoch.
        """
        needed = self.reduction**self.rungs
        if whole < needed:
            raise InvalidInput(
                f"The halving's first rung of {self.rungs} is after {whole}/{needed} of an epoch: give the budget at"
                f" least {needed} epochs, or the halving fewer rungs or a smaller reduction."
            )
        return tuple(-(-whole // self.reduction**k) for k in range(self.rungs, 0, -1))

    def kept(self, trials: int) -> int:
        """Return how many of these trials go on from a rung."""
        return -(-trials // self.reduction)

    def entrants(self, trials: int, bracket: int) -> tuple[int, ...]:
        """Return how many trials of a search are trained to each rung, and, the last number, to the end.

        Arguments:
            trials: of the search.
            bracket: trials in each bracket but the last.
        """
        sizes = [bracket] * (trials // bracket) + [trials % bracket] * (trials % bracket > 0)
        counts = [list(accumulate(range(self.rungs), lambda left, _: self.kept(left), initial=size)) for size in sizes]
        return tuple(map(sum, zip(*counts, strict=True)))
