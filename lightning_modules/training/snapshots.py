"""Collecting snapshots while a stack trains."""

from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from lightning_modules.stack.stacked import Parameters
from lightning_modules.training.result import Snapshot
from lightning_modules.training.stack_data import Part, StackData, parts
from lightning_modules.training.stack_module import StackModule

__all__ = ["SnapshotCallback", "predict", "snapshot_of"]


class SnapshotCallback(pl.Callback):
    """Keeps each run's weights and predictions at the end of each of its cycles.

    Attributes:
        snapshots: of each run, by its place among the module's runs.
    """

    def __init__(self) -> None:
        self.snapshots: dict[int, list[Snapshot]] = {}

    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take the snapshots of the runs whose cycle ended with this segment."""
        assert isinstance(pl_module, StackModule)
        module = pl_module
        places = [place for place, run in enumerate(module.active) if batch.stop in module.cycle_ends[run]]
        if not places:
            return
        parameters = module.parameters_of(module.weights, module.carried)
        probabilities = predict(module, parameters, module.data)
        # The loss was finite before the cycle's last update; what the update made of the weights is seen only here.
        finite = torch.stack([values.isfinite().flatten(1).all(dim=1) for values in probabilities.values()]).all(dim=0)
        for place in places:
            if finite[place]:
                snapshot = snapshot_of(place, batch.stop, parameters, probabilities)
                self.snapshots.setdefault(module.active[place], []).append(snapshot)
        module.let_go(~finite[None], batch.stop - 1)


@torch.no_grad()
def predict(module: StackModule, parameters: Parameters, data: StackData) -> dict[Part, Tensor]:
    """Return the class probabilities of runs with these parameters by part, (runs, examples, classes).

    Arguments:
        module: that trains the runs.
        parameters: each parameter and each buffer by its name, (runs, *shape).
        data: of these runs.
    """
    loss = module.runs[0].recipe.loss
    return {part: loss.probabilities(module.outputs_of(parameters, data, part)).cpu() for part in parts}


def snapshot_of(place: int, step: int, parameters: Parameters, probabilities: Mapping[Part, Tensor]) -> Snapshot:
    """Return the snapshot of one of several runs, by its place among them.

    Arguments:
        place: of the run.
        step: steps that it has taken.
        parameters: each parameter and each buffer by its name, (runs, *shape).
        probabilities: by part, (runs, examples, classes).
    """
    return Snapshot(
        step=step,
        weights={name: value[place].cpu().numpy().copy() for name, value in parameters.items()},
        probabilities={part: values[place].numpy().copy() for part, values in probabilities.items()},
    )
