"""The words beside a slice say what is in its numbers."""

import numpy as np
import pytest

from analysis.slice_checks import cosine_check, loss_checks


@pytest.mark.parametrize(
    ("losses", "marked", "words"),
    [
        ([0.01, 0.1, 10.0], [0.01], ["the range covers 3.0 orders of magnitude of the loss"]),
        ([1.0, 1.01], None, ["the loss changes by 1.0 % only: the range is narrow, or the surface flat"]),
        ([0.0, 2.0], None, ["the loss goes from 0 to 2"]),
        ([-1.5, 2.0], [-1.5], ["the loss goes from -1.5 to 2"]),
        ([np.nan, np.inf, np.nan, np.nan], None, ["no point has a finite loss"]),
        (
            [np.nan, 0.5, 1.0, 5.0],
            [1.0],
            [
                "25 % of the points are not finite",
                "the range covers 1.0 orders of magnitude of the loss",
                "33 % of the points lie below the solution: it is no minimum of what is shown",
            ],
        ),
    ],
)
def test_losses_in_words(losses, marked, words):
    assert list(loss_checks(np.array(losses), None if marked is None else np.array(marked))) == words


def test_angles_in_words():
    assert cosine_check(np.array([1.0, 0.0]), np.array([0.0, 3.0])) == "the two directions have a cosine of 0.00"
    assert cosine_check(np.array([1.0, 1.0]), np.array([1.0, 0.0])) == "the two directions have a cosine of 0.71"
    assert cosine_check(np.zeros(2), np.array([0.0, 3.0])) == "one of the two directions has no length"
