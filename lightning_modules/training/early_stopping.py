"""Runs that stop before the last epoch, each by its own rule."""

from typing import NamedTuple

import pytorch_lightning as pl
import torch
from torch import Tensor

from lightning_modules.training.result import Snapshot
from lightning_modules.training.snapshots import outputs_by_part, snapshot_of
from lightning_modules.training.stack_module import StackModule

__all__ = ["EarlyStoppingCallback"]


class _Kept(NamedTuple):
    """What a run was after an epoch: its weights (parameters,) and what it carries by name."""

    epoch: int
    weights: Tensor
    carried: dict[str, Tensor]


class EarlyStoppingCallback(pl.Callback):
    """Lets runs leave the stack when their rule says so, and keeps their best weights."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}

    @property
    def kept_epoch(self) -> dict[int, int]:
        """The epoch (from 0) whose weights a run keeps, by its place among the module's; without a rule it has none."""
        return {run: kept.epoch for run, kept in self._kept.items()}

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep what is best so far, and let go whoever waited long enough."""
        assert isinstance(pl_module, StackModule)
        module, epoch = pl_module, trainer.current_epoch
        stopped = []
        for place, run in enumerate(module.active):
            rule = module.runs[run].recipe.stopping
            losses: list[float] = module.validation_loss[: epoch + 1, run].tolist()
            if rule.best(losses) == epoch:
                carried = {name: value[place].clone() for name, value in module.carried.items()}
                self._kept[run] = _Kept(epoch, module.weights[place].detach().clone(), carried)
            if rule.stops(losses):
                stopped.append(place)
        if stopped:
            module.leave(stopped)

    def snapshots(self, module: StackModule) -> dict[int, Snapshot]:
        """Return the kept weights with their predictions, by the runs' places."""
        if not self._kept:
            return {}
        runs = sorted(self._kept)
        weights = torch.stack([self._kept[run].weights for run in runs])
        names = self._kept[runs[0]].carried
        carried = {name: torch.stack([self._kept[run].carried[name] for run in runs]) for name in names}
        parameters = module.parameters_of(weights, carried)
        outputs = outputs_by_part(module, parameters, module.whole_data.keep(runs))
        steps = {run: (self._kept[run].epoch + 1) * module.steps_per_epoch for run in runs}
        return {run: snapshot_of(module, run, place, steps[run], parameters, outputs) for place, run in enumerate(runs)}
