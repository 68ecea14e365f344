"""Three measures of sharpness at one point, and the test whether they see how a ReLU network is scaled."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from analysis.json_numbers import listed, number
from analysis.sharpness.average import AverageSharpness, average_sharpness
from analysis.sharpness.rescaling import relative_differences
from analysis.sharpness.width import Width, width
from analysis.sharpness.worst import WorstSharpness, worst_sharpness
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput

__all__ = ["SharpnessMeasures", "sharpness_measures"]

# By which layers are scaled in the self-test, and the draws, steps and directions that it takes of each measure.
_factors, _few = (0.1, 10.0), 4
# Beyond, a measure depends on the scale; rounding stays far below.
_rounding = 1e-6


@dataclass(frozen=True)
class SharpnessMeasures:
    """How sharp the loss is around a point.

    Arguments:
        loss: at the point.
        examples: on which it is, in words.
        average: the mean rise under noise in proportion to the weights.
        worst: the largest rise in a ball in proportion to the weights.
        width: how far it is to a stated rise along filter-normalised directions.
        rescaled: by measure, the largest relative change when a ReLU network's layers are rescaled; empty where it
            cannot be rescaled.
        not_rescaled: why it cannot, in words; empty where it can.
    """

    loss: float
    examples: str
    average: AverageSharpness
    worst: WorstSharpness
    width: Width
    rescaled: Mapping[str, float]
    not_rescaled: str = ""

    @property
    def checks(self) -> tuple[str, ...]:
        """What one has to know to trust the numbers, a sentence each."""
        return tuple(_checks(self))

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON data; what is not finite is null."""
        low, high = self.average.interval
        ends = self.width.interval
        return {
            "loss": number(self.loss),
            "examples": self.examples,
            "average_case": {
                "value": number(self.average.value),
                "low": number(low),
                "high": number(high),
                "radius": self.average.radius,
                "n": len(self.average.rises),
            },
            "worst_case": {
                "value": number(self.worst.value),
                "radius": self.worst.radius,
                "ball": self.worst.ball,
                "rises": listed(self.worst.rises),
                "n": len(self.worst.rises),
            },
            "width": {
                "value": number(self.width.value),
                "low": None if ends is None else number(ends[0]),
                "high": None if ends is None else number(ends[1]),
                "rise": self.width.rise,
                "farthest": self.width.farthest,
                "n": len(self.width.reaches),
            },
            "changes_when_rescaled": {name: number(each) for name, each in self.rescaled.items()} or None,
            "checks": list(self.checks),
        }


def sharpness_measures(
    surface: Surface,
    point: Tensor,
    *,
    radius: float = 0.1,
    worst_radius: float = 0.01,
    rise: float = 0.1,
    draws: int = 100,
    directions: int = 20,
    seed: int = 0,
) -> SharpnessMeasures:
    """Measure the sharpness at a point in three ways, and whether they change when a ReLU network is rescaled.

    Arguments:
        surface: of the loss, in double precision for a self-test that means something.
        point: the weights, (parameters,).
        radius: of `average_sharpness`.
        worst_radius: of `worst_sharpness`.
        rise: of `width`.
        draws: of `average_sharpness`.
        directions: of `width`.
        seed: of all draws.

    Raises:
        InvalidInput: for a point of another model or whose loss is not finite, or a number that cannot be used.
    """
    # First what refuses a loss that is not finite.
    reaches = width(surface, point, rise=rise, directions=directions, seed=seed)
    average = average_sharpness(surface, point, radius=radius, draws=draws, seed=seed)
    worst = worst_sharpness(surface, point, radius=worst_radius, seed=seed)
    smaller: dict[str, Callable[[Surface, Tensor], float]] = {
        "average-case": lambda at, w: average_sharpness(at, w, radius=radius, draws=_few, seed=seed).value,
        "worst-case": lambda at, w: (
            worst_sharpness(at, w, radius=worst_radius, steps=_few, restarts=2, seed=seed).value
        ),
        "width": lambda at, w: width(at, w, rise=rise, directions=_few, seed=seed).value,
    }
    rescaled, why = {}, ""
    try:
        for name, measure in smaller.items():
            rescaled[name] = float(relative_differences(surface, point, measure, _factors).max())
    except InvalidInput as error:
        rescaled, why = {}, str(error)
    loss = float(surface.mean_loss(point.to(surface.dtype)).detach())
    return SharpnessMeasures(loss, surface.examples, average, worst, reaches, rescaled, why)


def _checks(found: SharpnessMeasures) -> Iterator[str]:
    yield (
        f"the worst of {len(found.worst.rises)} ascents found {100 * found.worst.spread:.0f} % less than the best:"
        " the worst case is a lower bound, the tighter the closer they agree"
    )
    lost = int((~np.isfinite(found.average.rises)).sum())
    if lost:
        yield f"{lost} of {len(found.average.rises)} pairs of draws have no finite loss, nor has their mean"
    elif found.average.interval[0] <= 0:
        yield "the interval of the average case holds 0: the loss need not rise at all"
    beyond = int(np.isinf(found.width.reaches).sum())
    if beyond:
        count = len(found.width.reaches)
        yield f"along {beyond} of {count} directions the loss does not rise so much within {found.width.farthest:g}"
    if found.not_rescaled:
        yield f"no self-test of scale: {found.not_rescaled[0].lower()}{found.not_rescaled[1:]}"
    for name, change in found.rescaled.items():
        if np.isnan(change):
            yield f"no self-test of scale of the {name}: it is not finite"
            continue
        said = "does not change" if change <= _rounding else "CHANGES"
        yield (
            f"self-test: layers rescaled by {_factors[0]:g} and {_factors[1]:g}, the function left as it is, the {name}"
            f" {'' if name == 'width' else 'sharpness '}{said} (by {change:.1g} of its value)"
        )
    yield "an interval is over the draws at this one solution, and says nothing of other runs"
    yield f"of the mean loss on the {found.examples}, without penalties and as in evaluation"
