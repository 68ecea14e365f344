"""Which axes of a module's parameters count the same hidden units, and so are permuted together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lightning_modules.errors import InvalidInput
from lightning_modules.modules.drop_connect import DropConnectLinear
from lightning_modules.modules.heaviside import Heaviside

__all__ = ["Permutations", "UnitAxis", "Units", "units_of"]

Permutations = Mapping[str, npt.NDArray[np.int64]]

_weighted = (nn.Linear, DropConnectLinear, nn.Conv2d)
_elementwise = (
    *(nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus, nn.Hardtanh),
    *(nn.Tanh, nn.Sigmoid, nn.Identity, Heaviside, nn.Dropout, nn.Dropout2d),
)
_pooling = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_normalizing = (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)


@dataclass(frozen=True)
class UnitAxis:
    """An axis of a parameter along which hidden units lie.

    Arguments:
        parameter: its name.
        axis: of the parameter.
        layer: the name of the layer whose outputs the units are.
        block: entries of one unit, one behind the other: behind a flattened image a channel's pixels.
    """

    parameter: str
    axis: int
    layer: str
    block: int


@dataclass(frozen=True)
class Units:
    """The hidden units of a chain of layers.

    Arguments:
        counts: of each hidden layer by its name, in the order of the chain.
        axes: along which they lie.
    """

    counts: Mapping[str, int]
    axes: tuple[UnitAxis, ...]

    def permuted(self, parameters: Mapping[str, Tensor], permutations: Permutations) -> dict[str, Tensor]:
        """Return parameters of a network with its hidden units in another order, which computes the same function.

        Arguments:
            parameters: by their names.
            permutations: for each layer the place from which each unit is taken, (units,); a layer without one stays.
        """
        found = dict(parameters)
        for each in self.axes:
            if each.layer in permutations:
                places = torch.from_numpy(permutations[each.layer])[:, None] * each.block + torch.arange(each.block)
                found[each.parameter] = found[each.parameter].index_select(each.axis, places.flatten())
        return found


def units_of(module: nn.Module) -> Units:
    """Return the hidden units of a module.

    Known are nested ``nn.Sequential`` of linear layers and convolutions, with
    activations, dropout, pooling, normalizations and flattening between.

    Arguments:
        module: an ordinary module.

    Raises:
        InvalidInput: if it is something else, such as a residual network, or has frozen layers.
    """
    layers = list(_layers(module, ""))
    places = [place for place, (_, layer) in enumerate(layers) if type(layer) in _weighted]
    if not places:
        raise InvalidInput("The model has no linear layer or convolution of its own: there are no units to match.")
    own = [id(parameter) for _, layer in layers for parameter in layer.parameters()]
    if len(set(own)) < len(own):
        raise InvalidInput("The model uses weights twice: its units are matched only where each layer has its own.")
    counts: dict[str, int] = {}
    axes: list[UnitAxis] = []
    units, images = "", False
    for place, (name, layer) in enumerate(layers[: places[-1] + 1]):
        if place >= places[0] or list(layer.parameters()):
            _require_known(name, layer, images)
        if any(not parameter.requires_grad for parameter in layer.parameters()):
            raise InvalidInput(f"The model's layer {name!r} is frozen: units are matched only where all are trained.")
        if units:
            for parameter, axis in _input_axes(layer):
                entries = dict(layer.named_parameters())[parameter].shape[axis]
                axes.append(UnitAxis(f"{name}.{parameter}".lstrip("."), axis, units, entries // counts[units]))
        if type(layer) in _weighted:
            units, images = name, type(layer) is nn.Conv2d
            if place < places[-1]:
                counts[units] = len(_weight(layer))
                axes += [UnitAxis(f"{name}.{parameter}", 0, units, 1) for parameter, _ in layer.named_parameters()]
        elif type(layer) is nn.Flatten:
            images = False
    for name, layer in layers[places[-1] + 1 :]:
        # What follows the outputs sees them in their own order, whatever it is; only hidden units it must not have.
        if any(parameter.dim() > 1 for parameter in layer.parameters()):
            raise _unknown(name, layer)
    return Units(counts, tuple(axes))


def _layers(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    if module._forward_hooks or module._forward_pre_hooks:
        raise InvalidInput("The model has forward hooks, which may compute anything: remove them to match its units.")
    if type(module) is not nn.Sequential:
        yield name, module
        return
    # Not named_children: it leaves out a child that stands in the sequence a second time.
    for key, child in module._modules.items():
        assert child is not None
        yield from _layers(child, f"{name}.{key}".lstrip("."))


def _weight(layer: nn.Module) -> Tensor:
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return weight


def _input_axes(layer: nn.Module) -> Sequence[tuple[str, int]]:
    """Return the layer's parameters, and their axes, along which its inputs lie."""
    if type(layer) in _weighted:
        return [("weight", 1)]
    if type(layer) is nn.PReLU and layer.num_parameters == 1:
        return []
    return [(parameter, 0) for parameter, _ in layer.named_parameters()]


def _require_known(name: str, layer: nn.Module, images: bool) -> None:
    """Raise `InvalidInput` unless a layer treats all units alike.

    Arguments:
        name: of the layer.
        layer: within the chain.
        images: whether a unit is a channel of an image.
    """
    kind = type(layer)
    known = kind in _elementwise or kind is nn.PReLU
    known |= kind in (nn.Linear, DropConnectLinear) and not images
    known |= kind in _pooling and images
    known |= isinstance(layer, nn.Conv2d) and kind is nn.Conv2d and layer.groups == 1
    known |= isinstance(layer, nn.Flatten) and (layer.start_dim, layer.end_dim) == (1, -1)
    if kind in _normalizing:
        known = not isinstance(layer, nn.GroupNorm) or layer.num_groups in (1, layer.num_channels)
        known &= not isinstance(layer, nn.LayerNorm) or len(layer.normalized_shape) == (3 if images else 1)
    if not known:
        raise _unknown(name, layer)


def _unknown(name: str, layer: nn.Module) -> InvalidInput:
    return InvalidInput(
        f"Units are matched in chains of linear layers and convolutions, and the model's layer {name!r}"
        f" ({type(layer).__name__}) is of another kind: compare these networks without matching."
    )
