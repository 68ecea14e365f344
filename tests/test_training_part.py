"""Wrappers that change what is trained on: fewer examples, wrong labels; every other part stays as it was."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.blobs import Blobs
from lightning_modules.data.dataset import Data, Examples
from lightning_modules.data.digits import Digits
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.moons import Moons
from lightning_modules.data.standardize import Standardize
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import StackData, load, parts, split_of

digits = load(Digits())


def trained_on(data, seed=0) -> Examples:
    dataset, rows = load(data), split_of(data, seed).train
    return data.training(Examples(rows, dataset.targets[rows]), dataset, seed)


def as_pairs(examples):
    return set(zip(examples.rows.tolist(), examples.targets.tolist(), strict=True))


@given(st.integers(1, 1078), st.integers(0, 5), st.integers(0, 5))
def test_a_subset_is_a_stratified_part_of_the_training_part(count, seed, split_seed):
    kept, whole = trained_on(Subset(Digits(), count, seed), split_seed), trained_on(Digits(), split_seed)
    assert len(kept.rows) == len(kept.targets) == count
    assert as_pairs(kept) <= as_pairs(whole)
    assert (np.diff(kept.rows) > 0).all()
    expected = np.bincount(whole.targets) * count / len(whole.rows)
    assert (np.abs(np.bincount(kept.targets, minlength=10) - expected) <= 1).all()
    assert as_pairs(trained_on(Subset(Digits(), count, seed), split_seed)) == as_pairs(kept)


@given(st.integers(1, 1000), st.integers(0, 78), st.integers(0, 3))
def test_a_smaller_subset_is_part_of_a_larger_one(count, more, split_seed):
    smaller, larger = (trained_on(Subset(Digits(), size), split_seed) for size in (count, count + more))
    assert as_pairs(smaller) <= as_pairs(larger)


def test_subsets_of_different_seeds_or_splits_are_different():
    kept = [
        frozenset(trained_on(Subset(Digits(), 150, seed), split_seed).rows.tolist())
        for seed, split_seed in ((0, 0), (1, 0), (0, 1))
    ]
    assert len(set(kept)) == 3
    # Drawn by chance, not by preferring the same examples: of 150 among 1,078, 21 are expected to be common.
    assert len(kept[0] & kept[1]) < 45


@given(st.floats(0, 0.99), st.integers(0, 5), st.integers(0, 5))
def test_exactly_a_fraction_of_the_training_labels_is_another_class(fraction, seed, split_seed):
    noisy = trained_on(LabelNoise(Digits(), fraction, seed), split_seed)
    clean = trained_on(Digits(), split_seed)
    np.testing.assert_array_equal(noisy.rows, clean.rows)
    assert (noisy.targets != clean.targets).sum() == round(fraction * 1078)
    assert set(noisy.targets) <= set(range(10))
    np.testing.assert_array_equal(noisy.targets, trained_on(LabelNoise(Digits(), fraction, seed), split_seed).targets)
    more = trained_on(LabelNoise(Digits(), min(0.99, fraction + 0.3), seed), split_seed)
    wrong = noisy.targets != clean.targets
    np.testing.assert_array_equal(noisy.targets[wrong], more.targets[wrong])


def test_every_other_class_is_equally_likely():
    data = Blobs(9000, classes=3)
    clean, noisy = trained_on(data), trained_on(LabelNoise(data, 2 / 3))
    table = np.zeros((3, 3))
    np.add.at(table, (clean.targets, noisy.targets), 1)
    # Of 5,400 examples a third each: 600 a cell, with a deviation of at most 24. The labels say nothing any more.
    assert (np.abs(table - 600) < 100).all()
    others = [(trained_on(LabelNoise(data, 0.5, seed), split)).targets for seed, split in ((0, 0), (1, 0), (0, 1))]
    assert not np.array_equal(others[0], others[1])
    assert (others[0] != trained_on(data).targets).mean() == pytest.approx(
        (others[2] != trained_on(data, 1).targets).mean()
    )


def test_wrappers_go_into_each_other():
    kept = trained_on(Subset(Digits(), 200))
    noisy = trained_on(LabelNoise(Subset(Digits(), 200), 0.25))
    np.testing.assert_array_equal(noisy.rows, kept.rows)
    assert (noisy.targets != kept.targets).sum() == 50
    other = trained_on(Subset(LabelNoise(Digits(), 0.25), 200))
    assert as_pairs(other) <= as_pairs(trained_on(LabelNoise(Digits(), 0.25)))
    assert 25 < (other.targets != digits.targets[other.rows]).sum() < 75


@pytest.mark.parametrize("data", [LabelNoise(Subset(Digits(), 150), 0.3), Subset(LabelNoise(Digits(), 0.3), 150)])
def test_only_the_training_part_of_stack_data_is_changed(data):
    seeds = [Seeds(0, 0, 4), Seeds(1, 1, 2), Seeds(2, 2, 4)]
    stack, plain = (
        StackData.of(data, Standardize(), seeds, torch.float64),
        StackData.of(Digits(), Standardize(), seeds, torch.float64),
    )
    assert stack.train_size == 150
    assert len(stack.inputs) == 2 * (150 + 270 + 90 + 359)
    for run, each in enumerate(seeds):
        examples = trained_on(data, each.split)
        train = digits.inputs[examples.rows].astype(np.float64)
        scale = np.where(train.std(axis=0) > 0, train.std(axis=0), 1)
        for part in ("train", *parts):
            rows = examples.rows if part == "train" else getattr(split_of(data, each.split), part)
            inputs, targets = stack.take(stack.rows[part][run : run + 1])
            np.testing.assert_allclose(
                inputs[0].numpy(), (digits.inputs[rows] - train.mean(axis=0)) / scale, rtol=1e-5, atol=1e-4
            )
            if part == "train":
                np.testing.assert_array_equal(targets[0].numpy(), examples.targets)
            else:
                _, clean = plain.take(plain.rows[part][run : run + 1])
                assert torch.equal(targets[0], clean[0])
    assert torch.equal(stack.epoch_table(3).sort(dim=1).values, stack.rows["train"])


def accuracies(data, epochs):
    recipe = Recipe(
        data=data,
        model=MLP((256,)),
        initializer=HeNormal(),
        optimizer=SGD(0.1, momentum=0.9),
        schedule=Cosine(),
        batch_size=32,
        epochs=epochs,
    )
    (result,) = fit([Run(recipe, Seeds.all(1))])
    (snapshot,) = result.snapshots
    np.testing.assert_array_equal(result.targets["test"], digits.targets[split_of(Digits(), 1).test])
    return result, (snapshot.predictions["test"].argmax(axis=1) == result.targets["test"]).mean()


def test_random_labels_are_learned_by_heart_and_say_nothing_about_the_test():
    result, test = accuracies(LabelNoise(Subset(Digits(), 150), 0.9), 60)
    assert result.train_loss[-5:].max() < 0.05
    assert result.steps_per_epoch == 5
    assert test < 0.3
    assert accuracies(Subset(Digits(), 150), 60)[1] > 0.85


def test_wrapped_data_is_loaded_and_split_once():
    loads = []

    @dataclass(frozen=True)
    class Counted(Data):
        examples: int = 100

        def load(self):
            loads.append(self)
            return Moons(self.examples).load()

    for data in (Counted(), Subset(Counted(), 20), LabelNoise(Subset(Counted(), 30), 0.1), LabelNoise(Counted(), 0.2)):
        assert data.source == Counted()
        StackData.of(data, Standardize(), [Seeds.all(0), Seeds.all(1)], torch.float32)
        assert load(data) is load(Counted())
        assert split_of(data, 0) is split_of(Counted(), 0)
    assert len(loads) == 1
    np.testing.assert_array_equal(Subset(Counted(), 20).load().inputs, load(Counted()).inputs)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Subset(Digits(), 0), r"The subset's examples is 0: give a whole number of at least 1\."),
        (lambda: Subset(Digits(), 0.5), r"The subset's examples is 0\.5"),
        (lambda: Subset(Digits(), 10, -1), r"The subset's seed is -1"),
        (lambda: trained_on(Subset(Digits(), 1079)), r"A subset of 1079 .* from 1078: give at most 1078\."),
        (lambda: Subset(Digits, 10), r"The subset's data is <class .*Digits'>: give a data set, such as Digits\(\)\."),
        (lambda: LabelNoise("digits", 0.1), r"The label noise's data is 'digits': give a data set"),
        (lambda: LabelNoise(Digits(), 1.0), r"The label noise's fraction is 1\.0: .* at least 0 and below 1\."),
        (lambda: LabelNoise(Digits(), -0.1), r"The label noise's fraction is -0\.1"),
        (lambda: LabelNoise(Digits(), 0.1, 1.5), r"The label noise's seed is 1\.5"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()
