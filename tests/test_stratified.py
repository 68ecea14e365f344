"""Stratified parts: the very indices of scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from lightning_modules.data.stratified import stratified


@settings(max_examples=150, deadline=None)
@given(
    counts=st.lists(st.integers(2, 40), min_size=1, max_size=12),
    share=st.floats(0.02, 0.98),
    seed=st.integers(0, 2**32 - 1),
)
def test_parts_are_those_of_scikit_learn_index_for_index(counts, share, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    size = round(share * len(labels))
    size = min(max(size, len(counts)), len(labels) - len(counts))
    ours, theirs = np.random.RandomState(seed), np.random.RandomState(seed)
    first, second = stratified(labels, size, ours)
    expected = train_test_split(np.arange(len(labels)), test_size=size, random_state=theirs, stratify=labels)
    np.testing.assert_array_equal(first, expected[0])
    np.testing.assert_array_equal(second, expected[1])
    assert ours.randint(2**31) == theirs.randint(2**31)


@pytest.mark.parametrize(
    ("labels", "size", "reason"),
    [([0, 0, 0, 1], 2, "class 1 has a single"), ([0, 0, 1, 1], 1, "a part of 1"), ([0, 0, 1, 1], 3, "a part of 1")],
)
def test_what_cannot_be_stratified_is_refused(labels, size, reason):
    with pytest.raises(ValueError, match=reason):
        stratified(np.array(labels), size, np.random.RandomState(0))
