"""A stack that goes on from its checkpoints ends as one that was never interrupted, bit for bit."""

from dataclasses import fields, replace
from unittest import mock

import numpy as np
import pytest

from lightning_modules.activations.gelu import GELU
from lightning_modules.augmentation.noise import Noise
from lightning_modules.data.digits import Digits
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.moons import Moons
from lightning_modules.data.subset import Subset
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.amsgrad import AMSGrad
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.lbfgs import LBFGS
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.stopping.early_stopping import EarlyStopping
from lightning_modules.training.checkpoint import Checkpoint, Kept
from lightning_modules.training.checkpointing import CheckpointCallback, Checkpointing
from lightning_modules.training.early_stopping import EarlyStoppingCallback
from lightning_modules.training.fit import fit, fit_until
from lightning_modules.training.result import RunResult, Snapshot
from lightning_modules.training.snapshots import SnapshotCallback
from sweeps.checkpoints import checkpoint_name, fault_of_checkpoint, read_checkpoint, write_checkpoint
from tests.test_batch_norm import Normalized
from tests.test_own_model import NeverSeen


def recipe(data, model, optimizer, batch_size=64, epochs=6, **more):
    of_model = {"data": data, "model": model, "optimizer": optimizer, "schedule": CyclicCosine(2)}
    return Recipe(**of_model, batch_size=batch_size, epochs=epochs, **more)


few, noisy = Subset(Digits(), 150), LabelNoise(Subset(Digits(), 150), 0.3)
recipes = {
    "momentum": recipe(few, MLP((16,)), SGD(0.1, 0.9)),
    "a CNN by Adam": recipe(few, CNN((3,), activation=GELU()), Adam(0.01)),
    "dropout, clipped AMSGrad": recipe(Moons(100), MLP((8,), dropout=0.3), Clipped(AMSGrad(0.05), 1.0)),
    "L-BFGS": recipe(Moons(100), MLP((4,)), LBFGS(0.5, 4, history_size=3), 1000),
    "batch normalization": recipe(few, Normalized(0.2), SGD(0.1, 0.9)),
    "a module of one's own": recipe(few, NeverSeen(), SGD(0.1, 0.9)),
    "noise on the inputs": recipe(few, MLP((16,)), SGD(0.1, 0.9), augmentation=Noise(0.3)),
    "early stopping": recipe(noisy, MLP((32,)), SGD(0.1, 0.9), 50, 14, stopping=EarlyStopping(2)),
    "divergence": recipe(few, MLP((16,)), SGD(1e6, 0.9)),
}


def runs_of(name):
    """Five runs that differ, the last of them with the recipe of the first case."""
    own = [Run(replace(recipes[name], schedule=CyclicCosine(1 + seed % 3)), Seeds.all(seed)) for seed in range(4)]
    calm = replace(recipes["momentum"], augmentation=recipes[name].augmentation)
    together = [*own, Run(calm, Seeds.all(9))]
    return together if name == "divergence" else own


def assert_same(result, expected):
    """Compare every bit of two results."""
    assert_equal(
        {field.name: getattr(result, field.name) for field in fields(RunResult)},
        {field.name: getattr(expected, field.name) for field in fields(RunResult)},
    )


def assert_equal(value, expected):
    if isinstance(expected, Snapshot | Kept):
        value, expected = _fields(value), _fields(expected)
    if isinstance(expected, dict):
        assert value.keys() == expected.keys()
        for name in expected:
            assert_equal(value[name], expected[name])
    elif isinstance(expected, tuple | list):
        assert len(value) == len(expected)
        for first, second in zip(value, expected, strict=True):
            assert_equal(first, second)
    elif isinstance(expected, np.ndarray):
        assert value.dtype == expected.dtype
        np.testing.assert_array_equal(value, expected)
    else:
        assert value == expected


def _fields(value):
    return value._asdict() if isinstance(value, Kept) else vars(value)


@pytest.mark.parametrize("name", recipes)
def test_runs_that_go_on_in_another_stack_end_as_if_never_interrupted(name, tmp_path):
    runs = runs_of(name)
    written = []
    expected = fit(runs, checkpointing=Checkpointing(written.append, every=1))
    assert [each[0].epochs for each in written] == list(range(1, runs[0].recipe.epochs))
    if name == "divergence":
        assert [each.diverged_step is None for each in written[-1]] == [False] * 4 + [True]
    if name == "early stopping":
        assert any(each.weights is None for each in written[-1])
    for checkpoints in written[::2]:
        for run, checkpoint in zip(runs, checkpoints, strict=True):
            write_checkpoint(tmp_path / run.seeds.name, checkpoint)
        found = {run: read_checkpoint(tmp_path / run.seeds.name, run, "auto") for run in runs}
        # What is not taken by batched layers keeps its bits in the same stack only.
        places = range(len(runs)) if name == "a module of one's own" else [3, 0, 2]
        again = fit([runs[place] for place in places], start=found)
        for place, result in zip(places, again, strict=True):
            assert_same(result, expected[place])


