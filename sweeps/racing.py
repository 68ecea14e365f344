"""Seed racing: a hopeless recipe is not trained on all its search seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lightning_modules.checks import require_inner_fraction, require_integer

__all__ = ["Racing"]

_fewest = 5


@dataclass(frozen=True)
class Racing:
    """A recipe is trained on its search seeds in blocks, and dropped after a block if it is clearly the worse.

    It is compared with the best recipe that was trained on all seeds when it
    was proposed, seed by seed, by Wilcoxon's signed-rank test, one-sided. Below
    five pairs that test cannot be significant at 5 %, so none is dropped
    earlier. A dropped recipe is never confirmed.

    Arguments:
        block: search seeds in a block, at least 5.
        p: what the test's p-value must fall below. At .1 an equally good recipe is lost every fourth to ninth time.

    Raises:
        InvalidInput: for a block below 5, or a p-value outside (0, 1).

    References:
        | Individual comparisons by ranking methods (Wilcoxon, 1945)
        | https://doi.org/10.2307/3001968
    """

    block: int = _fewest
    p: float = 0.05

    def __post_init__(self) -> None:
        require_integer("Racing's block", self.block, at_least=_fewest)
        require_inner_fraction("Racing's p", self.p)

    def drops(self, values: Sequence[float], best: Sequence[float]) -> bool:
        """Tell whether a recipe is clearly worse.

        Arguments:
            values: of the recipe on its seeds so far, higher is better.
            best: of the best recipe on the same seeds.
        """
        from scipy.stats import wilcoxon

        differences = [value - other for value, other in zip(values, best, strict=True)]
        if len(differences) < _fewest or not any(differences):
            return False
        p = wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue
        return bool(math.isfinite(p) and p < self.p)
