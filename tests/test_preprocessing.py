"""Preprocessing against scikit-learn and closed forms; fitted on what is trained on and nothing else."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA as ReferencePCA

from lightning_modules.data import principal_axes
from lightning_modules.data.breast_cancer import BreastCancer
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.digits import Digits
from lightning_modules.data.identity import Identity
from lightning_modules.data.pca import PCA
from lightning_modules.data.pipeline import Pipeline
from lightning_modules.data.preprocessing import Preprocessing
from lightning_modules.data.standardize import Standardize
from lightning_modules.data.subset import Subset
from lightning_modules.data.whiten import Whiten
from lightning_modules.data.wine import Wine
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import StackData, load, parts, split_of
from sweeps.packing import stack_size
from tests.conftest import components, instances

found = components("lightning_modules.data", Preprocessing)
standard = Pipeline((Standardize(), PCA(12), Whiten(0)))


def correlated(examples, features, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(examples, features)) @ rng.normal(size=(features, features)) + 3
    return inputs.astype(np.float32)


def covariance(inputs):
    return np.atleast_2d(np.cov(inputs.astype(np.float64), rowvar=False, bias=True))


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), shape=st.sampled_from([(3,), (1, 4, 5), (2, 3, 2)]), seed=st.integers(0, 9))
def test_every_preprocessing_keeps_the_contract(cls, data, shape, seed):
    preprocessing = data.draw(instances(cls))
    inputs = np.random.default_rng(seed).normal(2, 3, (50, *shape)).astype(np.float32)
    before = inputs.copy()
    try:
        expected = preprocessing.output_shape(shape)
    except InvalidInput:
        with pytest.raises(InvalidInput, match="PCA cannot keep"):
            preprocessing.fit(inputs[:45])
        return
    transform = preprocessing.fit(inputs[:45])
    result = transform(inputs)
    assert result.shape == (50, *expected)
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    np.testing.assert_array_equal(inputs, before)
    np.testing.assert_array_equal(preprocessing.fit(inputs[:45])(inputs), result)
    np.testing.assert_allclose(transform(inputs[48:]), result[48:], rtol=1e-5, atol=1e-5)


def test_identity_changes_nothing():
    inputs = correlated(5, 3)
    np.testing.assert_array_equal(Identity().fit(inputs[:2])(inputs), inputs)


@given(st.integers(2, 8), st.integers(1, 8), st.integers(0, 20))
def test_pca_equals_scikit_learn_up_to_signs(features, components, seed):
    components = min(components, features)
    inputs = correlated(60, features, seed)
    reference = ReferencePCA(components, svd_solver="full").fit(inputs[:50].astype(np.float64))
    ours, theirs = PCA(components).fit(inputs[:50])(inputs), reference.transform(inputs.astype(np.float64))
    signs = np.sign((ours * theirs).sum(axis=0))
    np.testing.assert_allclose(ours * signs, theirs, rtol=1e-4, atol=1e-4)
    variances = reference.explained_variance_ * 49 / 50
    np.testing.assert_allclose(covariance(ours[:50]), np.diag(variances), rtol=1e-4, atol=1e-4 * variances[0])


@given(st.integers(1, 8), st.integers(0, 20))
def test_whitening_equals_scikit_learn_and_makes_the_covariance_the_identity(features, seed):
    inputs = correlated(60, features, seed)
    ours = Whiten(0).fit(inputs[:50])(inputs)
    theirs = ReferencePCA(whiten=True, svd_solver="full").fit(inputs[:50].astype(np.float64)).transform(inputs)
    signs = np.sign((ours * theirs).sum(axis=0))
    np.testing.assert_allclose(ours * signs * np.sqrt(49 / 50), theirs, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(covariance(ours[:50]), np.eye(features), atol=1e-4)
    np.testing.assert_allclose(ours[:50].mean(axis=0, dtype=np.float64), 0, atol=1e-4)


@given(st.floats(1e-3, 10), st.integers(0, 9))
def test_epsilon_damps_what_varies_little(epsilon, seed):
    inputs = correlated(80, 5, seed)
    variances = np.linalg.eigvalsh(covariance(inputs))[::-1]
    result = Whiten(epsilon).fit(inputs)(inputs)
    np.testing.assert_allclose(covariance(result), np.diag(variances / (variances + epsilon)), atol=1e-4)


@pytest.mark.parametrize("data", [Digits(), BreastCancer(), Wine()])
@pytest.mark.parametrize("first", [Identity(), Standardize()])
def test_real_data_is_whitened_but_for_the_directions_that_do_not_vary(data, first):
    inputs = load(data).inputs
    result = Pipeline((first, Whiten(0))).fit(inputs)(inputs)
    missing = 3 if data == Digits() else 0
    diagonal = np.ones(result.shape[1])
    diagonal[len(diagonal) - missing :] = 0
    np.testing.assert_allclose(covariance(result), np.diag(diagonal), atol=2e-3)


def test_a_direction_without_training_variance_is_only_centred():
    train = correlated(40, 3)
    train = np.column_stack([train, np.full(40, 5, np.float32), train[:, 0] + train[:, 1]])
    other = train[:1].copy()
    other[0, 3] += 2
    transform = Whiten().fit(train)
    difference = np.abs(transform(other) - transform(train[:1]))[0]
    assert np.sort(difference)[-1] == pytest.approx(2, rel=1e-3)
    assert np.linalg.norm(difference) == pytest.approx(2, rel=1e-3)
    np.testing.assert_allclose(np.diag(covariance(transform(train))), [1, 1, 1, 0, 0], atol=1e-3)
    constant = Whiten(0).fit(train * 0)(train)
    np.testing.assert_array_equal(np.sort(constant, axis=1), np.sort(train, axis=1))


def test_large_data_goes_through_in_blocks(monkeypatch):
    inputs = correlated(50, 6)
    whole = [step.fit(inputs)(inputs) for step in (PCA(4), Whiten())]
    monkeypatch.setattr(principal_axes, "_block", 7)
    for step, expected in zip((PCA(4), Whiten()), whole, strict=True):
        np.testing.assert_allclose(step.fit(inputs)(inputs), expected, rtol=1e-4, atol=1e-5)


def test_a_pipeline_goes_step_by_step():
    inputs = load(BreastCancer()).inputs
    train = inputs[:300]
    first = Standardize().fit(train)
    second = PCA(12).fit(first(train))
    third = Whiten(0).fit(second(first(train)))
    np.testing.assert_array_equal(standard.fit(train)(inputs), third(second(first(inputs))))
    assert standard.output_shape((30,)) == (12,)
    np.testing.assert_allclose(covariance(standard.fit(train)(train)), np.eye(12), atol=1e-3)


@dataclass(frozen=True)
class Spoilt(Data):
    """Digits whose examples outside of the training part of split 3 are nonsense."""

    def load(self) -> Dataset:
        digits = load(Digits())
        inputs = np.full_like(digits.inputs, 1e6)
        rows = split_of(Digits(), 3).train
        inputs[rows] = digits.inputs[rows]
        return Dataset(inputs, digits.targets, digits.classes)


@pytest.mark.parametrize("preprocessing", [Standardize(), PCA(20), Whiten(0.01), Pipeline((Standardize(), PCA(5)))])
def test_nothing_but_the_training_part_is_looked_at(preprocessing):
    seeds = [Seeds.all(3)]
    spoilt, sound = (StackData.of(data, preprocessing, seeds, torch.float64) for data in (Spoilt(), Digits()))
    rows = sound.rows["train"]
    assert torch.equal(spoilt.take(rows)[0], sound.take(rows)[0])
    assert not torch.allclose(spoilt.take(sound.rows["test"])[0], sound.take(sound.rows["test"])[0])


@pytest.mark.parametrize("data", [Digits(), Subset(Digits(), 100)])
def test_stack_data_is_preprocessed_by_what_each_run_trains_on(data):
    seeds = [Seeds(0, 0, 3), Seeds(1, 1, 8), Seeds(2, 2, 3)]
    stack = StackData.of(data, PCA(20), seeds, torch.float32)
    assert stack.shape == (20,)
    dataset = load(data)
    for run, each in enumerate(seeds):
        inputs, _ = stack.take(stack.rows["train"][run : run + 1])
        np.testing.assert_allclose(inputs[0].double().mean(dim=0).numpy(), 0, atol=1e-3)
        spread = covariance(inputs[0].numpy())
        np.testing.assert_allclose(spread - np.diag(np.diag(spread)), 0, atol=1e-3)
        for part in parts:
            inputs, targets = stack.take(stack.rows[part][run : run + 1])
            assert inputs.shape == (1, len(getattr(split_of(data, each.split), part)), 20)
            np.testing.assert_array_equal(
                targets[0].numpy(), dataset.targets[getattr(split_of(data, each.split), part)]
            )


def recipe_of(**changes):
    values = {
        "data": Digits(),
        "model": MLP((16,)),
        "initializer": HeNormal(),
        "optimizer": SGD(0.05, momentum=0.9),
        "schedule": Cosine(),
        "epochs": 3,
    }
    return Recipe(**{**values, **changes})


@dataclass(frozen=True)
class Prepared(Data):
    """Digits as scikit-learn's whitened components of the training part of split 5."""

    def load(self) -> Dataset:
        digits = load(Digits())
        flat = digits.inputs.reshape(len(digits.inputs), -1).astype(np.float64)
        train = split_of(Digits(), 5).train
        reference = ReferencePCA(10, whiten=True, svd_solver="full").fit(flat[train])
        signs = np.sign(reference.components_[np.arange(10), np.abs(reference.components_).argmax(axis=1)])
        inputs = signs * reference.transform(flat) * np.sqrt(len(train) / (len(train) - 1))
        return Dataset(inputs.astype(np.float32), digits.targets, digits.classes)


