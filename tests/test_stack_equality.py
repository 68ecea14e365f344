"""The contract of the stack: a run trained among others is the run trained alone, and a plain loop's run."""

import numpy as np
import pytest
import torch

from lightning_modules.activations.elu import ELU
from lightning_modules.activations.gelu import GELU
from lightning_modules.activations.prelu import PReLU
from lightning_modules.activations.sigmoid import Sigmoid
from lightning_modules.activations.tanh import Tanh
from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.glorot_normal import GlorotNormal
from lightning_modules.initializers.glorot_uniform import GlorotUniform
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.lecun_normal import LecunNormal
from lightning_modules.initializers.normal import Normal
from lightning_modules.models.bases.polynomial import Polynomial
from lightning_modules.models.cnn import CNN
from lightning_modules.models.fixed_features import FixedFeatures
from lightning_modules.models.logistic_regression import LogisticRegression
from lightning_modules.models.mlp import MLP
from lightning_modules.models.normalization.group_normalization import GroupNormalization
from lightning_modules.models.resnet import ResNet
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop, worst

epochs = 5
problems = {
    "relu MLP on digits": (Digits(), MLP((24, 16)), 64, False),
    "relu MLP on digits, Nesterov": (Digits(), MLP((24, 16)), 100, True),
    "tanh MLP on digits": (Digits(), MLP((24,), Tanh()), 64, False),
    "PReLU MLP on digits": (Digits(), MLP((24, 16), PReLU()), 128, False),
    "GELU CNN on digits": (Digits(), CNN((3,), activation=GELU()), 256, False),
    "CNN on digits": (Digits(), CNN((4, 6)), 128, False),
    "tanh CNN on digits, Nesterov": (Digits(), CNN((3,), kernel=5, pool=3, activation=Tanh()), 128, True),
    "average CNN on digits": (Digits(), CNN((4,), pooling="average", normalization=GroupNormalization(2)), 256, False),
    "ResNet on digits": (Digits(), ResNet((3, 4), normalization=None), 256, False),
    "MLP on moons": (Moons(230), MLP((8, 8)), 32, False),
    "residual MLP on moons": (Moons(230), MLP((8, 8, 8), residual=True), 32, False),
    "logistic regression on moons": (Moons(230), LogisticRegression(), 32, False),
    "polynomials on moons": (Moons(230), FixedFeatures(Polynomial(3)), 32, False),
}


def varied(data, model, batch_size, nesterov, count=8):
    """Runs of one shape that differ in everything in which runs of one stack may differ."""
    schedules = [Constant(), Cosine(), CyclicCosine(2), CyclicCosine(3), CyclicCosine(5)]
    initializers = [HeNormal(), GlorotUniform(), LecunNormal(), Normal(0.1), GlorotNormal()]
    momenta = [0.9, 0.5, 0.8] if nesterov else [0.0, 0.9, 0.5]
    return [
        Run(
            Recipe(
                data=data,
                model=model,
                initializer=initializers[(i + 1) % 5],
                optimizer=SGD(0.02 * (1 + i % 4), momenta[i % 3], nesterov, [0.0, 1e-3, 1e-2][(i // 2) % 3]),
                schedule=schedules[i % 5],
                batch_size=batch_size,
                epochs=epochs,
            ),
            Seeds(init=i, order=3 + 7 * (i % 5), split=i % 3),
        )
        for i in range(count)
    ]


def weights(result):
    return result.snapshots[-1].weights


def accuracy(result):
    return (result.snapshots[-1].predictions["test"].argmax(axis=1) == result.targets["test"]).mean()


@pytest.fixture(scope="module", params=problems, ids=list(problems))
def problem(request):
    runs = varied(*problems[request.param])
    return runs, [plain_loop(run) for run in runs]


def test_double_precision_stack_equals_plain_loop_to_rounding(problem):
    runs, loops = problem
    for order in ([0], [5, 2, 7], [3, 6, 0, 7, 1, 4, 2, 5]):
        for index, result in zip(order, fit([runs[i] for i in order], precision="64-true"), strict=True):
            plain = loops[index]
            last = len(plain.train_loss)
            assert result.run == runs[index]
            assert weights(result)[next(iter(weights(result)))].dtype == np.float64
            assert worst(weights(result), plain.weights[last]) < 1e-9
            np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-9)
            np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-9)
            np.testing.assert_allclose(result.gradient_norm, plain.gradient_norm, rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(result.weight_norm, plain.weight_norm, rtol=1e-9)
            assert accuracy(result) == pytest.approx(plain.test_accuracy, abs=1e-12)


def test_single_precision_stack_equals_plain_loop(problem):
    runs, _ = problem
    for result in fit(runs):
        plain = plain_loop(result.run, torch.float32)
        assert weights(result)[next(iter(weights(result)))].dtype == np.float32
        assert accuracy(result) == pytest.approx(plain.test_accuracy, abs=1e-12)
        np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-4)
        np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-4)


