"""Losses of one output: closed forms at chosen points, and the perceptron's rule."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.blobs import Blobs
from lightning_modules.initializers.zero import Zero
from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.hinge import Hinge
from lightning_modules.losses.perceptron_criterion import PerceptronCriterion
from lightning_modules.losses.sigmoid_squared_error import SigmoidSquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.randomness import stream
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import StackData, load, split_of


def at(loss, f, label, dtype=torch.float64):
    value, gradient = loss.mean_and_gradient(torch.tensor([[[f]]], dtype=dtype), torch.tensor([[label]]))
    return value.item(), gradient.item()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_binary_cross_entropy_is_finite_where_the_sigmoid_rounds_to_0_or_1(dtype):
    loss = BinaryCrossEntropy()
    for z in (-100.0, 100.0, 1e4):
        right, wrong = int(z > 0), int(z < 0)
        assert at(loss, z, right, dtype) == pytest.approx((0, 0), abs=1e-30)
        assert at(loss, z, wrong, dtype) == pytest.approx((abs(z), math.copysign(1, z)))
    assert at(loss, 0.0, 1) == pytest.approx((math.log(2), -0.5))


@given(st.floats(-30, 30), st.integers(0, 1))
def test_one_logit_is_two_whose_difference_it_is(z, label):
    outputs, target = torch.tensor([[z]], dtype=torch.float64), torch.tensor([label])
    two = torch.tensor([[0.0, z]], dtype=torch.float64)
    torch.testing.assert_close(
        BinaryCrossEntropy().values(outputs, target), CrossEntropy().values(two, target), rtol=1e-12, atol=1e-12
    )
    torch.testing.assert_close(BinaryCrossEntropy().predict(outputs), CrossEntropy().predict(two))


def test_where_the_sigmoid_saturates_wrongly_only_cross_entropy_has_a_slope():
    sigma = 1 / (1 + math.exp(8))
    value, slope = at(SigmoidSquaredError(), -8.0, 1)
    assert value == pytest.approx((sigma - 1) ** 2 / 2)
    assert slope == pytest.approx((sigma - 1) * sigma * (1 - sigma))
    entropy, steep = at(BinaryCrossEntropy(), -8.0, 1)
    assert steep == pytest.approx(sigma - 1)
    assert entropy == pytest.approx(-math.log(sigma))
    assert round(steep / slope) == 2983


@pytest.mark.parametrize(
    ("f", "label", "value", "slope"),
    [(0.25, 1, 0.75, -1), (0.25, 0, 1.25, 1), (1.0, 1, 0, 0), (3.0, 1, 0, 0), (-1.0, 0, 0, 0), (0.0, 0, 1, 1)],
)
def test_the_hinge_asks_for_a_margin_of_1(f, label, value, slope):
    assert at(Hinge(), f, label) == pytest.approx((value, slope))


@pytest.mark.parametrize(
    ("f", "label", "value", "slope"),
    [(0.25, 1, 0, 0), (0.25, 0, 0.25, 1), (0.0, 1, 0, -1), (0.0, 0, 0, 1), (-2.0, 1, 2, -1), (-2.0, 0, 0, 0)],
)
def test_the_perceptron_corrects_mistakes_and_what_is_undecided(f, label, value, slope):
    assert at(PerceptronCriterion(), f, label) == pytest.approx((value, slope))
    leaf = torch.tensor([[f]], requires_grad=True)
    PerceptronCriterion().values(leaf, torch.tensor([label])).sum().backward()
    assert leaf.grad.item() == slope


def test_decisions_are_no_probabilities():
    f = torch.tensor([[-0.1], [0.0], [1e-9], [5.0]])
    for loss in (Hinge(), PerceptronCriterion()):
        assert loss.prediction == "decisions"
        assert loss.predict(f).tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]


def test_stochastic_gradient_descent_from_zero_is_rosenblatts_rule():
    recipe = Recipe(
        data=Blobs(examples=120, classes=2, spread=0.5),
        model=MLP(()),
        initializer=Zero(),
        optimizer=SGD(1.0),
        loss=PerceptronCriterion(),
        batch_size=1,
        epochs=4,
    )
    run = Run(recipe, Seeds(0, 1, 2))
    (result,) = fit([run], precision="64-true")
    data = StackData.of(recipe.data, recipe.preprocessing, [run.seeds], torch.float64)
    inputs, targets = (each[0].numpy() for each in data.take(data.rows["train"]))
    w, b, mistakes = np.zeros(2), 0.0, 0
    for epoch in range(recipe.epochs):
        for row in np.random.default_rng(stream("order", run.seeds.order, epoch)).permutation(len(inputs)):
            x, y = inputs[row].astype(np.float64), 2 * targets[row] - 1
            if y * (w @ x + b) <= 0:
                w, b, mistakes = w + y * x, b + y, mistakes + 1
    assert 1 <= mistakes < len(inputs)
    last = result.snapshots[-1]
    np.testing.assert_allclose(last.weights["1.weight"][0], w, rtol=1e-12)
    np.testing.assert_allclose(last.weights["1.bias"], b, rtol=1e-12)
    part = split_of(recipe.data, run.seeds.split).test
    assert (last.predictions["test"].argmax(axis=1) == load(recipe.data).targets[part]).mean() > 0.8
