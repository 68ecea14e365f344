"""Train a stack, to its end or to an earlier epoch: the one way in which every run of this project is trained."""

import logging
import signal
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.exceptions import MisconfigurationException  # type: ignore[attr-defined]

from lightning_modules.backend import Backend
from lightning_modules.errors import InvalidInput
from lightning_modules.precision import Precision, require_precision
from lightning_modules.recipe import Run
from lightning_modules.stack.blas_threads import one_blas_thread
from lightning_modules.training.capture import capture, restore
from lightning_modules.training.checkpoint import Checkpoint
from lightning_modules.training.checkpointing import CheckpointCallback, Checkpointing
from lightning_modules.training.early_stopping import EarlyStoppingCallback
from lightning_modules.training.result import RunResult, Snapshot
from lightning_modules.training.segments import Segments
from lightning_modules.training.snapshots import SnapshotCallback
from lightning_modules.training.stack_data import StackData, load, parts, split_of
from lightning_modules.training.stack_module import StackModule
from lightning_modules.training.validation import ValidationCallback

__all__ = ["fit", "fit_until"]

_from_the_beginning: Mapping[Run, Checkpoint] = MappingProxyType({})


def fit(
    runs: Sequence[Run],
    *,
    precision: Precision | None = None,
    accelerator: str = "auto",
    backend: Backend = "auto",
    callbacks: Sequence[pl.Callback] = (),
    start: Mapping[Run, Checkpoint] = _from_the_beginning,
    checkpointing: Checkpointing | None = None,
) -> list[RunResult]:
    """Train runs of one shape together in one ``Trainer.fit`` and return their results in the same order.

    A run trained here is the run trained alone: the same seeds give the same
    weights to rounding whatever its neighbours do, and on one CPU thread the
    same bits.

    Arguments:
        runs: of one shape (`Recipe.shape`).
        precision: another than the recipes', for comparisons; a store would not know of it.
        accelerator: as Lightning names it.
        backend: takes the steps.
        callbacks: further Lightning callbacks.
        start: where the runs stood, of all of them after the same number of epochs, or of none.
        checkpointing: writes down where they stand while they are trained.

    Raises:
        InvalidInput: if the runs are none or not of one shape, their data cannot be used, there is no such
            accelerator, or the backend does not know their model with its loss, or cannot work there.
    """
    stack = _train(runs, None, precision, accelerator, backend, callbacks, start, checkpointing)
    module, taken, kept_epoch = stack.module, stack.snapshots.snapshots, stack.stopping.kept_epoch
    kept = stack.stopping.snapshots(module)
    return [
        _result(module, place, taken.get(place, ()), kept.get(place), kept_epoch.get(place))
        for place in range(len(runs))
    ]


def fit_until(
    runs: Sequence[Run],
    epochs: int,
    *,
    accelerator: str = "auto",
    backend: Backend = "auto",
    start: Mapping[Run, Checkpoint] = _from_the_beginning,
    checkpointing: Checkpointing | None = None,
) -> list[Checkpoint]:
    """Train the first epochs of runs of one shape together, and return where they stand then, in the same order.

    The schedules are those of the whole training: `fit` goes on from there to
    what it would have come to by itself, bit for bit.

    Arguments:
        runs: of one shape.
        epochs: after which to end, at least 1 and at most those of the recipes.
        accelerator: as Lightning names it.
        backend: takes the steps.
        start: where the runs stood, as `fit` has it, before `epochs`.
        checkpointing: writes down where they stand on the way.

    Raises:
        InvalidInput: as `fit` does.
    """
    stack = _train(runs, epochs, None, accelerator, backend, (), start, checkpointing)
    return capture(stack.module, stack.snapshots, stack.stopping, epochs)


@dataclass(frozen=True)
class _Trained:
    """A stack after its training, and what was taken of it meanwhile."""

    module: StackModule
    snapshots: SnapshotCallback
    stopping: EarlyStoppingCallback


