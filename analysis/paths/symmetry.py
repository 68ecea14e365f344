"""What a network's symmetries change: hidden units in another order, and hidden units with the other sign."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from analysis.paths.units import units_of
from analysis.run_groups import surface_of
from analysis.surface import Surface
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.randomness import stream
from lightning_modules.stack.layout import Layout
from sweeps.record import RunRecord

__all__ = ["changes", "flipped", "loss_change", "permuted"]

_odd = (nn.Tanh, nn.Identity, nn.Flatten, nn.Linear, nn.Dropout, nn.Sequential)


def permuted(module: nn.Module, row: Tensor, seed: int) -> Tensor:
    """Return weights with the units of every hidden layer in a random order: the same function, ``Π M!`` such points.

    Arguments:
        module: an ordinary module, a chain (`units_of`).
        row: weights, (parameters,).
        seed: of the orders.

    Raises:
        InvalidInput: if the module is no chain.
    """
    units, source = units_of(module), np.random.default_rng(stream("matching", seed, 1))
    permutations = {layer: source.permutation(count) for layer, count in units.counts.items()}
    layout = Layout.of(module)
    return layout.row(units.permuted({name: each[0] for name, each in layout.views(row[None]).items()}, permutations))


def flipped(module: nn.Module, row: Tensor, seed: int) -> Tensor:
    """Return weights with random signs of hidden units, all that goes in and all that goes out of a unit alike.

    Of an odd activation, ``φ(−x) = −φ(x)``, the function is the same: ``Π 2^M`` such points.

    Arguments:
        module: an ordinary module, a chain of linear layers with odd activations.
        row: weights, (parameters,).
        seed: of the signs.

    Raises:
        InvalidInput: if the module is no chain, or has a layer that is not odd.
    """
    if other := [type(each).__name__ for each in module.modules() if not isinstance(each, _odd)]:
        raise InvalidInput(f"The model has a layer that is not odd ({other[0]}): only tanh and the identity are known.")
    units, source = units_of(module), np.random.default_rng(stream("matching", seed, 2))
    signs = {layer: torch.from_numpy(source.choice([-1.0, 1.0], count)) for layer, count in units.counts.items()}
    layout = Layout.of(module)
    found = {name: each[0].clone() for name, each in layout.views(row[None]).items()}
    for each in units.axes:
        shape = [1] * found[each.parameter].dim()
        shape[each.axis] = -1
        own = signs[each.layer].repeat_interleave(each.block).to(row.dtype)
        found[each.parameter] *= own.reshape(shape)
    return layout.row(found)


def loss_change(surface: Surface, row: Tensor, others: Tensor) -> float:
    """Return the largest change of the mean loss from one point (parameters,) to others, (points, parameters)."""
    rows = torch.cat([row[None], others])
    losses = surface.at(torch.zeros_like(row), rows, torch.eye(len(rows), dtype=row.dtype)).losses
    return float(np.abs(losses[1:] - losses[0]).max())


def changes(records: Sequence[RunRecord], draws: int) -> tuple[dict[str, list[float]], list[str]]:
    """Return each run's largest change of the loss by the kind of symmetry, and why a kind is left out, in words.

    Arguments:
        records: of runs of one recipe.
        draws: of each kind for each run.
    """
    require_integer("The symmetries drawn", draws, at_least=1)
    kinds = {"permutation": permuted, "sign flip": flipped}
    found: dict[str, list[float]] = {}
    reasons: dict[str, str] = {}
    for record in records:
        surface, row = surface_of(record, torch.float64)
        for kind, move in kinds.items():
            try:
                others = torch.stack([move(surface.module, row, seed) for seed in range(draws)])
            except InvalidInput as error:
                reasons[kind] = f"no {kind}: {error}"
            else:
                found.setdefault(kind, []).append(loss_change(surface, row, others))
    return found, list(reasons.values())
