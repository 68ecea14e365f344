"""Collecting snapshots while a stack trains."""

from typing import Any

import pytorch_lightning as pl
import torch

from lightning_modules.training.result import Snapshot
from lightning_modules.training.stack_data import parts
from lightning_modules.training.stack_module import StackModule

__all__ = ["SnapshotCallback"]


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
        loss = module.runs[0].recipe.loss
        parameters = module.layout.views(module.weights)
        probabilities = {part: loss.probabilities(module.outputs(part)).cpu() for part in parts}
        # The loss was finite before the cycle's last update; what the update made of the weights is seen only here.
        finite = torch.stack([values.isfinite().flatten(1).all(dim=1) for values in probabilities.values()]).all(dim=0)
        for place in places:
            if not finite[place]:
                continue
            snapshot = Snapshot(
                step=batch.stop,
                weights={name: value[place].cpu().numpy().copy() for name, value in parameters.items()},
                probabilities={part: values[place].numpy().copy() for part, values in probabilities.items()},
            )
            self.snapshots.setdefault(module.active[place], []).append(snapshot)
        module.let_go(~finite[None], batch.stop - 1)