def _train(
    runs: Sequence[Run],
    until: int | None,
    precision: Precision | None,
    accelerator: str,
    backend: Backend,
    callbacks: Sequence[pl.Callback],
    start: Mapping[Run, Checkpoint],
    checkpointing: Checkpointing | None,
) -> _Trained:
    """Train a stack up to so many epochs; None for all."""
    if precision is None:
        precision = runs[0].recipe.precision if runs else "32-true"
    require_precision("The precision", precision)
    dtype = torch.float64 if precision == "64-true" else torch.float32
    data = _data(runs, dtype) if runs else None
    products = torch.bfloat16 if precision == "bf16-mixed" else dtype
    # Without runs the module raises before it looks at the data.
    module = StackModule(runs, data, dtype, products, backend)  # type: ignore[arg-type]
    snapshots, stopping = SnapshotCallback(), EarlyStoppingCallback()
    watching: list[pl.Callback] = [snapshots, ValidationCallback(), stopping]
    if checkpointing is not None:
        watching.append(CheckpointCallback(checkpointing, snapshots, stopping))
    begun = [start[run] for run in runs if run in start]
    epochs, last = _common_epochs(runs, begun), until or runs[0].recipe.epochs
    if not epochs < last <= runs[0].recipe.epochs:
        raise ValueError(f"After {epochs} of {runs[0].recipe.epochs} epochs a stack cannot be trained until {last}.")
    restore(module, snapshots, stopping, begun)
    segments = Segments(module.steps_per_epoch, {end for ends in module.snapshot_ends for end in ends})
    with _quiet():
        trainer = _trainer(last, precision, accelerator, [*watching, *callbacks])
        _skip(trainer, epochs)
        with _interruptible(), one_blas_thread():
            trainer.fit(module, train_dataloaders=segments)
    # A trainer's parts hold one another and the module: only a collection would free its memory for the next stack.
    vars(trainer).clear()
    return _Trained(module, snapshots, stopping)


def _trainer(epochs: int, precision: Precision, accelerator: str, callbacks: list[pl.Callback]) -> pl.Trainer:
    try:
        return pl.Trainer(
            max_epochs=epochs,
            precision=precision,
            accelerator=accelerator,
            devices=1,
            callbacks=callbacks,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
    except (MisconfigurationException, ValueError) as error:
        raise InvalidInput(f"The accelerator {accelerator!r} cannot be used here: give auto or cpu.") from error


def _common_epochs(runs: Sequence[Run], begun: Sequence[Checkpoint]) -> int:
    """Return how many epochs all runs have behind them."""
    epochs = {each.epochs for each in begun} or {0}
    if len(epochs) > 1 or len(begun) not in (0, len(runs)):
        raise ValueError("A stack goes on from the same epoch in all its runs: group them by it first.")
    return epochs.pop()


def _skip(trainer: pl.Trainer, epochs: int) -> None:
    """Let a trainer begin after so many epochs, as it does when it loads a checkpoint of its own."""
    progress = trainer.fit_loop.epoch_progress
    for count in (progress.current, progress.total):
        count.load_state_dict(dict.fromkeys(("ready", "started", "processed", "completed"), epochs))


def _data(runs: Sequence[Run], dtype: torch.dtype) -> StackData:
    recipe = runs[0].recipe
    recipe.loss.check(load(recipe.data))
    return StackData.of(recipe.data, recipe.preprocessing, [run.seeds for run in runs], dtype)


def _result(
    module: StackModule, place: int, taken: Sequence[Snapshot], best: Snapshot | None, kept_epoch: int | None
) -> RunResult:
    run, diverged = module.runs[place], module.diverged_step.get(place)
    targets, division = load(run.recipe.data).targets, split_of(run.recipe.data, run.seeds.split)
    if diverged is not None:
        taken, kept_epoch = [each for each in taken if each.step < diverged], None
    elif best is not None:
        taken = [*(each for each in taken if each.step < best.step), best]
    return RunResult(
        run=run,
        steps_per_epoch=module.steps_per_epoch,
        diverged_step=diverged,
        kept_epoch=kept_epoch,
        train_loss=module.train_loss[:, place].cpu().numpy(),
        validation_loss=module.validation_loss[:, place],
        validation_score=module.validation_score[:, place],
        gradient_norm=module.gradient_norm[:, place].cpu().numpy(),
        weight_norm=module.weight_norm[:, place].cpu().numpy(),
        snapshots=tuple(taken),
        targets={part: targets[getattr(division, part)] for part in parts},
        backend=module.backend,
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C through: Lightning would turn it into an exit with status 1 and ignore the signal from then on."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as ended:
        if isinstance(ended.__context__, KeyboardInterrupt):
            if in_main_thread:
                signal.signal(signal.SIGINT, handler)
            raise KeyboardInterrupt from ended
        raise


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Lightning's tips: they are advice for training one model from a data loader."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pytorch_lightning")
            yield
    finally:
        logger.setLevel(level)
