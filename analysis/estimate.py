"""An estimate: a mean over seeds that is never without its interval, its n and what it is over."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from lightning_modules.errors import InvalidInput

__all__ = ["Estimate", "Unit", "confidence", "t_ends", "t_interval"]

Unit = Literal["fraction", "points", "nats", "target", "target difference", "number"]

confidence = 0.95
"""Of every interval that is printed."""

# What is smaller than they show is printed with an exponent.
_most_decimals = 6


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
            ``nats``, ``target`` (the targets' own unit, without a name) and ``number`` (of no unit: a correlation, a
            ratio) as it is; differences carry their sign.
        method: how the interval was found, in words.
        counted: what n counts, one of them.
        values: those that the mean is of, one a seed; empty where they are not kept.
        draws: of what is estimated, whose quantiles are the interval; None of an interval that was found otherwise.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    n: int
    over: str
    unit: Unit = "fraction"
    method: str = "Student's t"
    counted: str = "seed"
    values: tuple[float, ...] = field(default=(), repr=False)
    draws: npt.NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as ``results.json`` holds it, not in per cent; None for what is not known."""
        return {
            "name": self.name,
            "value": self.value if math.isfinite(self.value) else None,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "over": self.over,
            "method": self.method,
        }

    def written(self) -> dict[str, Any]:
        """Return all of the estimate as JSON data, as files of measurements hold it."""
        return {**self.to_json(), "unit": self.unit, "counted": self.counted, "values": list(self.values)}

    @staticmethod
    def read(content: Mapping[str, Any]) -> "Estimate":
        """Return the estimate that `written` made of one.

        Raises:
            InvalidInput: if it is none.
        """
        try:
            value = math.nan if content["value"] is None else float(content["value"])
            ends = [None if content[name] is None else float(content[name]) for name in ("low", "high")]
            name, over, method, counted = (str(content[each]) for each in ("name", "over", "method", "counted"))
            if content["unit"] not in get_args(Unit):
                raise ValueError(f"unit {content['unit']!r}")
            values = tuple(float(each) for each in content["values"])
            return Estimate(
                name, value, ends[0], ends[1], int(content["n"]), over, content["unit"], method, counted, values
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"An estimate cannot be read ({error!r}): measure it again.") from error

    @property
    def amount(self) -> str:
        """The value and its interval: ``97.3 % [97.0, 97.6]``."""
        scale = 100.0 if self.unit in ("fraction", "points") else 1.0
        suffix = {"fraction": " %", "points": " points", "nats": " nats"}.get(self.unit, "")
        sign = "" if self.unit in ("fraction", "target", "number") else "+"
        decimals = self._decimals(scale)

        def number(value: float) -> str:
            if math.isnan(value):
                return "–"
            tiny = scale == 1 and 0 < abs(value) < 1e-4 and decimals == _most_decimals
            text = f"{value:{sign}.1e}" if tiny else f"{value * scale:{sign}.{decimals}f}"
            # Nothing is left of the number: it has no sign either.
            text = text.lstrip("+-") if not text.strip("+-0.") else text
            return text.replace("-", "−")

        if self.low is None or self.high is None:
            return f"{number(self.value)}{suffix}"
        return f"{number(self.value)}{suffix} [{number(self.low)}, {number(self.high)}]"

    def __str__(self) -> str:
        return f"{self.amount} (n = {self.n} {self.counted}{'' if self.n == 1 else 's'})"

    def _decimals(self, scale: float) -> int:
        """Return the decimals that show two digits of the interval's half width."""
        least = {"nats": 3, "fraction": 1, "points": 1}.get(self.unit, 0)
        if self.low is None or self.high is None or self.high <= self.low:
            return least or _decimals_of_four_digits(self.value)
        half = (self.high - self.low) / 2 * scale
        return min(max(least, 1 - math.floor(math.log10(half))), _most_decimals)


def _decimals_of_four_digits(value: float) -> int:
    return min(max(0, 3 - math.floor(math.log10(abs(value)))), _most_decimals) if value and math.isfinite(value) else 0


def t_ends(values: npt.NDArray[np.float64], level: float = confidence) -> tuple[float, float]:
    """Return the ends ``x̄ ∓ t s / √n`` of Student's interval for the mean of two values or more.

    Arguments:
        values: (n,), all finite.
        level: that the interval has, 0.9 for two one-sided tests at 5 %.
    """
    from scipy.special import stdtrit

    count = len(values)
    # Of equal values the rounded mean may be another number than they are, and the deviation above 0.
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    mean = float(values.mean())
    half = float(stdtrit(count - 1, (1 + level) / 2) * values.std(ddof=1) / math.sqrt(count))
    return mean - half, mean + half


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
    count, kept = len(sample), tuple(sample.tolist())
    mean = kept[0] if np.ptp(sample) == 0 else float(sample.mean())
    if count == 1:
        return Estimate(name, mean, None, None, 1, over, unit, values=kept)
    low, high = t_ends(sample)
    if unit == "fraction":
        low, high = max(low, 0.0), min(high, 1.0)
    return Estimate(name, mean, low, high, count, over, unit, values=kept)
