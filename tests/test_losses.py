"""Losses: cross-entropy is torch's, and every closed form of a gradient is autograd's."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.loss import Loss
from tests.conftest import components, instances

found = components("lightning_modules.losses", Loss)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 9))


def draw(size, seed, scale=3.0):
    runs, classes, batch = size
    generator = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(runs, classes, batch, generator=generator, dtype=torch.float64)
    return logits, torch.randint(classes, (runs, batch), generator=generator)


@given(sizes, st.integers(0, 99))
def test_cross_entropy_equals_torch(size, seed):
    logits, targets = draw(size, seed)
    expected = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    torch.testing.assert_close(CrossEntropy().values(logits.mT, targets), expected, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(
        CrossEntropy().values(logits.mT[0, 0], targets[0, 0]), expected[0, 0], rtol=1e-13, atol=1e-13
    )


@given(sizes, st.integers(0, 99))
def test_cross_entropy_is_minus_the_log_of_the_probability(size, seed):
    logits, targets = draw(size, seed)
    probabilities = CrossEntropy().probabilities(logits.mT)
    torch.testing.assert_close(probabilities, logits.mT.exp() / logits.mT.exp().sum(dim=2, keepdim=True))
    chosen = probabilities.gather(2, targets[:, :, None])[:, :, 0]
    torch.testing.assert_close(CrossEntropy().values(logits.mT, targets), -chosen.log())


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), size=sizes, seed=st.integers(0, 99), scale=st.sampled_from([0.0, 1.0, 30.0]))
def test_mean_and_gradient_equal_autograd(cls, data, size, seed, scale):
    loss = data.draw(instances(cls))
    logits, targets = draw(size, seed, scale)
    before = logits.clone()
    losses, gradient = loss.mean_and_gradient(logits, targets)
    expected_losses, expected = Loss.mean_and_gradient(loss, logits, targets)
    torch.testing.assert_close(losses, expected_losses, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(losses, loss.values(logits.mT, targets).mean(dim=1), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(logits, before, rtol=0, atol=0)


@given(st.integers(2, 5), st.integers(0, 99))
def test_the_gradient_equals_a_difference_quotient(classes, seed):
    logits, targets = draw((2, classes, 3), seed)
    _, gradient = CrossEntropy().mean_and_gradient(logits, targets)
    step = 1e-6
    for run, label, example in ((0, 0, 0), (1, classes - 1, 2)):
        above, below = logits.clone(), logits.clone()
        above[run, label, example] += step
        below[run, label, example] -= step
        difference = CrossEntropy().mean_and_gradient(above, targets)[0][run]
        difference = difference - CrossEntropy().mean_and_gradient(below, targets)[0][run]
        assert (difference / (2 * step)).item() == pytest.approx(gradient[run, label, example].item(), abs=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_huge_logits_stay_finite(dtype):
    logits = torch.tensor([[[1e4, -1e4], [-1e4, 1e4]]], dtype=dtype)
    loss = CrossEntropy()
    for targets, expected in (([[0, 1]], 0.0), ([[1, 0]], 2e4), ([[0, 0]], 1e4)):
        losses, gradient = loss.mean_and_gradient(logits, torch.tensor(targets))
        assert losses.item() == pytest.approx(expected, rel=1e-6)
        assert gradient.isfinite().all()
        assert loss.values(logits.mT, torch.tensor(targets)).isfinite().all()
    assert gradient.tolist() == [[[0.0, -0.5], [0.0, 0.5]]]
    assert loss.probabilities(logits.mT).tolist() == [[[1.0, 0.0], [0.0, 1.0]]]


def test_without_knowledge_the_loss_is_the_logarithm_of_the_number_of_classes():
    losses, _ = CrossEntropy().mean_and_gradient(torch.zeros(1, 10, 4), torch.tensor([[0, 3, 9, 9]]))
    assert losses.item() == pytest.approx(math.log(10), rel=1e-6)
