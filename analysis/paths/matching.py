"""Bring the hidden units of one network into the order of another's, by their weights."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from analysis.paths.units import Permutations, Units, units_of
from lightning_modules.errors import InvalidInput
from lightning_modules.randomness import stream
from lightning_modules.stack.layout import Layout

__all__ = ["Matching", "match_units"]

# A gain below this share of the largest possible inner product is rounding.
_rounding = 1e-12


@dataclass(frozen=True)
class Matching:
    """A network with its hidden units in the order of another's.

    Arguments:
        row: its weights, (parameters,); it computes the same function as before.
        permutations: for each hidden layer by its name the place from which each unit was taken, (units,).
        products: the inner product of the weights with the other network's, before and after each layer that was
            permuted, which never falls.
    """

    row: Tensor
    permutations: Permutations
    products: npt.NDArray[np.float64]


def match_units(module: nn.Module, reference: Tensor, row: Tensor, seed: int = 0) -> Matching:
    """Permute a network's hidden units so that its weights come close to a reference's (weight matching).

    Coordinate descent: given the order of all other layers, the best order of
    one is a linear assignment problem. The layers are gone through in random
    order until none of them gains; what is found need not be the best for all
    layers together, and depends on the seed.

    Running statistics are no part of the weights: with batch normalization
    the network is the same only with statistics in the new order, or
    estimated anew.

    Arguments:
        module: an ordinary module of both networks.
        reference: weights to come close to, (parameters,).
        row: weights whose units are permuted, (parameters,).
        seed: of the layers' order.

    Raises:
        InvalidInput: if the module is no chain (`units_of`), or weights are not finite or not of this module.

    References:
        | Git Re-Basin: merging models modulo permutation symmetries (Ainsworth et al., 2022)
        | https://arxiv.org/abs/2209.04836
    """
    from scipy.optimize import linear_sum_assignment

    units, layout = units_of(module), Layout.of(module)
    if reference.shape != (layout.size,) or row.shape != (layout.size,):
        raise InvalidInput(f"The weights to match are not rows of the model's {layout.size:,} parameters.")
    if not bool(reference.isfinite().all() & row.isfinite().all()):
        raise InvalidInput("Weights to match are not finite: leave out networks whose training diverged.")
    target, own = (_parameters(layout, each.double()) for each in (reference, row))
    order = np.random.default_rng(stream("matching", seed))
    permutations = {layer: np.arange(count) for layer, count in units.counts.items()}
    rounding = _rounding * float(reference.double().norm() * row.double().norm())
    products = [float(reference.double() @ row.double())]
    gained = True
    while gained:
        gained = False
        for place in order.permutation(len(permutations)):
            layer = list(permutations)[place]
            likeness = _likeness(units, layer, target, own, permutations)
            _, best = linear_sum_assignment(likeness, maximize=True)
            at = np.arange(len(best))
            gain = float(likeness[at, best].sum() - likeness[at, permutations[layer]].sum())
            if gain > rounding:
                permutations[layer], gained = best, True
                products.append(products[-1] + gain)
    moved = units.permuted(_parameters(layout, row), permutations)
    return Matching(layout.row(moved), permutations, np.array(products))


def _parameters(layout: Layout, row: Tensor) -> dict[str, Tensor]:
    return {name: value[0] for name, value in layout.views(row[None]).items()}


def _likeness(
    units: Units, layer: str, target: dict[str, Tensor], own: dict[str, Tensor], permutations: Permutations
) -> npt.NDArray[np.float64]:
    """Return the inner product of each unit's weights in the reference with each unit's own, (units, units)."""
    others = {name: each for name, each in permutations.items() if name != layer}
    arranged = units.permuted(own, others)
    count = units.counts[layer]
    found = torch.zeros(count, count, dtype=torch.float64)
    for each in units.axes:
        if each.layer == layer:
            first, second = (
                side[each.parameter].movedim(each.axis, 0).reshape(count, -1) for side in (target, arranged)
            )
            found += first @ second.T
    return found.numpy()
