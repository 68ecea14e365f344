"""An estimate: a mean over seeds that is never without its interval, its n and what it is over."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lightning_modules.errors import InvalidInput

__all__ = ["Estimate", "Unit", "t_interval"]

Unit = Literal["fraction", "points", "nats", "target", "target difference"]

_confidence = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval.

    Arguments:
        name: by which claims and ``results.json`` know it.
        value: the mean.
        low: the interval's lower end; None with a single seed, which says nothing of the spread.
        high: its upper end, or None.
        n: how many seeds.
        over: what the interval is over, in words.
        unit: ``fraction`` is printed in per cent, ``points`` (a difference of fractions) in percentage points,
            ``nats`` and ``target`` (the targets' own unit, without a name) as it is; differences carry their sign.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    n: int
    over: str
    unit: Unit = "fraction"

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as ``results.json`` holds it, not in per cent; None for an end that is not known."""
        return {
            "name": self.name,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "over": self.over,
        }

    @property
    def amount(self) -> str:
        """The value and its interval: ``97.3 % [97.0, 97.6]``."""
        scale = 100.0 if self.unit in ("fraction", "points") else 1.0
        suffix = {"fraction": " %", "points": " points", "nats": " nats"}.get(self.unit, "")
        sign = "" if self.unit in ("fraction", "target") else "+"
        decimals = self._decimals(scale)

        def number(value: float) -> str:
            text = f"{value * scale:{sign}.{decimals}f}"
            # Nothing is left of the number: it has no sign either.
            text = text.lstrip("+-") if not text.strip("+-0.") else text
            return text.replace("-", "−")

        if self.low is None or self.high is None:
            return f"{number(self.value)}{suffix}"
        return f"{number(self.value)}{suffix} [{number(self.low)}, {number(self.high)}]"

    def __str__(self) -> str:
        return f"{self.amount} (n = {self.n} seed{'' if self.n == 1 else 's'})"

    def _decimals(self, scale: float) -> int:
        """Return the decimals that show two digits of the interval's half width."""
        least = {"nats": 3, "fraction": 1, "points": 1}.get(self.unit, 0)
        if self.low is None or self.high is None or self.high <= self.low:
            return least or _decimals_of_four_digits(self.value)
        half = (self.high - self.low) / 2 * scale
        return min(max(least, 1 - math.floor(math.log10(half))), 6)


def _decimals_of_four_digits(value: float) -> int:
    return min(max(0, 3 - math.floor(math.log10(abs(value)))), 6) if value else 0


def t_interval(values: Sequence[float], name: str, over: str, unit: Unit = "fraction") -> Estimate:
    """Return the mean of values, one a seed, with Student's 95 % interval ``x̄ ± t s / √n``.

    A single value has no interval (an infinite one), so its ends are None.
    Of a t-interval, a percentile bootstrap and BCa only the first covers what
    it promises at 3 to 20 seeds. Of fractions it ends at 0 and 1, beyond which
    no mean can lie.

    Arguments:
        values: of all seeds.
        name: of the estimate.
        over: what the interval is over, in words.
        unit: of the values.

    Raises:
        InvalidInput: without values, or if one is not finite: what a diverged run counts as must be decided before.

    References:
        | The probable error of a mean (Student, 1908)
        | https://doi.org/10.1093/biomet/6.1.1
    """
    sample = np.asarray(values, dtype=np.float64)
    if not sample.size:
        raise InvalidInput(f"The estimate {name} has no values: give those of one seed at least.")
    if not np.isfinite(sample).all():
        raise InvalidInput(
            f"The estimate {name} has values that are not finite: decide what a diverged run counts as first."
        )
    mean, count = float(sample.mean()), len(sample)
    if count == 1:
        return Estimate(name, mean, None, None, 1, over, unit)
    from scipy.special import stdtrit

    half = float(stdtrit(count - 1, (1 + _confidence) / 2) * sample.std(ddof=1) / math.sqrt(count))
    low, high = mean - half, mean + half
    if unit == "fraction":
        low, high = max(low, 0.0), min(high, 1.0)
    return Estimate(name, mean, low, high, count, over, unit)
