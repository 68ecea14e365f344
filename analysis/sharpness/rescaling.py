"""The self-test of a measure of sharpness: it must not see how a ReLU network's weights are scaled."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from analysis.paths.units import units_of
from analysis.surface import Surface
from lightning_modules.checks import require_positive
from lightning_modules.errors import InvalidInput

__all__ = ["relative_differences", "rescaled"]

# Layers that commute with a positive factor.
_homogeneous = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.Identity, nn.Flatten, nn.Dropout, nn.Dropout2d)
_pooling = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_weighted = (nn.Linear, nn.Conv2d)


def rescaled(surface: Surface, point: Tensor, factor: float) -> Tensor:
    """Return other weights of the same function: each hidden layer times a factor, what follows it divided by that.

    Layer k has the factor ``c`` if k is odd and ``1 / c²`` if it is even, so
    that no layer keeps its scale.

    Arguments:
        surface: of a chain of linear layers and convolutions with ReLU or the like between.
        point: the weights, (parameters,).
        factor: c, above 0.

    Raises:
        InvalidInput: for another network, whose weights cannot be rescaled so, or a factor not above 0.
    """
    require_positive("The factor of a rescaling", factor)
    for name, layer in surface.module.named_modules():
        known = (*_homogeneous, *_pooling, *_weighted, nn.Sequential)
        if type(layer) not in known:
            raise InvalidInput(
                f"The layer {name!r} ({type(layer).__name__}) does not commute with a factor: the self-test of scale"
                " needs linear layers or convolutions with ReLU between."
            )
    units = units_of(surface.module)
    factors = {layer: factor if place % 2 == 0 else factor**-2 for place, layer in enumerate(units.counts)}
    own = {name: value[0] for name, value in surface.layout.views(point.detach().clone()[None]).items()}
    kinds = dict(surface.module.named_modules())
    for each in units.axes:
        layer = kinds[each.parameter.rpartition(".")[0]]
        if type(layer) is nn.PReLU:
            continue
        # The layer that makes the units is multiplied, the one that takes them divided.
        makes = each.parameter.rpartition(".")[0] == each.layer
        own[each.parameter] *= factors[each.layer] if makes else 1 / factors[each.layer]
    return surface.layout.row(own)


def relative_differences(
    surface: Surface,
    point: Tensor,
    measure: Callable[[Surface, Tensor], float],
    factors: tuple[float, ...] = (0.1, 0.5, 2.0, 10.0),
) -> npt.NDArray[np.float64]:
    """Return by how much a measure changes when the weights are rescaled, in parts of its value, (factors,).

    Of a measure that can be compared between networks all of them are
    rounding; those of the largest eigenvalue are not.

    Arguments:
        surface: of a network that `rescaled` takes.
        point: the weights, (parameters,).
        measure: of a surface and a point, a number.
        factors: of the rescalings.

    Returns:
        NaN where a value is, or only the first is infinite; infinite where only another is, or only the first is 0.

    Raises:
        InvalidInput: for a network that cannot be rescaled.
    """
    value = measure(surface, point)
    others = np.array([measure(surface, rescaled(surface, point, factor)) for factor in factors])
    with np.errstate(divide="ignore", invalid="ignore"):
        # Equal values do not differ, infinite ones and zeros too.
        return np.where(others == value, 0.0, np.abs(others - value) / abs(np.float64(value)))