def same_bits(first, second):
    return (
        all(np.array_equal(weights(first)[name], weights(second)[name]) for name in weights(first))
        and np.array_equal(first.train_loss, second.train_loss)
        and np.array_equal(first.validation_loss, second.validation_loss)
        and np.array_equal(first.gradient_norm, second.gradient_norm)
        and np.array_equal(first.weight_norm, second.weight_norm)
    )


def run_among(count, place, data, model):
    """The result of one and the same run at a place in a stack of `count`."""
    runs = varied(data, model, 50, nesterov=False, count=count)
    short = {"data": data, "model": model, "batch_size": 50, "epochs": 2}
    runs = [
        Run(
            Recipe(**short, initializer=run.recipe.initializer, optimizer=run.recipe.optimizer, schedule=Cosine()),
            run.seeds,
        )
        for run in runs
    ]
    watched = Recipe(**short, initializer=HeNormal(), optimizer=SGD(0.07, 0.9, False, 1e-3), schedule=CyclicCosine(2))
    runs[place] = Run(watched, Seeds(1234, 77, 0))
    return fit(runs)[place]


def test_single_precision_bits_do_not_depend_on_the_stack_of_any_size():
    # 5 units: neither the layers nor the row of parameters fill whole vector registers.
    alone = run_among(1, 0, Moons(120), MLP((5,)))
    for count in range(2, 65):
        for place in {count // 2, count - 1}:
            assert same_bits(alone, run_among(count, place, Moons(120), MLP((5,)))), (count, place)


@pytest.mark.parametrize("activation", [Sigmoid(), ELU(), GELU(), PReLU()], ids=str)
@pytest.mark.parametrize("count", [2, 7, 32])
def test_single_precision_bits_do_not_depend_on_the_stack_for_any_activation(activation, count):
    model = MLP((5, 3), activation)
    assert same_bits(run_among(1, 0, Moons(120), model), run_among(count, count - 1, Moons(120), model))


@pytest.mark.parametrize(
    "model",
    [MLP((17, 16)), MLP((128, 64), Tanh()), CNN((3, 5)), ResNet((3, 3), 1, GroupNormalization(3))],
    ids=["odd", "wide", "CNN", "ResNet"],
)
@pytest.mark.parametrize("count", [2, 3, 8, 33])
def test_single_precision_bits_do_not_depend_on_the_stack_on_digits(model, count):
    assert same_bits(run_among(1, 0, Digits(), model), run_among(count, count // 2, Digits(), model))


def test_runs_of_different_shapes_are_refused():
    first, second = varied(*problems["MLP on moons"], count=2)
    other = varied(Moons(230), MLP((8, 9)), 32, nesterov=False, count=1)[0]
    with pytest.raises(InvalidInput, match="one shape"):
        fit([first, other])
    with pytest.raises(InvalidInput, match="one shape"):
        fit([])
    assert first.recipe.shape == second.recipe.shape
    assert first.recipe != second.recipe
