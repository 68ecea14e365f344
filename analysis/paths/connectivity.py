"""Mode connectivity: curves between solutions along which the loss stays low."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.paths.along import PathValues, evenly, mixtures, require_rows
from analysis.paths.bend_objective import BendObjective
from analysis.paths.curves import Bezier, Curve
from analysis.surface import Surface
from lightning_modules.checks import require_integer
from lightning_modules.component import float_fields
from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.randomness import stream
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.stack.blas_threads import one_blas_thread

__all__ = ["Connection", "connect"]


@dataclass(frozen=True)
class Connection:
    """A curve that was trained, and the straight line beside it.

    Arguments:
        family: of the curve.
        bend: weights, (parameters,).
        curve: what lies on the curve.
        line: what lies on the straight line between the same ends, at as many points.
        training: the loss of the batch at each step, at the step's random point of the curve, (steps,).
    """

    family: Curve
    bend: Tensor
    curve: PathValues
    line: PathValues
    training: npt.NDArray[np.float64]


def connect(
    surface: Surface,
    firsts: Tensor,
    seconds: Tensor,
    seeds: Sequence[int],
    *,
    family: Curve | None = None,
    epochs: int = 30,
    batch_size: int = 128,
    optimizer: SGD | None = None,
    points: int = 61,
) -> list[Connection]:
    """Train a curve between each two solutions so that the mean loss along it is small, all curves in one stack.

    Each step takes a batch, and a t uniform in [0, 1], of each curve's own,
    and moves the bend only; the bend starts halfway between the ends. Curves
    are evaluated with the statistics of batch normalization estimated anew at
    every point. A curve that diverges has no finite losses, and leaves the
    others alone.

    Arguments:
        surface: of the training set, on which curves are trained and evaluated.
        firsts: where each curve begins, (curves, parameters).
        seconds: where each ends, (curves, parameters).
        seeds: of each curve's batches and points; a pair may come again with another.
        family: of the curves, `Bezier` unless given.
        epochs: passes through the training set.
        batch_size: at most; the batches of an epoch are of one size, but for one example.
        optimizer: the rate falls to zero along a cosine; 0.05 with momentum 0.9 unless given.
        points: at which the curves are evaluated, evenly in t with both ends.

    Raises:
        InvalidInput: for ends of another model, ends and seeds of different numbers, counts below 1,
            or fewer than three points.

    References:
        | Loss surfaces, mode connectivity, and fast ensembling of DNNs (Garipov et al., 2018)
        | https://arxiv.org/abs/1802.10026
    """
    require_rows(surface, firsts)
    require_rows(surface, seconds)
    require_integer("The number of epochs of a curve", epochs, at_least=1)
    require_integer("The batch size of a curve", batch_size, at_least=1)
    steps = evenly(points)
    if not len(firsts) == len(seconds) == len(seeds) > 0:
        raise InvalidInput(
            f"There are {len(firsts)} first ends, {len(seconds)} second ends and {len(seeds)} seeds: give one of each"
            " for every curve."
        )
    family = family or Bezier()
    firsts, seconds = firsts.to(surface.dtype), seconds.to(surface.dtype)
    bends, training = _trained(
        surface, firsts, seconds, seeds, family, epochs, batch_size, optimizer or SGD(0.05, momentum=0.9)
    )
    shares = family.shares(steps)
    straight = torch.stack([1 - steps, torch.zeros_like(steps), steps], dim=1)
    each = torch.eye(len(seeds), dtype=steps.dtype)
    rows = torch.stack([firsts, bends, seconds], dim=1).flatten(0, 1)
    losses, errors = mixtures(surface, rows, torch.cat([torch.kron(each, shares), torch.kron(each, straight)]))
    split_losses = losses.reshape(2, len(seeds), points)
    split_errors = None if errors is None else errors.reshape(2, len(seeds), points)

    def path(kind: int, index: int) -> PathValues:
        own = None if split_errors is None else split_errors[kind, index]
        return PathValues(steps.numpy(), split_losses[kind, index], own)

    return [
        Connection(family, bends[index], path(0, index), path(1, index), training[index]) for index in range(len(seeds))
    ]


@torch.no_grad()
@one_blas_thread()
def _trained(
    surface: Surface,
    firsts: Tensor,
    seconds: Tensor,
    seeds: Sequence[int],
    family: Curve,
    epochs: int,
    batch_size: int,
    optimizer: SGD,
) -> tuple[Tensor, npt.NDArray[np.float64]]:
    """Return the bends (curves, parameters), and the loss of each step, (curves, steps)."""
    bends = (firsts + seconds) / 2
    objective = BendObjective(surface, firsts, seconds)
    state = optimizer.state(bends)
    numbers = {name: bends.new_full((len(seeds), 1), getattr(optimizer, name)) for name in float_fields(optimizer)}
    examples = len(surface.inputs)
    batches = -(-examples // batch_size)
    multipliers = Cosine().multipliers(epochs * batches)
    found: list[Tensor] = []
    for epoch in range(epochs):
        # Pure functions of the seed and the epoch: a curve is the same whatever it is stacked with.
        sources = [np.random.default_rng(stream("curve", seed, epoch)) for seed in seeds]
        table = torch.from_numpy(np.stack([source.permutation(examples) for source in sources]))
        at = family.shares(torch.from_numpy(np.stack([source.random(batches) for source in sources])))
        for batch, rows in enumerate(table.tensor_split(batches, dim=1)):
            inputs, targets = (
                values.index_select(0, rows.flatten()).unflatten(0, rows.shape)
                for values in (surface.inputs, surface.targets)
            )
            losses, gradient = objective.value_and_gradient(bends, at[:, batch], inputs, targets)
            rate = numbers["learning_rate"] * multipliers[len(found)]
            optimizer.step(bends, gradient, state, rate, numbers)
            found.append(losses.double())
    return bends, torch.stack(found, dim=1).numpy()
