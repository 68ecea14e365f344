"""What people write today to train one run of a recipe, each in one process at torch's default threads."""

import contextlib
import io
import logging
import tempfile
import time
import warnings

import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from lightning_modules.data.split import split
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.training.build import build
from lightning_modules.training.stack_data import load

__all__ = ["Classifier", "lightning_default", "lightning_lean", "tensors", "torch_loop"]


class Classifier(pl.LightningModule):
    """A classifier as a tutorial has it, with the optimizer of its recipe unless another is given."""

    def __init__(self, model: nn.Module, recipe: Recipe, optimizer: SGD | None = None) -> None:
        super().__init__()
        self.model, self.optimizer = model, optimizer or recipe.optimizer

    def training_step(self, batch, _):
        inputs, targets = batch
        loss = cross_entropy(self.model(inputs), targets)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        inputs, targets = batch
        logits = self.model(inputs)
        self.log("val_loss", cross_entropy(logits, targets))
        self.log("val_accuracy", (logits.argmax(1) == targets).float().mean())

    def configure_optimizers(self):
        return _sgd(self.model, self.optimizer)


def lightning_default(recipe: Recipe) -> float:
    """Return the epochs per second of one fit with Lightning's default logger, checkpoints and progress bar."""
    return _lightning(recipe)


def lightning_lean(recipe: Recipe) -> float:
    """Return the epochs per second of one fit with logger, checkpoints, bar, summary and sanity checks off."""
    return _lightning(
        recipe,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def torch_loop(recipe: Recipe) -> float:
    """Return the epochs per second of a hand-written loop over tensors in memory, without validation."""
    (inputs, targets), _ = tensors(recipe)
    model = _model(recipe)
    optimizer = _sgd(model, recipe.optimizer)
    start = time.perf_counter()
    for _ in range(recipe.epochs):
        order = torch.randperm(len(inputs))
        for rows in order.split(recipe.batch_size):
            optimizer.zero_grad()
            cross_entropy(model(inputs[rows]), targets[rows]).backward()
            optimizer.step()
    return recipe.epochs / (time.perf_counter() - start)


def tensors(recipe: Recipe) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """Return the inputs and targets of the training set and of the validation set of split 0, preprocessed."""
    dataset = load(recipe.data)
    division = split(dataset, 0)
    inputs = torch.from_numpy(recipe.preprocessing.fit(dataset.inputs[division.train])(dataset.inputs))
    targets = torch.from_numpy(dataset.targets)
    return (inputs[division.train], targets[division.train]), (
        inputs[division.validation],
        targets[division.validation],
    )


def _lightning(recipe: Recipe, **options: object) -> float:
    train, validation = (TensorDataset(*part) for part in tensors(recipe))
    with tempfile.TemporaryDirectory() as folder, _silence():
        trainer = pl.Trainer(max_epochs=recipe.epochs, accelerator="cpu", default_root_dir=folder, **options)
        module = Classifier(_model(recipe), recipe)
        start = time.perf_counter()
        trainer.fit(
            module,
            DataLoader(train, batch_size=recipe.batch_size, shuffle=True),
            DataLoader(validation, batch_size=256),
        )
        return recipe.epochs / (time.perf_counter() - start)


def _model(recipe: Recipe) -> nn.Module:
    dataset = load(recipe.data)
    return build(recipe.model, recipe.loss, recipe.preprocessing.output_shape(dataset.shape), dataset)


def _sgd(model: nn.Module, rule: SGD) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=rule.learning_rate, momentum=rule.momentum)


@contextlib.contextmanager
def _silence():
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