def test_training_on_preprocessed_data_is_training_on_data_prepared_by_hand():
    seeds = Seeds(1, 2, 5)
    (result,) = fit([Run(recipe_of(preprocessing=Pipeline((PCA(10), Whiten(0)))), seeds)], precision="64-true")
    (expected,) = fit([Run(recipe_of(data=Prepared(), preprocessing=Identity()), seeds)], precision="64-true")
    np.testing.assert_allclose(result.train_loss, expected.train_loss, atol=1e-4)
    np.testing.assert_allclose(result.validation_loss, expected.validation_loss, atol=1e-4)
    assert result.snapshots[0].weights["1.weight"].shape == (16, 10)
    (raw,) = fit([Run(recipe_of(preprocessing=Identity()), seeds)], precision="64-true")
    assert raw.train_loss[0] > 2 * result.train_loss[0]


def test_stacks_are_packed_by_the_preprocessed_shape():
    assert stack_size(recipe_of(model=MLP((512, 512)))) == stack_size(
        recipe_of(model=MLP((512, 512)), preprocessing=Whiten())
    )
    wide = recipe_of(model=MLP((2048,)))
    assert stack_size(wide) < stack_size(recipe_of(model=MLP((2048,)), preprocessing=PCA(2)))
    with pytest.raises(InvalidInput, match=r"A CNN needs images .* not inputs of shape \(20,\)"):
        stack_size(recipe_of(model=CNN(), preprocessing=PCA(20)))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: PCA(0), r"PCA's components is 0: give a whole number of at least 1\."),
        (lambda: PCA(0.9), r"PCA's components is 0\.9"),
        (lambda: PCA(65).output_shape((1, 8, 8)), r"PCA cannot keep 65 components of inputs with 64 features: .* 64\."),
        (
            lambda: PCA(5).fit(correlated(5, 6)),
            r"PCA cannot keep 5 components of 5 training examples: give at most 4\.",
        ),
        (lambda: Whiten(-1), r"Whiten's epsilon is -1: give a finite number of at least 0\."),
        (lambda: Pipeline(()), r"The pipeline's steps are \(\): give a tuple of preprocessings"),
        (lambda: Pipeline([PCA(2)]), r"The pipeline's steps are \[PCA\(components=2\)\]: give a tuple"),
        (lambda: Pipeline((PCA,)), r"The pipeline's steps are \(<class .*PCA'>,\): give a tuple"),
        (
            lambda: fit([Run(recipe_of(data=Subset(Digits(), 30), preprocessing=PCA(30)), Seeds.all(0))]),
            r"PCA cannot keep 30 components of 30 training examples: give at most 29\.",
        ),
    ],
)
def test_what_cannot_be_preprocessed_is_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()
