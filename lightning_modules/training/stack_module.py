"""The LightningModule that trains a stack of runs."""

import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from lightning_modules.backend import Backend
from lightning_modules.component import float_fields
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from lightning_modules.score import score_of
from lightning_modules.stack.carried import carried, check_carried
from lightning_modules.stack.hessian import Hessian
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.mixed import Mixed, full_precision
from lightning_modules.stack.stacked import Parameters, stacked
from lightning_modules.training.batch_objective import BatchObjective
from lightning_modules.training.batches import Batches, batch_sizes
from lightning_modules.training.initial_module import initial_module
from lightning_modules.training.model_check import check_outputs
from lightning_modules.training.segments import Segment
from lightning_modules.training.stack_data import Part, StackData, evaluation_block, load

__all__ = ["StackModule"]


class StackModule(pl.LightningModule):
    """All runs of a stack, trained together.

    The weights are one matrix (active runs, parameters). A Lightning batch is
    a `Segment`: consecutive steps up to the end of an epoch or of a cycle. A
    run whose loss is no longer finite leaves the stack at the end of its
    segment; its neighbours keep every bit.

    Arguments:
        runs: of one shape.
        data: the runs' examples.
        dtype: of weights and activations.
        products: precision of the products in training; None is `dtype`.
        backend: takes the steps.

    Raises:
        InvalidInput: if the runs are none, or not of one shape, or the backend does not know their model with its loss.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        data: StackData,
        dtype: torch.dtype,
        products: torch.dtype | None = None,
        backend: Backend = "auto",
    ) -> None:
        super().__init__()
        if len({run.recipe.shape for run in runs}) != 1:
            raise InvalidInput("A stack needs runs of one shape: group them by recipe.shape first.")
        self.automatic_optimization = False
        self.runs, self.data, self.backend = tuple(runs), data, backend
        recipe = runs[0].recipe
        self.steps_per_epoch = math.ceil(data.train_size / recipe.batch_size)
        self.steps = steps = self.steps_per_epoch * recipe.epochs
        self.snapshot_ends = [run.recipe.snapshot_ends(steps) for run in runs]
        modules = [initial_module(run, data) for run in runs]
        dataset = load(recipe.data)
        # As many as a network has that knows nothing, the head's own included.
        check_outputs(recipe.model, modules[0], data.shape, len(recipe.loss.guess(dataset, dataset.targets)))
        check_carried(modules[0], data.shape, batch_sizes(recipe.batch_size, data.train_size))
        self.batches = Batches.of(runs, modules, data)
        self.layout = Layout.of(modules[0])
        self.carried = carried(modules, dtype)
        full = stacked(modules[0], recipe.loss, data.shape, backend)
        self.stacked = full if products in (None, dtype) else Mixed(full, products)
        self.hessian = Hessian(modules[0], recipe.loss)
        rows = torch.stack([self.layout.row(dict(module.named_parameters())) for module in modules])
        self.weights = nn.Parameter(rows.to(dtype), requires_grad=False)
        self.whole_data = data
        self.active = list(range(len(runs)))
        self.state = recipe.optimizer.state(self.weights)
        rates = [run.recipe.optimizer.learning_rate * run.recipe.schedule.multipliers(steps) for run in runs]
        self.rates = torch.from_numpy(np.stack(rates, axis=1)).to(dtype)
        self.numbers = {
            name: torch.tensor([[attrgetter(name)(run.recipe.optimizer)] for run in runs], dtype=dtype)
            for name in float_fields(recipe.optimizer)
        }
        self.train_loss = torch.full((steps, len(runs)), torch.nan, dtype=dtype)
        self.gradient_norm = torch.full((recipe.epochs, len(runs)), torch.nan, dtype=dtype)
        self.weight_norm = torch.full((recipe.epochs, len(runs)), torch.nan, dtype=dtype)
        self.validation_loss = np.full((recipe.epochs, len(runs)), np.nan)
        self.validation_score = np.full((recipe.epochs, len(runs)), np.nan)
        self.diverged_step: dict[int, int] = {}
        # What the active runs' present weights make of each part: at an epoch's end more than one asks for it.
        self._outputs: dict[Part, Tensor] = {}

    def configure_optimizers(self) -> None:
        """Return nothing: the recipe's optimizer updates all runs at once."""

    def on_fit_start(self) -> None:
        """Move to the device what Lightning does not know of.

        Raises:
            InvalidInput: if the backend that was asked for cannot work there.
        """
        if self.backend == "compiled" and (isinstance(self.stacked, Mixed) or self.device.type != "cpu"):
            raise InvalidInput(
                "The backend compiled has no mixed precision and no GPU: leave the backend on auto, or give chain."
            )
        self.whole_data = self.whole_data.to(self.device)
        # A stack that goes on from checkpoints may begin without some of its runs.
        self.data = self.whole_data if len(self.active) == len(self.runs) else self.whole_data.keep(self.active)
        self.carried = {name: value.to(self.device) for name, value in self.carried.items()}
        self.rates, self.train_loss = self.rates.to(self.device), self.train_loss.to(self.device)
        self.gradient_norm, self.weight_norm = self.gradient_norm.to(self.device), self.weight_norm.to(self.device)
        self.state = {name: value.to(self.device) for name, value in self.state.items()}
        self.numbers = {name: value.to(self.device) for name, value in self.numbers.items()}

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Return the batch as it is: a segment holds no tensors."""
        return batch

    @full_precision
    @torch.no_grad()
    def training_step(self, segment: Segment, _: int) -> None:
        """Take the steps of a segment, then let diverged runs go."""
        if not self.active:
            return
        self._outputs.clear()
        weights, optimizer = self.weights, self.runs[0].recipe.optimizer
        objective = BatchObjective(self.stacked, self.hessian, self.layout, weights, self.carried)
        rates = self.rates[segment.start : segment.stop, self.active, None]
        losses = torch.empty(len(rates), len(self.active), dtype=weights.dtype, device=self.device)
        norms = weights.new_full((len(self.active),), torch.nan)
        last = (segment.epoch + 1) * self.steps_per_epoch - 1 - segment.start
        for index, batch in enumerate(self.batches.of_segment(segment, self.data, weights.dtype)):
            objective.begin(batch, norms if index == last else None)
            losses[index] = optimizer.update(weights, objective, self.state, rates[index], self.numbers)
        self.train_loss[segment.start : segment.stop, self.active] = losses
        self.gradient_norm[segment.epoch, self.active] = norms
        self.let_go(~losses.isfinite(), segment.start)

    @full_precision
    @torch.no_grad()
    def validate(self) -> None:
        """Record each active run's loss and score on its validation examples and its norm, at the end of an epoch."""
        if not self.active:
            return
        targets = self.data.targets_of(self.data.rows["validation"])
        outputs, loss = self.outputs("validation"), self.runs[0].recipe.loss
        losses = loss.values(outputs, targets).mean(dim=1)
        scores = score_of(loss.task).of(loss.predict(outputs).cpu().numpy(), targets.cpu().numpy())
        self.validation_loss[self.current_epoch, self.active] = losses.double().cpu().numpy()
        self.validation_score[self.current_epoch, self.active] = scores
        self.weight_norm[self.current_epoch, self.active] = torch.linalg.vector_norm(self.weights, dim=1)
        self.let_go(~losses.isfinite()[None], (self.current_epoch + 1) * self.steps_per_epoch - 1)

    @torch.no_grad()
    def outputs(self, part: Part) -> Tensor:
        """Return the active runs' outputs on their examples of a part, (active runs, examples, outputs)."""
        if part not in self._outputs:
            self._outputs[part] = self.outputs_of(self.parameters_of(self.weights, self.carried), self.data, part)
        return self._outputs[part]

    @torch.no_grad()
    def outputs_of(self, parameters: Parameters, data: StackData, part: Part) -> Tensor:
        """Return the outputs for any weights, (runs, examples, outputs).

        Arguments:
            parameters: each parameter and each buffer by its name, (runs, *shape).
            data: of these runs.
            part: of the data.
        """
        blocks = data.rows[part].split(evaluation_block, dim=1)
        # The examples last in memory, as a chain computes them and a softmax is fastest.
        return torch.cat([self.stacked.forward(parameters, data.inputs_of(rows)).mT for rows in blocks], dim=2).mT

    def parameters_of(self, weights: Tensor, carried: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each parameter and each buffer of some runs by its name, given their weights (runs, parameters)."""
        return {**self.layout.views(weights), **carried}

    def let_go(self, failed: Tensor, first_step: int) -> None:
        """Take diverged runs out of the stack, given which steps failed: (steps, active runs), from `first_step` on."""
        lost = failed.any(dim=0)
        if not bool(lost.any()):
            return
        steps = failed.int().argmax(dim=0).tolist()
        places = [place for place, is_lost in enumerate(lost.tolist()) if is_lost]
        for place in places:
            self.diverged_step[self.active[place]] = first_step + steps[place] + 1
        for run, step in self.diverged_step.items():
            self.train_loss[step:, run] = torch.nan
            for curve in (self.validation_loss, self.validation_score, self.gradient_norm, self.weight_norm):
                curve[(step - 1) // self.steps_per_epoch :, run] = np.nan
        self.leave(places)

    def leave(self, places: Sequence[int]) -> None:
        """Take runs out of the stack, by their places among the active ones: from now on they cost nothing."""
        self._outputs.clear()
        keep = [place for place in range(len(self.active)) if place not in set(places)]
        self.active = [self.active[place] for place in keep]
        self.data, self.batches = self.data.keep(keep), self.batches.keep(keep)
        self.weights = nn.Parameter(self.weights[keep], requires_grad=False)
        self.carried, self.state, self.numbers = (
            {name: value[keep] for name, value in values.items()} for values in (self.carried, self.state, self.numbers)
        )
