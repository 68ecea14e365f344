"""Entropy, cross-entropy and divergence against scipy; likelihood and divergence choose the same prediction."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.information import information
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy


@given(st.integers(2, 6), st.integers(1, 8), st.integers(0, 99))
def test_the_parts_are_scipys_and_add_up(classes, examples, seed):
    generator = np.random.default_rng(seed)
    p, q = generator.dirichlet(np.ones(classes), examples), generator.dirichlet(np.ones(classes), examples)
    found = information(p, q)
    assert found.entropy == pytest.approx(np.mean([stats.entropy(row) for row in p]))
    assert found.divergence == pytest.approx(np.mean([stats.entropy(a, b) for a, b in zip(p, q, strict=True)]))
    assert found.cross_entropy - found.divergence == pytest.approx(found.entropy, abs=1e-12)
    other = information(p, generator.dirichlet(np.ones(classes), examples))
    assert other.cross_entropy - other.divergence == pytest.approx(found.entropy, abs=1e-12), "q changes the entropy"
    assert found.divergence >= 0


def test_of_known_labels_the_divergence_is_the_cross_entropy_loss():
    logits = torch.randn(20, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(20) % 4
    found = information(np.eye(4)[labels.numpy()], logits.softmax(1).numpy())
    assert found.entropy == 0
    assert found.divergence == found.cross_entropy
    assert found.divergence == pytest.approx(CrossEntropy().values(logits, labels).mean().item())


def test_cross_entropy_divergence_and_likelihood_have_one_gradient_and_one_minimum():
    counts = torch.tensor([5.0, 2.0, 1.0], dtype=torch.float64)
    p, labels = counts / counts.sum(), torch.repeat_interleave(torch.arange(3), counts.long())
    gradients = []
    for objective in (
        lambda z: CrossEntropy().values(z.expand(8, -1), labels).mean(),
        lambda z: -(p * z.log_softmax(0)).sum(),
        lambda z: (p * (p.log() - z.log_softmax(0))).sum(),
    ):
        z = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
        gradients.append(torch.autograd.grad(objective(z), z)[0])
        at_minimum = p.log().requires_grad_()
        assert torch.autograd.grad(objective(at_minimum), at_minimum)[0].abs().max() < 1e-15
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-13, atol=0)
    torch.testing.assert_close(gradients[0], gradients[2], rtol=1e-13, atol=0)


def test_a_prediction_that_rules_out_what_happens_is_infinitely_far():
    assert information(np.array([0.5, 0.5]), np.array([1.0, 0.0])).divergence == np.inf
    assert information(np.array([1.0, 0.0]), np.array([1.0, 0.0])).divergence == 0


@pytest.mark.parametrize(
    ("p", "q", "sentence"),
    [
        ([0.5, 0.5], [1.0], "The labels have the shape"),
        ([0.5, 0.6], [0.5, 0.5], "The labels are no distributions"),
        ([0.5, 0.5], [1.5, -0.5], "The predictions are no distributions"),
    ],
)
def test_what_is_no_distribution_is_refused(p, q, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        information(np.array(p), np.array(q))
