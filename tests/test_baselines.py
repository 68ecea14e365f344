"""Gaussian classifiers and logistic regression: exact parameter counts, and the answers of their closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.baselines.baseline import Baseline
from lightning_modules.data.baselines.linear_discriminant import LinearDiscriminant
from lightning_modules.data.baselines.logistic_baseline import LogisticBaseline
from lightning_modules.data.baselines.quadratic_discriminant import QuadraticDiscriminant
from lightning_modules.data.blobs import Blobs
from lightning_modules.data.breast_cancer import BreastCancer
from lightning_modules.data.circles import Circles
from lightning_modules.data.digits import Digits
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.sine import Sine
from lightning_modules.data.split import split
from lightning_modules.data.standardize import Standardize
from lightning_modules.data.wine import Wine
from lightning_modules.errors import InvalidInput
from lightning_modules.models.logistic_regression import LogisticRegression
from lightning_modules.models.perceptron import Perceptron
from tests.conftest import components

found = components("lightning_modules.data.baselines", Baseline)


@given(inputs=st.integers(1, 500))
def test_two_classes_have_the_parameters_of_the_literature(inputs):
    assert LinearDiscriminant().parameters(inputs, 2) == 2 * inputs + inputs * (inputs + 1) // 2 + 1
    assert QuadraticDiscriminant().parameters(inputs, 2) == 2 * inputs + inputs * (inputs + 1) + 1
    assert LogisticBaseline().parameters(inputs, 2) == inputs + 1


@given(inputs=st.integers(1, 20), classes=st.integers(2, 6))
def test_the_counts_are_those_of_the_arrays_that_are_fitted(inputs, classes):
    means, priors, covariance = classes * inputs, classes - 1, len(np.triu_indices(inputs)[0])
    assert LinearDiscriminant().parameters(inputs, classes) == means + priors + covariance
    assert QuadraticDiscriminant().parameters(inputs, classes) == means + priors + classes * covariance
    for model in (LogisticRegression(), Perceptron()):
        trained = sum(parameter.numel() for parameter in model.build((inputs,), classes).parameters())
        assert LogisticBaseline().parameters(inputs, classes) == trained


def by_hand(data, seed, shared):
    """The test accuracy of Gaussian classes by their densities, on inputs as they are: no scaling changes a choice."""
    dataset = data.load()
    division = split(dataset, seed)
    x, labels = dataset.inputs.astype(np.float64), dataset.targets
    train, test = x[division.train], x[division.test]
    own = [train[labels[division.train] == c] for c in range(dataset.classes)]
    # The unbiased estimates that scikit-learn takes for the quadratic one, pooled with the counts for the linear one.
    covariances = [np.cov(points.T, bias=shared) for points in own]
    if shared:
        pooled = sum(len(points) * c for points, c in zip(own, covariances, strict=True)) / len(train)
        covariances = [pooled] * len(own)
    scores = []
    for points, covariance in zip(own, covariances, strict=True):
        offset = test - points.mean(axis=0)
        distance = np.einsum("ni,ij,nj->n", offset, np.linalg.inv(covariance), offset)
        scores.append(np.log(len(points)) - 0.5 * distance - 0.5 * np.linalg.slogdet(covariance)[1])
    return (np.argmax(scores, axis=0) == labels[division.test]).mean()


@pytest.mark.parametrize("data", [Blobs(400, classes=3, features=4, spread=4.0), Wine(), Circles(300)], ids=str)
@pytest.mark.parametrize("seed", [0, 3])
def test_gaussian_classifiers_are_their_densities(data, seed):
    for baseline, shared in ((LinearDiscriminant(), True), (QuadraticDiscriminant(), False)):
        result = baseline.evaluate(data, Standardize(), seed)
        assert result.test_accuracy == pytest.approx(by_hand(data, seed, shared), abs=1e-12)


def test_circles_need_a_quadratic_boundary():
    data = Circles(600, noise=0.05)
    assert LinearDiscriminant().evaluate(data, Standardize(), 0).test_accuracy < 0.65
    assert LogisticBaseline().evaluate(data, Standardize(), 0).test_accuracy < 0.65
    assert QuadraticDiscriminant().evaluate(data, Standardize(), 0).test_accuracy > 0.95


@pytest.mark.parametrize("baseline", [cls(0.1) if cls is QuadraticDiscriminant else cls() for cls in found], ids=str)
def test_digits_and_tumours(baseline):
    digits = baseline.evaluate(Digits(), Standardize(), 1)
    assert 0.9 < digits.test_accuracy <= 1
    assert digits.parameters == baseline.parameters(64, 10)
    tumours = baseline.evaluate(BreastCancer(), Standardize(), 1)
    assert 0.9 < tumours.test_accuracy <= 1
    assert tumours.parameters == baseline.parameters(30, 2)


def test_a_baseline_is_trained_on_what_networks_are_trained_on():
    """With nine labels of ten wrong and the test part clean, what is learned is next to nothing."""
    noisy = LabelNoise(Blobs(600, classes=2, spread=1.0), 0.9)
    clean = LinearDiscriminant().evaluate(noisy.data, Standardize(), 0).test_accuracy
    assert clean > 0.95
    assert LinearDiscriminant().evaluate(noisy, Standardize(), 0).test_accuracy == pytest.approx(1 - clean, abs=0.05)


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(InvalidInput, match=r"cannot invert the covariance of a class, .* shrinkage above 0, or reduce"):
        QuadraticDiscriminant().evaluate(Digits(), Standardize(), 0)
    with pytest.raises(InvalidInput, match=r"LinearDiscriminant tells classes apart, and the data set has real"):
        LinearDiscriminant().evaluate(Sine(), Standardize(), 0)
    with pytest.raises(InvalidInput, match=r"quadratic discriminant's shrinkage is 1\.0"):
        QuadraticDiscriminant(1.0)
    with pytest.raises(InvalidInput, match=r"logistic baseline's penalty is 0"):
        LogisticBaseline(0)
