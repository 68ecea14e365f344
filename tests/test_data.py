"""Data sets, their split and their standardisation; the independent streams of random numbers."""

from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from lightning_modules.data.cifar10 import CIFAR10
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.digits import Digits
from lightning_modules.data.fashion_mnist import FashionMNIST
from lightning_modules.data.kmnist import KMNIST
from lightning_modules.data.mnist import MNIST
from lightning_modules.data.moons import Moons
from lightning_modules.data.split import split
from lightning_modules.data.standardize import Standardize
from lightning_modules.errors import InvalidInput
from lightning_modules.randomness import stream
from lightning_modules.recipe import Seeds
from lightning_modules.training.stack_data import StackData
from tests.conftest import components

found = components("lightning_modules.data", Data)
fetched = (CIFAR10, FashionMNIST, KMNIST, MNIST)
ready = [cls for cls in found if cls not in fetched and all(field.default is not MISSING for field in fields(cls))]
"""The data sets that load without the network and without being told more; the others have tests of their own."""
names = ("train", "validation", "calibration", "test")


@pytest.mark.parametrize("cls", ready)
def test_every_data_set_keeps_the_contract(cls):
    first, second = cls().load(), cls().load()
    assert first.inputs.dtype == np.float32
    assert first.inputs.shape == (len(first.targets), *first.shape)
    if first.task == "regression":
        assert first.targets.dtype == np.float32
        assert first.targets.shape == (len(first.inputs), first.outputs)
        assert np.isfinite(first.targets).all()
    else:
        assert first.targets.dtype == np.int64
        assert first.targets.shape == (len(first.inputs),)
        assert set(np.unique(first.targets)) == set(range(first.outputs))
    assert np.isfinite(first.inputs).all()
    np.testing.assert_array_equal(first.inputs, second.inputs)
    np.testing.assert_array_equal(first.targets, second.targets)


def test_digits_are_the_1797_images():
    digits = Digits().load()
    assert digits.inputs.shape == (1797, 1, 8, 8)
    assert (digits.inputs.min(), digits.inputs.max()) == (0, 16)
    assert np.bincount(digits.targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize("moved", [False, True], ids=["from the file", "where scikit-learn has moved it"])
def test_digits_are_those_of_scikit_learn(moved, monkeypatch):
    if moved:
        monkeypatch.setattr(Path, "exists", lambda _: False)
    digits, expected = Digits().load(), load_digits()
    np.testing.assert_array_equal(digits.inputs[:, 0], expected.images)
    np.testing.assert_array_equal(digits.targets, expected.target)


def test_moons_lie_on_two_half_circles():
    moons = Moons(300, noise=0.0, seed=3).load()
    x, y = moons.inputs.T
    radius = np.where(moons.targets == 0, np.hypot(x, y), np.hypot(x - 1, y - 0.5))
    np.testing.assert_allclose(radius, 1, atol=1e-6)
    assert not np.array_equal(Moons(300, seed=4).load().inputs, Moons(300, seed=5).load().inputs)


def unbalanced(sizes):
    targets = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(0)
    return Dataset(rng.normal(size=(len(targets), 2)).astype(np.float32), rng.permutation(targets), len(sizes))


@given(sizes=st.lists(st.integers(40, 120), min_size=2, max_size=5), seed=st.integers(0, 2**40))
def test_the_parts_are_disjoint_cover_everything_and_are_stratified(sizes, seed):
    dataset = unbalanced(sizes)
    division = split(dataset, seed)
    parts = [getattr(division, name) for name in names]
    count = len(dataset.targets)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(count))
    assert [len(part) for part in parts[1:]] == [round(fraction * count) for fraction in (0.15, 0.05, 0.2)]
    for part in parts:
        shares = np.bincount(dataset.targets[part], minlength=len(sizes))
        # Whole examples: each of up to three cuts rounds a class by less than one.
        assert (np.abs(shares - np.array(sizes) * len(part) / count) < 3).all()
        assert (np.diff(part) > 0).all()


@given(seed=st.integers(0, 2**40))
def test_a_split_is_a_function_of_its_seed_and_its_sizes_are_not(seed):
    dataset = Digits().load()
    first, second, other = split(dataset, seed), split(dataset, seed), split(dataset, seed + 1)
    for name in names:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
        assert len(getattr(first, name)) == len(getattr(other, name))
        assert not np.array_equal(getattr(first, name), getattr(other, name))
    assert [len(getattr(first, name)) for name in names] == [1078, 270, 90, 359]


