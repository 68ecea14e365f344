"""What each data set holds, by a closed form or by the numbers its source publishes; what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.blobs import Blobs
from lightning_modules.data.breast_cancer import BreastCancer
from lightning_modules.data.circles import Circles
from lightning_modules.data.spirals import Spirals
from lightning_modules.data.split import split
from lightning_modules.data.wine import Wine
from lightning_modules.data.xor import XOR
from lightning_modules.errors import InvalidInput

generated = [Blobs, Circles, Spirals, XOR]


def test_breast_cancer_is_569_tumours_in_30_features():
    tumours = BreastCancer().load()
    assert tumours.inputs.shape == (569, 30)
    assert np.bincount(tumours.targets).tolist() == [212, 357]
    deviations = tumours.inputs.std(axis=0, dtype=np.float64)
    assert (0.0026 < deviations.min() < 0.0027, 568 < deviations.max() < 570) == (True, True)
    # The worst radius of a malignant tumour (class 0) is the larger one.
    assert tumours.inputs[tumours.targets == 0, 20].mean() > 20 > tumours.inputs[tumours.targets == 1, 20].mean()


def test_wine_is_178_wines_in_13_features():
    wines = Wine().load()
    assert wines.inputs.shape == (178, 13)
    assert np.bincount(wines.targets).tolist() == [59, 71, 48]
    assert wines.inputs[0].tolist() == pytest.approx(
        [14.23, 1.71, 2.43, 15.6, 127, 2.8, 3.06, 0.28, 2.29, 5.64, 1.04, 3.92, 1065]
    )


def test_circles_have_their_radii():
    circles = Circles(200, noise=0.0, factor=0.3).load()
    radius = np.hypot(*circles.inputs.T)
    np.testing.assert_allclose(radius, np.where(circles.targets == 0, 1, 0.3), atol=1e-6)


def test_blobs_are_gaussians_of_their_spread():
    blobs = Blobs(3000, classes=3, features=4, spread=0.5).load()
    assert blobs.inputs.shape == (3000, 4)
    assert np.bincount(blobs.targets).tolist() == [1000, 1000, 1000]
    for label in range(3):
        own = blobs.inputs[blobs.targets == label]
        np.testing.assert_allclose(np.cov(own.T), 0.25 * np.eye(4), atol=0.05)
        assert np.abs(own.mean(axis=0)).max() < 10.1
    points = Blobs(60, spread=0.0).load()
    assert len(np.unique(points.inputs, axis=0)) == 3


@given(classes=st.integers(2, 4), turns=st.sampled_from([0.5, 1.5, 2.0]))
def test_points_of_a_spiral_have_the_angle_of_their_radius(classes, turns):
    spirals = Spirals(400, classes=classes, turns=turns, noise=0.0).load()
    radius = np.hypot(*spirals.inputs.T).astype(np.float64)
    angle = 2 * np.pi * (turns * radius + spirals.targets / classes)
    expected = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    np.testing.assert_allclose(spirals.inputs, expected, atol=1e-5)
    assert 0.9 < radius.max() <= 1
    assert np.ptp(np.bincount(spirals.targets)) <= 1


def test_noise_of_spirals_and_xor_has_its_deviation():
    for noisy, clean in (
        (Spirals(4000, noise=0.1), Spirals(4000, noise=0.0)),
        (XOR(4000, noise=0.1), XOR(4000, noise=0)),
    ):
        difference = noisy.load().inputs - clean.load().inputs
        np.testing.assert_allclose(difference.mean(axis=0), 0, atol=0.01)
        np.testing.assert_allclose(np.cov(difference.T), 0.01 * np.eye(2), atol=0.001)


def test_clean_xor_is_the_truth_table():
    xor = XOR(400, noise=0).load()
    rows, counts = np.unique(np.column_stack([xor.inputs, xor.targets]), axis=0, return_counts=True)
    assert rows.tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert counts.tolist() == [100] * 4
    a, b = xor.inputs.astype(bool).T
    np.testing.assert_array_equal(((a | b) & ~(a & b)).astype(int), xor.targets)


@pytest.mark.parametrize("cls", generated)
def test_a_generated_data_set_is_a_function_of_its_seed_and_divides_at_any_size(cls):
    assert not np.array_equal(cls(seed=1).load().inputs, cls(seed=2).load().inputs)
    np.testing.assert_array_equal(cls(seed=3).load().inputs, cls(seed=3).load().inputs)
    smallest = Blobs(60) if cls is Blobs else cls(40)
    division = split(smallest.load(), 0)
    for part in (division.train, division.validation, division.calibration, division.test):
        assert set(smallest.load().targets[part]) == set(smallest.load().targets)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Circles(39), r"The circles' examples is 39: give a whole number of at least 40\."),
        (lambda: Circles(noise=-0.1), r"The circles' noise is -0\.1"),
        (lambda: Circles(factor=0), r"The circles' factor is 0: give a finite number above 0\."),
        (lambda: Circles(factor=1), r"The circles' factor is 1: .* below 1\."),
        (lambda: Circles(seed=0.5), r"The circles' seed is 0\.5"),
        (lambda: Blobs(59), r"The blobs' examples is 59: give a whole number of at least 60\."),
        (lambda: Blobs(classes=1), r"The blobs' classes is 1"),
        (lambda: Blobs(features=0), r"The blobs' features is 0"),
        (lambda: Blobs(spread=float("nan")), r"The blobs' spread is nan"),
        (lambda: Spirals(39), r"The spirals' examples is 39: give a whole number of at least 40\."),
        (lambda: Spirals(classes=1), r"The spirals' classes is 1"),
        (lambda: Spirals(turns=0), r"The spirals' turns is 0"),
        (lambda: Spirals(noise=-1), r"The spirals' noise is -1"),
        (lambda: XOR(39), r"XOR's examples is 39"),
        (lambda: XOR(noise=-1), r"XOR's noise is -1"),
        (lambda: XOR(seed=-1), r"XOR's seed is -1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()
