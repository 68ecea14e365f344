"""What several tests share: the plain training loop, the search for components, and strategies that build them."""

import gc
import importlib
import inspect
import pkgutil
import signal
import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import lru_cache, partial

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.split import split
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.initializer import initialize
from lightning_modules.randomness import stream
from lightning_modules.recipe import Run
from lightning_modules.stack.dropout import Dropping
from tests.plain_losses import plain_head, plain_loss, plain_outputs, plain_predictions
from tests.plain_optimizers import plain_step
from tests.undrawn import no_pictures, nobody_apart

# "The same bits as alone" is promised for one thread; and the machine's cores are better used by several processes.
torch.set_num_threads(1)

# Who is started in the background ignores interrupts, and so would every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_sessionstart():
    """Look for no garbage among what importing and collecting make, all of which stays."""
    gc.disable()


def pytest_collection_finish():
    """Look for garbage again, but not among what stays until the end, and less often than a small program should."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture
def undrawn(monkeypatch):
    """Reports of this process have no figures: for tests of what else stands in them, or of when they are written."""
    monkeypatch.setattr("analysis.report.pictures", no_pictures)
    monkeypatch.setattr("analysis.figures.apart.Apart", nobody_apart)


@dataclass
class PlainRun:
    """What the plain loop gives.

    Arguments:
        weights: at each of the steps asked for, by name.
        predictions: at each of these steps, by part.
        train_loss: of every step, before its update.
        validation_loss: after every epoch.
        gradient_norm: of the gradients that every epoch's last step leaves.
        weight_norm: of the trained parameters after every epoch.
        test_accuracy: at the end, of classification.
    """

    weights: dict[int, dict[str, np.ndarray]]
    predictions: dict[int, dict[str, np.ndarray]]
    train_loss: list[float]
    validation_loss: list[float]
    gradient_norm: list[float]
    weight_norm: list[float]
    test_accuracy: float


def plain_loop(run: Run, dtype: torch.dtype = torch.float64, stops: Sequence[int] = ()) -> PlainRun:
    """Train one ordinary module with `torch.optim` as a tutorial would: the second route to every training."""
    recipe, seeds = run.recipe, run.seeds
    dataset = loaded(recipe.data)
    division = split(dataset, seeds.split)
    train = dataset.inputs[division.train].astype(np.float64)
    mean, scale = train.mean(axis=0).astype(np.float32), train.std(axis=0).astype(np.float32)
    inputs = torch.from_numpy((dataset.inputs - mean) / np.where(scale > 0, scale, 1)).to(dtype)
    targets = torch.from_numpy(dataset.targets)
    targets = targets if dataset.classes else targets.to(dtype)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream("init", seeds.init))
        model = plain_head(recipe.loss, recipe.model.build(dataset.shape, plain_outputs(recipe.loss, dataset)))
        initialize(model, recipe.initializer)
    model.to(dtype)
    step = plain_step(recipe.optimizer, [each for each in model.parameters() if each.requires_grad])
    steps_per_epoch = -(-len(division.train) // recipe.batch_size)
    multipliers = recipe.schedule.multipliers(steps_per_epoch * recipe.epochs)

    result = PlainRun({}, {}, [], [], [], [], 0.0)
    for epoch in range(recipe.epochs):
        order = np.random.default_rng(stream("order", seeds.order, epoch)).permutation(len(division.train))
        masks = np.random.SFC64(stream("dropout", seeds.order, epoch))
        for first in range(0, len(order), recipe.batch_size):
            batch = division.train[order[first : first + recipe.batch_size]]
            evaluate = _Objective(model, recipe.loss, inputs[batch], targets[batch], partial(plain_mask, masks, dtype))
            loss = step(float(recipe.optimizer.learning_rate * multipliers[len(result.train_loss)]), evaluate)
            result.train_loss.append(loss.item())
            if len(result.train_loss) in {*stops, steps_per_epoch * recipe.epochs}:
                _look(model, recipe.loss, inputs, division, result)
        trained = [each for each in model.parameters() if each.requires_grad]
        result.gradient_norm.append(_norm([each.grad for each in trained if each.grad is not None]))
        result.weight_norm.append(_norm(trained))
        with torch.no_grad():
            outputs = model.eval()(inputs[division.validation])
            result.validation_loss.append(plain_loss(recipe.loss, outputs, targets[division.validation]).item())
    if dataset.classes:
        choice = result.predictions[len(result.train_loss)]["test"].argmax(axis=1)
        result.test_accuracy = float((choice == dataset.targets[division.test]).mean())
    return result


@lru_cache(maxsize=4)
def loaded(data: Data) -> Dataset:
    """Return a data set that plain loops only read: of many runs in one test, each would read it anew."""
    return data.load()


def _norm(tensors):
    return sum(float((each.detach() ** 2).sum()) for each in tensors) ** 0.5


def plain_mask(stream, dtype, shape, rate):
    """The next mask as the documentation has it: 16 bits a number, the first axis last, whole words of 64 bits."""
    size = int(np.prod(shape))
    bits = stream.random_raw(-(-size // 4)).view(np.int16)[:size].astype(int) + 2**15
    kept = round((1 - rate) * 2**16)
    mask = np.where(bits < kept, 2**16 / kept, 0.0).reshape(*shape[1:], shape[0])
    return torch.from_numpy(np.moveaxis(mask, -1, 0).copy()).to(dtype)


class _Objective:
    """The closure of one step: every evaluation drops the same units, and only the first moves running statistics."""

    def __init__(self, model, loss, inputs, targets, draw):
        self._model, self._loss, self._inputs, self._targets, self._draw = model, loss, inputs, targets, draw
        self._masks = None

    def __call__(self, *, backward: bool = True) -> torch.Tensor:
        kept = {name: value.clone() for name, value in self._model.named_buffers()}
        drawn = []

        def draw(shape, rate):
            drawn.append(self._draw(shape, rate))
            return drawn[-1]

        self._model.train().zero_grad()
        with Dropping(draw) if self._masks is None else Dropping.of(self._masks):
            loss = plain_loss(self._loss, self._model(self._inputs), self._targets)
        if backward:
            loss.backward()
        if self._masks is None:
            self._masks = drawn
        else:
            for name, value in self._model.named_buffers():
                value.copy_(kept[name])
        return loss


def _look(model, loss, inputs, division, result: PlainRun) -> None:
    step, kept = len(result.train_loss), [*model.named_parameters(), *model.named_buffers()]
    result.weights[step] = {name: value.detach().numpy().copy() for name, value in kept}
    model.eval()
    with torch.no_grad():
        result.predictions[step] = {
            part: plain_predictions(loss, model(inputs[getattr(division, part)])).numpy()
            for part in ("validation", "calibration", "test")
        }


def worst(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> float:
    """Return the largest difference between two sets of named arrays."""
    assert first.keys() == second.keys()
    return max(float(np.abs(first[name] - second[name]).max()) for name in first)


def components(package: str, base: type) -> list[type]:
    """Return every concrete class below `base` that is defined in a package, found by looking into all its modules."""
    found = []
    root = importlib.import_module(package)
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == info.name:
                found += [value] if is_dataclass(value) and not inspect.isabstract(value) else []
    assert found, f"no {base.__name__} in {package}"
    return found


@st.composite
def instances(draw, cls: type, **fixed):
    """Draw an instance of a component: each field by its type or left at its default, what it refuses left out."""
    if inspect.isabstract(cls) or not is_dataclass(cls):
        cls = draw(st.sampled_from(components(cls.__module__.rpartition(".")[0], cls)))
    hints = typing.get_type_hints(cls)
    values = dict(fixed)
    for field in fields(cls):
        required = field.default is MISSING and field.default_factory is MISSING
        if field.name not in fixed and (required or draw(st.booleans())):
            values[field.name] = draw(_values(hints[field.name]))
    try:
        return cls(**values)
    except InvalidInput:
        assume(False)


def _values(hint) -> st.SearchStrategy:
    if isinstance(hint, type) and issubclass(hint, bool):
        return st.booleans()
    if hint is int:
        return st.integers(0, 40)
    if hint is float:
        return st.floats(0, 0.99) | st.integers(0, 3)
    if hint is str:
        return st.text(max_size=5)
    if typing.get_origin(hint) is tuple:
        return st.lists(_values(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return st.one_of(*map(_values, typing.get_args(hint)))
    if typing.get_origin(hint) is typing.Literal:
        return st.sampled_from(typing.get_args(hint))
    if hint is type(None):
        return st.none()
    return instances(hint)
