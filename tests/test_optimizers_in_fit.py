"""Every optimizer in a whole training, of every kind of model: each run of a stack is the plain loop's run."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from torch import nn

from lightning_modules.activations.tanh import Tanh
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.digits import Digits
from lightning_modules.initializers.glorot_uniform import GlorotUniform
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.models.resnet import ResNet
from lightning_modules.optimizers.adadelta import Adadelta
from lightning_modules.optimizers.adagrad import Adagrad
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.adamw import AdamW
from lightning_modules.optimizers.amsgrad import AMSGrad
from lightning_modules.optimizers.averaged_momentum import AveragedMomentum
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.clipped_by_value import ClippedByValue
from lightning_modules.optimizers.damped_newton import DampedNewton
from lightning_modules.optimizers.l1_proximal import L1Proximal
from lightning_modules.optimizers.l1_subgradient import L1Subgradient
from lightning_modules.optimizers.lbfgs import LBFGS
from lightning_modules.optimizers.newton import Newton
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.rmsprop import RMSProp
from lightning_modules.optimizers.second_order import SecondOrder
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.optimizers.swapped_adam import SwappedAdam
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from tests.conftest import components, plain_loop, worst


class Rows(nn.Module):
    """Attention over the rows of an image, group normalization and dropout: nothing of it is known to the package."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        # A bias of the keys has no gradient but rounding, which Adam would make steps of.
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.2, bias=False, batch_first=True)
        self.norm, self.drop, self.head = nn.GroupNorm(2, 8), nn.Dropout(0.3), nn.Linear(64, outputs)

    def forward(self, x):
        rows = x.flatten(1, 2)
        return self.head(self.drop(self.norm(rows + self.attention(rows, rows, rows)[0])).flatten(1))


@dataclass(frozen=True)
class OwnModule(Model):
    def build(self, shape, outputs):
        return Rows(outputs)


@dataclass(frozen=True)
class FewDigits(Data):
    """As many digits as a whole training in every combination has time for."""

    def load(self):
        digits = Digits().load()
        return Dataset(digits.inputs[:240], digits.targets[:240], digits.classes)


models = {
    "MLP": MLP((12,), dropout=0.2),
    "CNN with batch normalization": CNN((3,), normalization=BatchNormalization()),
    "ResNet": ResNet((2, 3)),
    "own module": OwnModule(),
}


