"""What every loss keeps to: its values and gradient are torch's and autograd's, its predictions what it says."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.dataset import Dataset
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.binary import BinaryLoss
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.loss import Loss
from lightning_modules.losses.one_hot_squared_error import OneHotSquaredError
from lightning_modules.losses.perceptron_criterion import PerceptronCriterion
from lightning_modules.models.mlp import MLP
from lightning_modules.training.build import build
from tests.conftest import components, instances
from tests.plain_losses import plain_head, plain_loss, plain_outputs, plain_predictions, simplex

found = components("lightning_modules.losses", Loss)
sizes = st.tuples(st.integers(1, 4), st.integers(2, 6), st.integers(1, 9))


def dataset_for(loss, count=3, examples=12):
    """Random examples of three features, with as many classes or targets as asked for, or two where a loss has two."""
    generator = np.random.default_rng(count)
    inputs = generator.normal(size=(examples, 3)).astype(np.float32)
    if loss.task == "regression":
        return Dataset(inputs, generator.normal(size=(examples, count)).astype(np.float32), None)
    classes = 2 if isinstance(loss, BinaryLoss) else count
    return Dataset(inputs, generator.integers(classes, size=examples), classes)


def draw(loss, size, seed, scale=3.0):
    """Outputs (runs, outputs, batch) as they leave the network with its head, and targets (runs, batch, …)."""
    runs, count, batch = size
    dataset = dataset_for(loss, count)
    generator = torch.Generator().manual_seed(seed)
    module = loss.head(torch.nn.Identity())
    outputs = scale * torch.randn(runs * batch, loss.outputs(dataset), generator=generator, dtype=torch.float64)
    with torch.no_grad():
        outputs = module.double()(outputs).unflatten(0, (runs, batch)).mT.contiguous()
    if loss.task == "regression":
        return outputs, torch.randn(runs, batch, count, generator=generator, dtype=torch.float64)
    return outputs, torch.randint(dataset.classes, (runs, batch), generator=generator)


def close(actual, expected, tolerance=1e-12):
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), size=sizes, seed=st.integers(0, 99), scale=st.sampled_from([0.0, 1.0, 10.0]))
def test_mean_and_gradient_equal_autograd(cls, data, size, seed, scale):
    loss = data.draw(instances(cls))
    outputs, targets = draw(loss, size, seed, scale)
    before = outputs.clone()
    losses, gradient = loss.mean_and_gradient(outputs, targets)
    expected_losses, expected = Loss.mean_and_gradient(loss, outputs, targets)
    close(losses, expected_losses)
    close(gradient, expected)
    close(losses, loss.values(outputs.mT, targets).mean(dim=1))
    close(outputs, before, 0)


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), size=sizes, seed=st.integers(0, 99))
def test_values_and_gradient_equal_torchs_own(cls, data, size, seed):
    loss = data.draw(instances(cls))
    outputs, targets = draw(loss, size, seed)
    losses, gradient = loss.mean_and_gradient(outputs, targets)
    for run in range(size[0]):
        leaf = outputs[run].mT.clone().requires_grad_()
        expected = plain_loss(loss, leaf, targets[run])
        close(losses[run], expected.detach())
        close(gradient[run].mT, torch.autograd.grad(expected, leaf)[0])
        assert loss.final(outputs[run].mT, loss.predict(outputs[run].mT), targets[run]) == pytest.approx(
            expected.item(), rel=1e-12
        )


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), size=sizes, seed=st.integers(0, 99))
def test_predictions_have_the_shape_and_the_range_that_they_are_said_to_have(cls, data, size, seed):
    loss = data.draw(instances(cls))
    outputs, targets = draw(loss, size, seed)
    predictions = loss.predict(outputs.mT)
    for run in range(size[0]):
        close(predictions[run], plain_predictions(loss, outputs[run].mT))
    if loss.task == "classification":
        classes = dataset_for(loss, size[1]).classes
        assert loss.prediction in ("probabilities", "decisions")
        assert predictions.shape == (*targets.shape, classes)
        assert ((predictions >= 0) & (predictions <= 1)).all()
        close(predictions.sum(dim=-1), torch.ones_like(predictions[..., 0]))
        assert ((predictions == 0) | (predictions == 1)).all() or loss.prediction == "probabilities"
        assert (loss.decide(outputs.mT) == predictions.argmax(dim=-1)).all()
    else:
        count = targets.shape[-1]
        assert predictions.shape[-1] == {"means": count, "means and variances": 2 * count}[loss.prediction]
        assert (predictions[..., count:] > 0).all()


@pytest.mark.parametrize("cls", found)
def test_the_network_has_the_outputs_and_the_parameters_that_the_loss_needs(cls):
    loss = cls()
    dataset = dataset_for(loss)
    torch.manual_seed(0)
    module = build(MLP((4,)), loss, (3,), dataset)
    torch.manual_seed(0)
    plain = plain_head(loss, MLP((4,)).build((3,), plain_outputs(loss, dataset)))
    shapes = {name: value.shape for name, value in module.named_parameters()}
    assert shapes == {name: value.shape for name, value in plain.named_parameters()}
    inputs = torch.from_numpy(dataset.inputs)
    close(module(inputs), plain(inputs), 0)
    targets = torch.from_numpy(dataset.targets)
    assert loss.values(module(inputs), targets).shape == (len(inputs),)
    assert loss.predict(module(inputs)).isfinite().all()


@pytest.mark.parametrize("cls", found)
def test_targets_of_another_task_are_refused(cls):
    loss = cls()
    dataset = dataset_for(loss)
    loss.check(dataset)
    other = replace(dataset, targets=np.ones((12, 1), np.float32), classes=None)
    if loss.task == "regression":
        other = replace(dataset, targets=np.arange(12) % 3, classes=3)
    with pytest.raises(InvalidInput, match=rf"The loss {cls.__name__} is for {loss.task}, and the data set is for"):
        build(MLP(()), loss, (3,), other)


@pytest.mark.parametrize("cls", [cls for cls in found if issubclass(cls, BinaryLoss)])
def test_a_loss_for_two_classes_refuses_three(cls):
    dataset = dataset_for(CrossEntropy(), 3)
    with pytest.raises(
        InvalidInput, match=rf"The loss {cls.__name__} tells two classes apart, .* has 3: .*CrossEntropy"
    ):
        build(MLP(()), cls(), (3,), dataset)


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), seed=st.integers(0, 99), bad=st.sampled_from([math.nan, math.inf, -math.inf]))
def test_what_is_not_finite_is_not_hidden(cls, data, seed, bad):
    """Were a loss finite for outputs that are no numbers, a run would train on after it has diverged."""
    loss = data.draw(instances(cls))
    outputs, targets = draw(loss, (1, 2, 3), seed)
    outputs[:] = math.nan if bad != bad else bad
    losses, _ = loss.mean_and_gradient(outputs, targets)
    if math.isnan(bad):
        assert losses.isnan().all()
        assert loss.values(outputs.mT, targets).isnan().all()


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), count=st.integers(1, 3), seed=st.integers(0, 99))
def test_no_constant_outputs_are_better_than_the_guess(cls, data, count, seed):
    loss = data.draw(instances(cls))
    dataset = dataset_for(loss, max(count, 2))
    balanced = np.arange(12) % dataset.classes if dataset.classes else dataset.targets
    guess = torch.from_numpy(loss.guess(dataset, balanced))
    with torch.no_grad():
        assert guess.shape == loss.head(torch.nn.Identity())(torch.zeros(1, loss.outputs(dataset)))[0].shape
    targets = torch.from_numpy(balanced)
    noise = 0.3 * torch.randn(len(guess), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    if type(loss).__name__ == "HomoscedasticGaussianNLL":
        noise[len(noise) // 2 :] = noise[-1]
    if type(loss) is OneHotSquaredError:
        return  # Guessing is by outputs of zero, as for every loss of classes; constant frequencies are better.
    value = loss.values(guess.expand(12, -1), targets).mean()
    assert value <= loss.values((guess + noise).expand(12, -1), targets).mean() + 1e-9


@given(sizes, st.integers(0, 99), st.floats(0, 0.99))
def test_cross_entropy_is_the_divergence_from_the_smoothed_label(size, seed, smoothing):
    loss = CrossEntropy(label_smoothing=smoothing)
    logits, targets = draw(loss, size, seed)
    q = torch.nn.functional.one_hot(targets, size[1]).double() * (1 - smoothing) + smoothing / size[1]
    close(loss.values(logits.mT, targets), -(q * logits.mT.log_softmax(-1)).sum(-1), 1e-11)
    close(loss.predict(logits.mT), logits.mT.exp() / logits.mT.exp().sum(dim=2, keepdim=True))


@given(st.integers(2, 5), st.integers(0, 99))
def test_the_gradient_equals_a_difference_quotient(classes, seed):
    logits, targets = draw(CrossEntropy(), (2, classes, 3), seed)
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
    assert loss.predict(logits.mT).tolist() == [[[1.0, 0.0], [0.0, 1.0]]]


def test_without_knowledge_the_loss_is_the_logarithm_of_the_number_of_classes():
    losses, _ = CrossEntropy().mean_and_gradient(torch.zeros(1, 10, 4), torch.tensor([[0, 3, 9, 9]]))
    assert losses.item() == pytest.approx(math.log(10), rel=1e-6)


def test_the_final_cross_entropy_is_that_of_the_stored_probabilities():
    logits = torch.tensor([[0.0, 200.0], [1.0, 0.0]])
    probabilities = CrossEntropy().predict(logits)
    found = CrossEntropy().final(logits, probabilities, torch.tensor([0, 0]))
    expected = -np.log([np.finfo(np.float32).tiny, np.float64(probabilities[1, 0])]).mean()
    assert found == expected
    assert CrossEntropy(0.1).final(logits, probabilities, torch.tensor([0, 0])) > 90


@given(st.integers(1, 5), st.integers(0, 99), st.sampled_from([0.1, 1.0, 20.0]))
def test_the_nearest_probabilities_are_nearer_than_any_others(classes, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    values = scale * torch.randn(6, classes, generator=generator, dtype=torch.float64)
    nearest = OneHotSquaredError().predict(values)
    close(nearest, simplex(values))
    others = torch.rand(50, 6, classes, generator=generator, dtype=torch.float64)
    others /= others.sum(dim=-1, keepdim=True)
    assert ((nearest - values).norm(dim=-1) <= (others - values).norm(dim=-1) + 1e-12).all()
    inside = others[0]
    close(OneHotSquaredError().predict(inside), inside)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InvalidInput, match=r"The cross-entropy's label_smoothing is 1\.0"):
        CrossEntropy(label_smoothing=1.0)
    assert PerceptronCriterion().prediction == "decisions"