def test_too_few_examples_of_a_class_are_refused():
    with pytest.raises(InvalidInput, match="23 examples in 2 classes is too small to split four ways"):
        split(unbalanced([22, 1]), 0)


@given(examples=st.integers(2, 40), seed=st.integers(0, 99), scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_training_examples_get_zero_mean_and_unit_variance(examples, seed, scale):
    inputs = np.random.default_rng(seed).normal(3 * scale, scale, (examples, 2, 3)).astype(np.float32)
    result = Standardize().fit(inputs)(inputs).astype(np.float64)
    np.testing.assert_allclose(result.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(result.std(axis=0), 1, atol=1e-4)


def test_a_constant_feature_is_centred_and_not_divided():
    train = np.array([[5.0, 1.0], [5.0, 3.0]], dtype=np.float32)
    transform = Standardize().fit(train)
    assert transform(train).tolist() == [[0.0, -1.0], [0.0, 1.0]]
    assert transform(np.array([[7.0, 4.0]], dtype=np.float32)).tolist() == [[2.0, 2.0]]


def test_stack_data_is_standardised_by_the_training_examples_of_each_split():
    seeds = [Seeds(0, 0, 3), Seeds(1, 1, 8), Seeds(2, 2, 3)]
    data, dataset = StackData.of(Digits(), Standardize(), seeds, torch.float64), Digits().load()
    assert len(data.inputs) == 2 * 1797
    assert torch.isfinite(data.inputs).all()
    for run, each in enumerate(seeds):
        division = split(dataset, each.split)
        train = dataset.inputs[division.train].astype(np.float64)
        constant = train.std(axis=0) == 0
        assert constant.sum() >= 3
        for name in names:
            inputs, targets = data.take(data.rows[name][run : run + 1])
            raw = dataset.inputs[getattr(division, name)]
            expected = (raw - train.mean(axis=0)) / np.where(constant, 1, train.std(axis=0))
            np.testing.assert_allclose(inputs[0].numpy(), expected, atol=1e-4)
            np.testing.assert_array_equal(targets[0].numpy(), dataset.targets[getattr(division, name)])
        inputs, _ = data.take(data.rows["train"][run : run + 1])
        assert (inputs[0][:, torch.from_numpy(constant)] == 0).all()


def test_the_order_of_an_epoch_is_a_function_of_the_order_seed_and_the_epoch():
    seeds = [Seeds(0, 5, 1), Seeds(7, 5, 1), Seeds(0, 6, 1)]
    data = StackData.of(Moons(100), Standardize(), seeds, torch.float32)
    first, again, second = data.epoch_table(0), data.epoch_table(0), data.epoch_table(1)
    assert torch.equal(first, again)
    assert torch.equal(first[0], first[1])
    assert not torch.equal(first[0], first[2])
    assert not torch.equal(first[0], second[0])
    for table in (first, second):
        assert torch.equal(table.sort(dim=1).values, data.rows["train"])
    kept = data.keep([2, 0])
    assert torch.equal(kept.epoch_table(1), second[[2, 0]])
    # Written down in NumPy's own words: results that are stored stay what a new training comes to.
    order = np.random.default_rng(stream("order", 6, 1)).permutation(data.train_size)
    assert torch.equal(second[2], data.rows["train"][2, order])


def test_streams_share_nothing():
    keys = [
        (purpose, *key) for purpose in ("init", "order", "split", "direction") for key in ((0,), (1,), (0, 1), (1, 0))
    ]
    seeds = [stream(*key) for key in keys]
    assert len(set(seeds)) == len(keys)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert seeds == [stream(*key) for key in keys]
    draws = np.stack([np.random.default_rng(seed).normal(size=4000) for seed in seeds])
    correlations = np.corrcoef(draws) - np.eye(len(keys))
    assert np.abs(correlations).max() < 6 / np.sqrt(4000)


def test_streams_stay_what_they_are():
    """What is stored was drawn from them, and is compared with what is drawn anew."""
    assert stream("init", 0) == 2918264622725855778
    assert stream("order", 6, 1) == 6928100441753914123
    assert stream("posterior", 2**40, 3) == 4247110167401468038


def test_a_stream_depends_on_its_whole_key():
    assert len({stream("order", seed, epoch) for seed in range(40) for epoch in range(40)}) == 1600
    with pytest.raises(ValueError, match="not in"):
        stream("colour", 0)
