"""A run that diverges leaves the stack: when, what its curves say, and what its neighbours notice (nothing)."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.data.split import split
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.normal import Normal
from lightning_modules.initializers.zero import Zero
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop


def run_of(rate, seed, *, data=None, model=None, batch_size=64, epochs=4, initializer=None, schedule=None):
    # With weight decay every huge rate overflows: without it all units may die, and a dead network stays finite.
    recipe = Recipe(
        data=data or Digits(),
        model=model or MLP((16, 16)),
        initializer=initializer or HeNormal(),
        # Numbers of its own for every run: a shrinking stack must take the right ones along.
        optimizer=SGD(rate, momentum=0.9 - 0.1 * seed, weight_decay=1e-3 * (1 + seed)),
        schedule=schedule or Constant(),
        batch_size=batch_size,
        epochs=epochs,
    )
    return Run(recipe, Seeds.all(seed))


def first_not_finite(losses):
    return next((step for step, loss in enumerate(losses, 1) if not math.isfinite(loss)), None)


def assert_same_bits(first, second):
    np.testing.assert_array_equal(first.train_loss, second.train_loss)
    np.testing.assert_array_equal(first.validation_loss, second.validation_loss)
    np.testing.assert_array_equal(first.validation_score, second.validation_score)
    assert [each.step for each in first.snapshots] == [each.step for each in second.snapshots]
    for mine, other in zip(first.snapshots, second.snapshots, strict=True):
        for name in mine.weights:
            np.testing.assert_array_equal(mine.weights[name], other.weights[name])
        for part in mine.predictions:
            np.testing.assert_array_equal(mine.predictions[part], other.predictions[part])


def assert_ended(result, step):
    """Finite before the step that diverged, NaN after it, and nothing of an epoch that it spoilt."""
    assert result.diverged_step == step
    assert np.isfinite(result.train_loss[: step - 1]).all()
    assert np.isnan(result.train_loss[step:]).all()
    epoch = (step - 1) // result.steps_per_epoch
    for curve in (result.validation_loss, result.validation_score, result.gradient_norm, result.weight_norm):
        assert np.isfinite(curve[:epoch]).all()
        assert np.isnan(curve[epoch:]).all()
    assert all(snapshot.step < step for snapshot in result.snapshots)


@pytest.mark.parametrize("model", [MLP((16, 16)), CNN((3, 4))], ids=["MLP", "CNN"])
def test_a_diverging_run_leaves_its_neighbours_every_bit(model):
    runs = [run_of(0.02 * (1 + i), seed=i, model=model, schedule=CyclicCosine(1 + i % 3)) for i in range(5)]
    runs[2] = run_of(1e6, seed=2, model=model)
    results = fit(runs)
    losses = plain_loop(runs[2], torch.float32).train_loss
    step = first_not_finite(losses)
    assert step is not None
    assert_ended(results[2], step)
    assert not np.isfinite(results[2].train_loss[step - 1])
    np.testing.assert_allclose(results[2].train_loss[:2], losses[:2], rtol=1e-3)
    for place in (0, 1, 3, 4):
        assert results[place].diverged_step is None
        assert_same_bits(results[place], fit([runs[place]])[0])


def test_the_step_is_the_first_not_finite_loss_of_the_plain_loop_in_double_precision():
    runs = [run_of(rate, seed, epochs=3) for rate, seed in ((1e6, 0), (0.05, 1), (30.0, 2), (1e6, 3), (300.0, 4))]
    results = fit(runs, precision="64-true")
    steps = [first_not_finite(plain_loop(run).train_loss) for run in runs]
    assert [result.diverged_step for result in results] == steps
    assert len({step for step in steps if step}) > 1
    for result, step in zip(results, steps, strict=True):
        if step:
            assert_ended(result, step)
        else:
            assert np.isfinite(result.train_loss).all()
            assert np.isfinite(result.validation_loss).all()


def test_runs_may_diverge_one_after_the_other_until_none_is_left():
    runs = [run_of(1e30, seed=0), run_of(1e6, seed=1), run_of(1e9, seed=2)]
    results = fit(runs)
    for result in results:
        assert result.diverged_step is not None
        assert_ended(result, result.diverged_step)
        assert result.snapshots == ()
        assert result.targets["test"].shape == (359,)
        assert_same_bits(result, fit([result.run])[0])


def test_a_run_may_diverge_after_the_stack_has_shrunk():
    slow, fast, fine = run_of(1e3, seed=4, epochs=6), run_of(1e6, seed=1, epochs=6), run_of(0.05, seed=2, epochs=6)
    results = fit([fast, fine, slow], precision="64-true")
    steps = [result.diverged_step for result in results]
    assert steps[1] is None
    assert steps == [first_not_finite(plain_loop(run).train_loss) for run in (fast, fine, slow)]


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_divergence_that_only_validation_sees(epochs):
    # One step an epoch: its loss is that of the initial weights, its update overflows, validation is next.
    settings = {"data": Moons(100), "model": MLP((4,)), "batch_size": 100, "epochs": epochs}
    runs = [run_of(1e38, 0, **settings), run_of(0.1, 1, **settings)]
    results = fit(runs)
    assert np.isfinite(results[0].train_loss[0])
    assert_ended(results[0], 1)
    assert results[0].snapshots == ()
    assert_same_bits(results[1], fit([runs[1]])[0])
    assert results[1].diverged_step is None


def test_a_finite_loss_after_one_that_was_not_does_not_count():
    # So large logits that the sum over a batch overflows where some examples are wrong, and only there.
    run = run_of(1e-3, 0, data=Moons(200), model=MLP(()), batch_size=8, epochs=2, initializer=Normal(3e37))
    losses = plain_loop(run, torch.float32).train_loss
    step = first_not_finite(losses)
    assert np.isfinite(losses[step:15]).any()
    assert_ended(fit([run])[0], step)


def test_a_validation_loss_that_is_infinite_is_not_kept():
    run = run_of(1e38, 0, data=Moons(1000), model=MLP(()), batch_size=1000, epochs=1)
    assert plain_loop(run, torch.float32).validation_loss == [math.inf]
    assert_ended(fit([run])[0], 1)


def test_a_run_that_stands_still_has_not_diverged():
    result = fit([run_of(0.1, 0, initializer=Zero(), epochs=1)])[0]
    assert result.diverged_step is None
    assert result.train_loss[0] == pytest.approx(math.log(10), abs=1e-6)


@dataclass(frozen=True)
class Outlier(Data):
    """Two moons of which one example lies so far out that every network overflows on it."""

    example: int

    def load(self):
        moons = Moons(examples=100).load()
        inputs = moons.inputs.copy()
        inputs[self.example] = 1e38
        return Dataset(inputs, moons.targets, moons.classes)


def test_a_run_that_overflows_on_a_test_example_only_has_diverged():
    outlier = int(split(Moons(examples=100).load(), 0).test[3])
    run = run_of(0.1, 0, data=Outlier(outlier), model=MLP((64,)), schedule=CyclicCosine(2), batch_size=20)
    (struck,) = fit([run])
    assert struck.diverged_step == 6
    assert struck.snapshots == ()
    assert np.isnan(struck.train_loss[6:]).all()
    assert np.isfinite(struck.train_loss[:6]).all()
    assert np.isfinite(struck.validation_score[0])
