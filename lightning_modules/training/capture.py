"""Taking a run's checkpoint out of a stack, and putting it into another."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightning_modules.training.checkpoint import Checkpoint
from lightning_modules.training.early_stopping import EarlyStoppingCallback
from lightning_modules.training.snapshots import SnapshotCallback
from lightning_modules.training.stack_module import StackModule

__all__ = ["capture", "restore"]

Array = npt.NDArray[Any]


def capture(
    module: StackModule, snapshots: SnapshotCallback, stopping: EarlyStoppingCallback, epochs: int
) -> list[Checkpoint]:
    """Return where each run of a stack stands.

    Arguments:
        module: that trains the stack.
        snapshots: that it took.
        stopping: that watches it.
        epochs: completed ones.
    """
    weights = _numpy(module.weights.detach())
    carried = {name: _numpy(values) for name, values in module.carried.items()}
    state = {name: _numpy(values) for name, values in module.state.items()}
    train_loss = module.train_loss[: epochs * module.steps_per_epoch].cpu().numpy()
    gradient_norm, weight_norm = _numpy(module.gradient_norm[:epochs]), _numpy(module.weight_norm[:epochs])
    places = {run: place for place, run in enumerate(module.active)}
    return [
        Checkpoint(
            run=each,
            backend=module.backend,
            epochs=epochs,
            diverged_step=module.diverged_step.get(run),
            weights=weights[places[run]] if run in places else None,
            carried=_row(carried, places.get(run)),
            state=_row(state, places.get(run)),
            train_loss=train_loss[:, run],
            validation_loss=module.validation_loss[:epochs, run],
            validation_score=module.validation_score[:epochs, run],
            gradient_norm=gradient_norm[:, run],
            weight_norm=weight_norm[:, run],
            snapshots=tuple(snapshots.snapshots.get(run, ())),
            kept=stopping.kept.get(run),
        )
        for run, each in enumerate(module.runs)
    ]


def restore(
    module: StackModule,
    snapshots: SnapshotCallback,
    stopping: EarlyStoppingCallback,
    checkpoints: Sequence[Checkpoint],
) -> None:
    """Put a new stack where its runs stood, before it is trained.

    Arguments:
        module: that will train the stack.
        snapshots: that will go on to take them.
        stopping: that will go on to watch it.
        checkpoints: one for each of the module's runs, in their order, all after the same number of epochs.
    """
    with torch.no_grad():
        for run, each in enumerate(checkpoints):
            module.train_loss[: len(each.train_loss), run] = torch.from_numpy(each.train_loss.copy())
            module.validation_loss[: each.epochs, run] = each.validation_loss
            module.validation_score[: each.epochs, run] = each.validation_score
            module.gradient_norm[: each.epochs, run] = torch.from_numpy(each.gradient_norm.copy())
            module.weight_norm[: each.epochs, run] = torch.from_numpy(each.weight_norm.copy())
            if each.diverged_step is not None:
                module.diverged_step[run] = each.diverged_step
            if each.snapshots:
                snapshots.snapshots[run] = list(each.snapshots)
            if each.kept is not None:
                stopping.kept[run] = each.kept
            if each.weights is not None:
                module.weights[run] = torch.from_numpy(each.weights)
                _put(module.carried, run, each.carried)
                _put(module.state, run, each.state)
    module.leave([run for run, each in enumerate(checkpoints) if each.weights is None])


def _numpy(values: Tensor) -> Array:
    """Return values of their own memory: training goes on in the tensor's."""
    return np.array(values.cpu().numpy())


def _row(values: Mapping[str, Array], place: int | None) -> dict[str, Array]:
    return {} if place is None else {name: array[place] for name, array in values.items()}


def _put(rows: Mapping[str, Tensor], run: int, values: Mapping[str, Array]) -> None:
    for name, row in rows.items():
        row[run] = torch.from_numpy(np.asarray(values[name]))