@pytest.mark.parametrize("name", recipes)
def test_a_training_that_ends_early_is_the_beginning_of_the_whole_one(name):
    runs, written = runs_of(name), []
    expected = fit(runs, checkpointing=Checkpointing(written.append, every=1))
    first = fit_until(runs, 2)
    assert_equal([vars(each) for each in first], [vars(each) for each in written[1]])
    further = fit_until(runs, 5, start=dict(zip(runs, first, strict=True)))
    assert_equal([vars(each) for each in further], [vars(each) for each in written[4]])
    for result, whole in zip(fit(runs, start=dict(zip(runs, further, strict=True))), expected, strict=True):
        assert_same(result, whole)


def test_a_training_ends_after_where_it_stands_and_not_beyond_its_end():
    runs = runs_of("momentum")[:1]
    (stands,) = fit_until(runs, 2)
    for epochs in (1, 2, 7):
        with pytest.raises(ValueError, match=rf"After 2 of 6 epochs .* until {epochs}"):
            fit_until(runs, epochs, start={runs[0]: stands})


def test_runs_after_different_epochs_are_no_stack():
    runs, written = runs_of("momentum"), []
    fit(runs, checkpointing=Checkpointing(written.append, every=2))
    start = {runs[0]: written[0][0], runs[1]: written[1][1]}
    with pytest.raises(ValueError, match="same epoch"):
        fit(runs[:2], start=start)
    with pytest.raises(ValueError, match="same epoch"):
        fit(runs[:3], start={runs[0]: written[0][0]})


def test_a_checkpoint_is_written_at_the_end_of_an_epoch_once_a_minute_has_passed():
    times = iter([0.0, 59.0, 61.0, 62.0, 110.0, 121.9, 122.0, 123.0])
    written = []

    def keep(checkpoints):
        written.append(checkpoints[0].epochs)

    callback = CheckpointCallback(Checkpointing(keep), SnapshotCallback(), EarlyStoppingCallback(), lambda: next(times))
    fit(runs_of("momentum")[:1], callbacks=[callback])
    # Asked after each epoch, and once more when it has written.
    assert written == [2, 5]


@pytest.fixture(scope="module")
def checkpoint():
    written = []
    fit(runs_of("momentum")[:1], checkpointing=Checkpointing(written.append, every=3))
    return written[0][0]


def test_the_same_checkpoint_is_the_same_bytes(checkpoint, tmp_path):
    contents = set()
    for _ in range(8):
        write_checkpoint(tmp_path, checkpoint)
        contents.add((tmp_path / checkpoint_name).read_bytes())
    assert len(contents) == 1


def test_a_damaged_checkpoint_is_none(checkpoint, tmp_path):
    write_checkpoint(tmp_path, checkpoint)
    path = tmp_path / checkpoint_name
    whole = path.read_bytes()
    assert read_checkpoint(tmp_path, checkpoint.run, "auto") is not None
    assert fault_of_checkpoint(path) is None
    generator = np.random.default_rng(0)
    for place in [0, 9, *generator.integers(len(whole), size=40).tolist(), len(whole) - 1]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(generator.integers(8))
        for damaged in (bytes(flipped), whole[:place]):
            path.write_bytes(damaged)
            assert read_checkpoint(tmp_path, checkpoint.run, "auto") is None
            assert fault_of_checkpoint(path).startswith("cannot be read (")


def test_the_checkpoint_of_something_else_is_none(checkpoint, tmp_path):
    write_checkpoint(tmp_path, checkpoint)
    run = checkpoint.run
    others = [replace(run, seeds=Seeds.all(5)), replace(run, recipe=replace(run.recipe, epochs=7))]
    assert [read_checkpoint(tmp_path, other, "auto") for other in others] == [None, None]
    assert read_checkpoint(tmp_path, run, "functional") is None
    with mock.patch("sweeps.checkpoints.version", return_value="0.0.0"):
        assert read_checkpoint(tmp_path, run, "auto") is None
    assert isinstance(read_checkpoint(tmp_path, run, "auto"), Checkpoint)
