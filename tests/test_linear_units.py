"""Linear units as the lectures train them: Rosenblatt's rule by hand, and logistic regression in its two forms."""

import numpy as np
import pytest
import torch

from lightning_modules.data.breast_cancer import BreastCancer
from lightning_modules.data.split import split
from lightning_modules.data.standardize import Standardize
from lightning_modules.initializers.zero import Zero
from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.perceptron_criterion import PerceptronCriterion
from lightning_modules.models.logistic_regression import LogisticRegression
from lightning_modules.models.perceptron import Perceptron
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.randomness import stream
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit


def test_a_perceptron_learns_by_rosenblatts_rule():
    recipe = Recipe(
        data=BreastCancer(),
        model=Perceptron(),
        loss=PerceptronCriterion(),
        initializer=Zero(),
        optimizer=SGD(1.0),
        batch_size=1,
        epochs=2,
    )
    seeds = Seeds(0, 3, 1)
    (result,) = fit([Run(recipe, seeds)], precision="64-true")
    dataset = BreastCancer().load()
    train = split(dataset, 1).train
    inputs = Standardize().fit(dataset.inputs[train])(dataset.inputs[train]).astype(np.float64)
    signs = 2 * dataset.targets[train] - 1
    weights, bias = np.zeros(inputs.shape[1]), 0.0
    for epoch in range(2):
        for index in np.random.default_rng(stream("order", 3, epoch)).permutation(len(train)):
            if signs[index] * (weights @ inputs[index] + bias) <= 0:
                weights, bias = weights + signs[index] * inputs[index], bias + signs[index]
    learned = result.snapshots[-1].weights
    np.testing.assert_allclose(learned["1.weight"][0], weights, rtol=0, atol=1e-9)
    assert learned["1.bias"][0] == pytest.approx(bias)
    assert result.validation_score[-1] > 0.9


@pytest.mark.parametrize("model", [LogisticRegression(), Perceptron()], ids=["logistic regression", "perceptron"])
def test_one_logit_of_two_classes_takes_as_many_parameters_as_two(model):
    for outputs in (1, 2):
        torch.manual_seed(0)
        module = model.build((5,), outputs)
        assert sum(each.numel() for each in module.parameters()) == 6
        assert module(torch.zeros(3, 5)).shape == (3, outputs)


def test_binary_and_categorical_cross_entropy_train_the_same_logistic_regression():
    recipes = [
        Recipe(data=BreastCancer(), model=LogisticRegression(), optimizer=SGD(0.1), epochs=2, **loss)
        for loss in ({}, {"loss": BinaryCrossEntropy()})
    ]
    first, second = (fit([Run(recipe, Seeds.all(0))], precision="64-true")[0] for recipe in recipes)
    np.testing.assert_allclose(first.train_loss, second.train_loss, rtol=0, atol=1e-9)
    for name, value in first.snapshots[-1].weights.items():
        np.testing.assert_allclose(value, second.snapshots[-1].weights[name], rtol=0, atol=1e-9)
