"""Runs that stop before the last epoch, each by its own rule."""

import numpy as np
import pytorch_lightning as pl
import torch

from lightning_modules.training.checkpoint import Kept
from lightning_modules.training.result import Snapshot
from lightning_modules.training.snapshots import outputs_by_part, snapshot_of
from lightning_modules.training.stack_module import StackModule

__all__ = ["EarlyStoppingCallback"]


class EarlyStoppingCallback(pl.Callback):
    """Lets runs leave the stack when their rule says so, and keeps their best weights.

    Attributes:
        kept: of each run with a rule, by its place among the module's runs.
    """

    def __init__(self) -> None:
        self.kept: dict[int, Kept] = {}

    @property
    def kept_epoch(self) -> dict[int, int]:
        """The epoch (from 0) whose weights a run keeps, by its place among the module's; without a rule it has none."""
        return {run: kept.epoch for run, kept in self.kept.items()}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep what is best so far, and let go whoever waited long enough."""
        assert isinstance(pl_module, StackModule)
        module, epoch = pl_module, trainer.current_epoch
        stopped, improved = [], []
        for place, run in enumerate(module.active):
            rule = module.runs[run].recipe.stopping
            losses: list[float] = module.validation_loss[: epoch + 1, run].tolist()
            if rule.best(losses) == epoch:
                improved.append(place)
            if rule.stops(losses):
                stopped.append(place)
        if improved:
            # Indexing copies, and one copy for all runs waits for the device once.
            weights = module.weights.detach()[improved].cpu().numpy()
            carried = {name: value[improved].cpu().numpy() for name, value in module.carried.items()}
            for index, place in enumerate(improved):
                own = {name: values[index] for name, values in carried.items()}
                self.kept[module.active[place]] = Kept(epoch, weights[index], own)
        if stopped:
            module.leave(stopped)

    def snapshots(self, module: StackModule) -> dict[int, Snapshot]:
        """Return the kept weights with their predictions, by the runs' places."""
        if not self.kept:
            return {}
        runs = sorted(self.kept)
        device = module.whole_data.targets.device
        weights = torch.from_numpy(np.stack([self.kept[run].weights for run in runs])).to(device)
        carried = {
            name: torch.from_numpy(np.stack([self.kept[run].carried[name] for run in runs])).to(device)
            for name in self.kept[runs[0]].carried
        }
        parameters = module.parameters_of(weights, carried)
        outputs = outputs_by_part(module, parameters, module.whole_data.keep(runs))
        steps = {run: (self.kept[run].epoch + 1) * module.steps_per_epoch for run in runs}
        predictions = {part: module.runs[0].recipe.loss.predict(values) for part, values in outputs.items()}
        return {
            run: snapshot_of(module, run, place, steps[run], parameters, outputs, predictions)
            for place, run in enumerate(runs)
        }
