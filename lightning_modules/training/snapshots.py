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

__all__ = ["SnapshotCallback", "outputs_by_part", "snapshot_of"]


class SnapshotCallback(pl.Callback):
    """Keeps each run's weights and predictions at the end of each of its cycles, and where its recipe asks for more.

    Attributes:
        snapshots: of each run, by its place among the module's runs.
    """

    def __init__(self) -> None:
        self.snapshots: dict[int, list[Snapshot]] = {}

    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take the snapshots of the runs that have one at the end of this segment."""
        assert isinstance(pl_module, StackModule)
        module = pl_module
        places = [place for place, run in enumerate(module.active) if batch.stop in module.snapshot_ends[run]]
        if not places:
            return
        parameters = module.parameters_of(module.weights, module.carried)
        outputs = {part: module.outputs(part).cpu() for part in parts}
        predictions = {part: module.runs[0].recipe.loss.predict(values) for part, values in outputs.items()}
        # The loss was finite before the cycle's last update; what the update made of the weights is seen only here.
        # A decision is finite whatever the output is.
        seen = [*outputs.values(), *predictions.values()]
        finite = torch.stack([values.isfinite().flatten(1).all(dim=1) for values in seen]).all(dim=0)
        for place in places:
            if finite[place]:
                run = module.active[place]
                snapshot = snapshot_of(module, run, place, batch.stop, parameters, outputs, predictions)
                self.snapshots.setdefault(run, []).append(snapshot)
        module.let_go(~finite[None], batch.stop - 1)


@torch.no_grad()
def outputs_by_part(module: StackModule, parameters: Parameters, data: StackData) -> dict[Part, Tensor]:
    """Return the outputs of runs with these parameters by part, each (runs, examples, outputs), on the CPU.

    Arguments:
        module: that trains the runs.
        parameters: each parameter and each buffer by its name, (runs, *shape).
        data: of these runs.
    """
    return {part: module.outputs_of(parameters, data, part).cpu() for part in parts}


def snapshot_of(
    module: StackModule,
    run: int,
    place: int,
    step: int,
    parameters: Parameters,
    outputs: Mapping[Part, Tensor],
    predictions: Mapping[Part, Tensor],
) -> Snapshot:
    """Return the snapshot of one of several runs.

    Arguments:
        module: that trains the runs.
        run: its place among all of the module's runs.
        place: its place in what follows.
        step: steps that it has taken.
        parameters: each parameter and each buffer by its name, (runs, *shape).
        outputs: by part, (runs, examples, outputs).
        predictions: what the runs' loss makes of them.
    """
    loss, data = module.runs[run].recipe.loss, module.whole_data
    own = {part: values[place] for part, values in predictions.items()}
    targets = data.targets[data.rows["test"][run]].cpu()
    return Snapshot(
        step=step,
        weights={name: value[place].cpu().numpy().copy() for name, value in parameters.items()},
        predictions={part: values.numpy().copy() for part, values in own.items()},
        test_loss=loss.final(outputs["test"][place], own["test"], targets),
    )