class Gate(nn.Module):
    """A small module of a user's own, for the optimizers that hold a Hessian: two linear layers multiplied, dropout."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.value, self.gate, self.head = nn.Linear(inputs, 2), nn.Linear(inputs, 2), nn.Linear(2, outputs)

    def forward(self, images):
        x = nn.functional.dropout(images.flatten(1), 0.1, self.training)
        return self.head(self.value(x) * self.gate(x).sigmoid())


@dataclass(frozen=True)
class Gated(Model):
    def build(self, shape, outputs):
        return Gate(math.prod(shape), outputs)


small_models = {
    "MLP": MLP((2,), Tanh(), dropout=0.2),
    "CNN with batch normalization": CNN((1,), pool=4, activation=Tanh(), normalization=BatchNormalization()),
    "ResNet": ResNet((1,)),
    "own module": Gated(),
}
diverging = 3
schedules = [Cosine(), Constant(), CyclicCosine(2)]


def numbers(i):
    """Momentum, weight decay and a decay of squares that differ from run to run."""
    return 0.3 + 0.1 * i, 1e-3 * i, 0.9 + 0.01 * i


def betas(i):
    momentum, weight_decay, decay = numbers(i)
    return {"beta1": momentum, "beta2": decay, "epsilon": 1e-8 * 3**i, "weight_decay": weight_decay}


def sgd(rate, i):
    momentum, weight_decay, _ = numbers(i)
    return SGD(rate, momentum, weight_decay=weight_decay)


def rmsprop(rate, i, centered):
    momentum, weight_decay, decay = numbers(i)
    return RMSProp(rate, decay, momentum, centered, 1e-6 * 2**i, weight_decay)


optimizers = {
    "SGD": (0.05, sgd),
    "AveragedMomentum": (0.2, lambda rate, i: AveragedMomentum(rate, *numbers(i)[:2])),
    "Adagrad": (0.03, lambda rate, i: Adagrad(rate, 0.01 * i, 1e-7 * 2**i, numbers(i)[1])),
    "Adadelta": (2.0, lambda rate, i: Adadelta(rate, numbers(i)[2], 1e-6 * 2**i, numbers(i)[1])),
    "RMSProp": (0.003, lambda rate, i: rmsprop(rate, i, centered=False)),
    "RMSProp, centered": (0.003, lambda rate, i: rmsprop(rate, i, centered=True)),
    "Adam": (0.01, lambda rate, i: Adam(rate, **betas(i))),
    "AdamW": (0.01, lambda rate, i: AdamW(rate, **betas(i))),
    "AMSGrad": (0.01, lambda rate, i: AMSGrad(rate, **betas(i))),
    "SwappedAdam": (0.01, lambda rate, i: SwappedAdam(rate, 0.9 + 0.01 * i, 0.99 + 0.001 * i, 1e-7, 1e-3 * i)),
    # The length of a gradient is about 1 at the start.
    "Clipped": (0.2, lambda rate, i: Clipped(sgd(rate, i), 0.2 + 0.3 * i)),
    "ClippedByValue": (0.2, lambda rate, i: ClippedByValue(sgd(rate, i), 0.01 * 2**i)),
    "LBFGS": (0.1, lambda rate, i: LBFGS(rate, 3, None, 1e-6 * 2**i, 1e-8 * 2**i, 5)),
    "LBFGS, strong Wolfe": (0.5, lambda rate, i: LBFGS(rate, 3, 8, 1e-6 * 2**i, 1e-8 * 2**i, 5, "strong_wolfe")),
    # Eigenvalues of almost 0 lend rounding a weight of 10⁷: over longer steps two exact routes part by more than 10⁻⁹.
    "Newton": (0.001, lambda rate, _: Newton(rate)),
    "DampedNewton": (0.3, lambda rate, i: DampedNewton(rate, 0.5 + 0.1 * i)),
    "L1Subgradient": (0.01, lambda rate, i: L1Subgradient(Adam(rate, **betas(i)), 1e-3 * i)),
    "L1Proximal": (0.05, lambda rate, i: L1Proximal(Clipped(sgd(rate, i), 1 + i), 1e-2 * i)),
}


def runs_of(name, kind, count=7):
    """Runs of one shape, seven of which differ in every number, one of them overflowing within a few steps."""
    rate, make = optimizers[name]
    second_order = isinstance(make(rate, 0), SecondOrder)  # takes its steps on the full batch, of a small model
    model, batch_size, epochs = (small_models[kind], 2000, 2) if second_order else (models[kind], 64, 3)
    return [
        Run(
            Recipe(
                data=FewDigits(),
                model=model,
                initializer=[HeNormal(), GlorotUniform()][i % 2],
                optimizer=make(1e308 if place == diverging else rate * (1 + 0.2 * i), i),
                schedule=schedules[i % 3],
                batch_size=batch_size,
                epochs=epochs,
            ),
            Seeds(init=place, order=place + 10, split=i % 2),
        )
        for place in range(count)
        for i in [place % 7]
    ]


def test_every_optimizer_is_trained_with():
    found = {cls.__name__ for cls in components("lightning_modules.optimizers", Optimizer)}
    assert {name.partition(",")[0] for name in optimizers} == found


def first_not_finite(plain, steps_per_epoch):
    """The step whose loss, or the validation loss after it, is the first that is not a number."""
    seen = [*enumerate(plain.train_loss, 1)]
    seen += [(epoch * steps_per_epoch, loss) for epoch, loss in enumerate(plain.validation_loss, 1)]
    return min(step for step, loss in seen if not math.isfinite(loss))


second_order = [name for name, (rate, make) in optimizers.items() if isinstance(make(rate, 0), SecondOrder)]


@pytest.mark.parametrize("kind", models)
@pytest.mark.parametrize("name", [name for name in optimizers if name not in second_order])
def test_stacks_of_1_and_7_and_64_equal_the_plain_loop(name, kind):
    compare_with_plain_loops(runs_of(name, kind, count=64), places=(*range(7), 40, 63), counts=(7, 64))


@pytest.mark.parametrize("kind", models)
@pytest.mark.parametrize("name", second_order)
def test_stacks_of_1_and_7_equal_the_plain_loop_of_second_order(name, kind):
    compare_with_plain_loops(runs_of(name, kind), places=(2, diverging, 5), counts=(7,))


@pytest.mark.slow
@pytest.mark.parametrize("kind", models)
@pytest.mark.parametrize("name", second_order)
def test_stacks_of_64_equal_the_plain_loop_of_second_order(name, kind):
    compare_with_plain_loops(runs_of(name, kind, count=64), places=(0, diverging, 5, 40, 63), counts=(64,))


def compare_with_plain_loops(runs, places, counts):
    """Hold the runs at these places, in stacks of the first so many and one of them alone, to a plain loop."""
    assert len({run.recipe.shape for run in runs}) == 1
    loops = {place: plain_loop(runs[place]) for place in places}
    stacks = [fit(runs[:count], precision="64-true") for count in counts]
    (alone,) = fit([runs[5]], precision="64-true")
    pairs = [*((place, stack[place]) for stack in stacks for place in loops if place < len(stack)), (5, alone)]
    for place, result in pairs:
        losses = loops[place].train_loss
        if place == diverging:
            expected = first_not_finite(loops[place], result.steps_per_epoch)
            # Batch normalization divides what has overflowed by what has: whether that is 0 or no number at all depends
            # on the order of the operations, and so does the step.
            slack = 1 if any("running" in name for name in loops[place].weights[len(losses)]) else 0
            assert abs(result.diverged_step - expected) <= slack
            continue
        assert result.diverged_step is None
        np.testing.assert_allclose(result.train_loss, losses, rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.validation_loss, loops[place].validation_loss, rtol=0, atol=1e-9)
        last = result.snapshots[-1]
        assert worst(last.weights, loops[place].weights[last.step]) < 1e-9


@pytest.mark.parametrize("name", optimizers)
def test_single_precision_bits_do_not_depend_on_the_stack(name):
    runs = runs_of(name, "MLP")
    for place, result in enumerate(fit(runs)):
        (alone,) = fit([runs[place]])
        np.testing.assert_array_equal(result.train_loss, alone.train_loss)
        for mine, other in zip(result.snapshots, alone.snapshots, strict=True):
            assert worst(mine.weights, other.weights) == 0


def zeros(optimizer):
    """The fraction of a trained network's weights that are exactly 0, biases and dead inputs counted too."""
    run = Run(
        Recipe(
            data=Digits(),
            model=MLP((16,)),
            initializer=HeNormal(),
            optimizer=optimizer,
            schedule=Cosine(),
            epochs=20,
        ),
        Seeds.all(0),
    )
    weights = fit([run])[0].snapshots[-1].weights.values()
    return sum((values == 0).sum() for values in weights) / sum(values.size for values in weights)


# Adam's gradients are scaled to about 1 before the step, and the threshold must weigh against that.
@pytest.mark.parametrize(
    ("inner", "strength"), [(SGD(0.1, momentum=0.9), 0.01), (Adam(0.01), 0.5)], ids=["SGD", "Adam"]
)
def test_only_the_proximal_step_gives_exact_zeros(inner, strength):
    assert zeros(L1Proximal(inner, strength)) > 0.2
    assert zeros(L1Subgradient(inner, strength)) == 0


def test_clipping_keeps_a_run_that_explodes():
    first, *_ = runs_of("SGD", "MLP")
    settings = vars(first.recipe) | {"model": MLP((12, 12, 12))}
    rates = [1e4, 1e6]
    exploding = [Run(Recipe(**settings | {"optimizer": SGD(rate, 0.5)}), first.seeds) for rate in rates]
    clipped = [
        Run(Recipe(**settings | {"optimizer": Clipped(SGD(rate, 0.5), 0.1 / rate)}), first.seeds) for rate in rates
    ]
    assert all(result.diverged_step for result in fit(exploding))
    assert all(np.isfinite(result.train_loss).all() for result in fit(clipped))
