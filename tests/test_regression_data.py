"""Data sets with real targets: their values by closed forms, their split, and the losses that do not take them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.absolute_value import AbsoluteValue
from lightning_modules.data.dataset import Data, Dataset, Examples
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.digits import Digits
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.npz import Npz
from lightning_modules.data.sawtooth import Sawtooth
from lightning_modules.data.sine import Sine
from lightning_modules.data.split import split
from lightning_modules.data.square import Square
from lightning_modules.data.standardize import Standardize
from lightning_modules.data.step import Step
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import StackData, load, split_of
from sweeps.packing import stack_size

functions = {
    Square: (lambda x: x**2, -1, 1),
    Sine: (np.sin, -np.pi, np.pi),
    AbsoluteValue: (abs, -1, 1),
    Step: (lambda x: (x >= 0).astype(float), -1, 1),
    Sawtooth: (lambda x: np.interp(x, np.arange(9) / 8, np.arange(9) % 2), 0, 1),
}


@pytest.mark.parametrize("cls", functions)
def test_functions_have_their_values_over_their_interval(cls):
    value, low, high = functions[cls]
    data = cls(examples=500).load()
    x, y = data.inputs[:, 0].astype(np.float64), data.targets[:, 0]
    np.testing.assert_allclose(y, value(x), atol=1e-6)
    assert (low <= x).all()
    assert (x < high).all()
    assert np.histogram(x, 5, (low, high))[0].min() > 70
    assert not np.array_equal(cls(seed=1).load().inputs, cls(seed=2).load().inputs)
    noise = cls(examples=4000, noise=0.2).load().targets - cls(examples=4000).load().targets
    assert noise.std() == pytest.approx(0.2, rel=0.05)
    assert abs(noise.mean()) < 0.02


@given(st.integers(1, 8))
def test_a_sawtooth_of_k_folds_has_2_to_the_k_pieces(folds):
    data = Sawtooth(folds=folds, examples=8000).load()
    y = data.targets[np.argsort(data.inputs[:, 0]), 0]
    assert (np.diff(np.sign(np.diff(y))) != 0).sum() == 2**folds - 1
    assert y.max() > 0.9


def test_diabetes_is_442_patients_in_10_features():
    patients = load(Diabetes())
    assert (patients.shape, patients.outputs, patients.task) == ((10,), 1, "regression")
    assert (len(patients.inputs), patients.targets.min(), patients.targets.max()) == (442, 25, 346)
    assert patients.inputs[0, :3].tolist() == pytest.approx([59, 2, 32.1])


@given(count=st.integers(20, 300), seed=st.integers(0, 2**40))
def test_real_targets_are_split_without_strata(count, seed):
    dataset = Square(count).load()
    parts = [vars(split(dataset, seed))[part] for part in ("train", "validation", "calibration", "test")]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(count))
    assert [len(part) for part in parts[1:]] == [round(fraction * count) for fraction in (0.15, 0.05, 0.2)]
    with pytest.raises(InvalidInput, match=r"A data set of 3 examples is too small to split four ways"):
        split(Dataset(dataset.inputs[:3], dataset.targets[:3], None), seed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_stack_data_carries_real_targets(dtype):
    seeds = [Seeds(0, 0, 1), Seeds(1, 1, 2)]
    stack = StackData.of(Subset(Diabetes(), 50), Standardize(), seeds, dtype)
    assert stack.targets.dtype == dtype
    for run, seed in enumerate((1, 2)):
        _, targets = stack.take(stack.rows["test"])
        assert targets.shape == (2, 88, 1)
        expected = load(Diabetes()).targets[split_of(Diabetes(), seed).test]
        np.testing.assert_array_equal(targets[run].numpy(), expected)
    assert stack.train_size == 50


def test_a_subset_of_real_targets_is_part_of_a_larger_one():
    dataset, rows = load(Diabetes()), split_of(Diabetes(), 0).train
    whole = Examples(rows, dataset.targets[rows])
    smaller, larger = (Subset(Diabetes(), count).training(whole, dataset, 0) for count in (40, 90))
    assert set(smaller.rows) < set(larger.rows) < set(rows)
    np.testing.assert_array_equal(smaller.targets, dataset.targets[smaller.rows])


@pytest.mark.parametrize("targets", [np.linspace(0, 1, 40), np.ones((40, 3), np.float32), np.arange(40.0)])
def test_a_file_with_real_targets_is_a_regression(targets, tmp_path):
    np.savez(tmp_path / "mine.npz", inputs=np.eye(40), targets=targets)
    dataset = Npz(str(tmp_path / "mine.npz")).load()
    assert (dataset.task, dataset.classes, dataset.outputs) == ("regression", None, targets.size // 40)
    np.testing.assert_array_equal(dataset.targets, targets.reshape(40, -1).astype(np.float32))


def recipe_of(data: Data) -> Recipe:
    return Recipe(data=data, model=MLP((4,)), initializer=HeNormal(), optimizer=SGD(0.1), schedule=Cosine(), epochs=1)


def test_a_loss_of_classes_refuses_real_targets():
    sentence = r"The loss CrossEntropy is for classification, and the data set is for regression: give .* regression"
    for attempt in (lambda recipe: fit([Run(recipe, Seeds.all(0))]), stack_size):
        with pytest.raises(InvalidInput, match=sentence):
            attempt(recipe_of(Sine()))
    CrossEntropy().check(load(Digits()))
    dataset = load(Diabetes())
    with pytest.raises(InvalidInput, match="Label noise changes classes, and the data set has real targets"):
        LabelNoise(Diabetes(), 0.1).training(Examples(np.arange(5), dataset.targets[:5]), dataset, 0)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Square(19), r"The square's examples is 19: give a whole number of at least 20\."),
        (lambda: Sine(noise=-1), r"The sine's noise is -1"),
        (lambda: AbsoluteValue(seed=-1), r"The absolute value's seed is -1"),
        (lambda: Step(0), r"The step's examples is 0"),
        (lambda: Sawtooth(0), r"The sawtooth's folds is 0"),
        (lambda: Sawtooth(examples=3), r"The sawtooth's examples is 3"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()
