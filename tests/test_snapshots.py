"""Snapshots: one at each cycle's end, with the weights of a plain loop stopped there and the model's probabilities."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.digits import Digits
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from lightning_modules.training.segments import Segments
from tests.conftest import plain_loop, worst


def run_of(schedule, seed, *, model=None, epochs=5, batch_size=100):
    recipe = Recipe(
        data=Digits(),
        model=model or MLP((12,)),
        initializer=HeNormal(),
        optimizer=SGD(0.1, momentum=0.9),
        schedule=schedule,
        batch_size=batch_size,
        epochs=epochs,
    )
    return Run(recipe, Seeds.all(seed))


# 11 steps an epoch, 55 in all: 2, 3 and 4 cycles end in the middle of an epoch, 5 at the ends of epochs.
ends = {
    CyclicCosine(1): (55,),
    CyclicCosine(2): (28, 55),
    CyclicCosine(3): (18, 37, 55),
    CyclicCosine(4): (14, 28, 41, 55),
    CyclicCosine(5): (11, 22, 33, 44, 55),
    Cosine(): (55,),
    Constant(): (55,),
}


@pytest.mark.parametrize("model", [MLP((12,)), CNN((2,), pool=3)], ids=["MLP", "CNN"])
def test_every_run_of_a_stack_gets_its_own_snapshots(model):
    runs = [run_of(schedule, seed, model=model) for seed, schedule in enumerate(ends)]
    for result, run in zip(fit(runs, precision="64-true"), runs, strict=True):
        stops = ends[run.recipe.schedule]
        plain = plain_loop(run, stops=stops)
        assert tuple(snapshot.step for snapshot in result.snapshots) == stops
        assert result.steps_per_epoch == 11
        for snapshot in result.snapshots:
            assert worst(snapshot.weights, plain.weights[snapshot.step]) < 1e-9
            assert worst(snapshot.predictions, plain.predictions[snapshot.step]) < 1e-9
        np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-9)


def test_snapshots_do_not_change_the_training():
    often, seldom = run_of(CyclicCosine(4), 3), run_of(Constant(), 1)
    alone, together = fit([seldom])[0], fit([often, seldom])[1]
    np.testing.assert_array_equal(alone.train_loss, together.train_loss)
    for name, value in alone.snapshots[0].weights.items():
        np.testing.assert_array_equal(value, together.snapshots[0].weights[name])


def test_a_snapshot_is_a_copy_that_later_training_leaves_alone():
    result = fit([run_of(CyclicCosine(5), 0)])[0]
    first, last = result.snapshots[0].weights, result.snapshots[-1].weights
    assert all(not np.array_equal(first[name], last[name]) for name in first)
    assert not any(np.shares_memory(first[name], last[name]) for name in first)


def test_probabilities_belong_to_the_examples_of_each_part():
    result = fit([run_of(Cosine(), 6)])[0]
    (snapshot,) = result.snapshots
    module = result.run.recipe.model.build((1, 8, 8), 10)
    module.load_state_dict({name: torch.from_numpy(value) for name, value in snapshot.weights.items()})
    assert {part: len(targets) for part, targets in result.targets.items()} == {
        "validation": 270,
        "calibration": 90,
        "test": 359,
    }
    for part, targets in result.targets.items():
        probabilities = snapshot.predictions[part]
        assert probabilities.shape == (len(targets), 10)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
        assert (probabilities.argmax(axis=1) == targets).mean() > 0.8
    right = (snapshot.predictions["validation"].argmax(axis=1) == result.targets["validation"]).mean()
    assert right == pytest.approx(result.validation_score[-1], abs=1e-12)


@given(st.integers(1, 20), st.integers(1, 8), st.sets(st.integers(1, 160)))
def test_segments_take_every_step_once_and_end_at_every_cut(steps_per_epoch, epochs, cuts):
    segments = Segments(steps_per_epoch, cuts)
    steps, stops = [], set()
    for epoch in range(epochs):
        segments.set_epoch(epoch)
        for segment in segments:
            assert segment.epoch == epoch
            assert epoch * steps_per_epoch <= segment.start < segment.stop <= (epoch + 1) * steps_per_epoch
            steps += range(segment.start, segment.stop)
            stops.add(segment.stop)
    total = steps_per_epoch * epochs
    assert steps == list(range(total))
    assert stops == {cut for cut in cuts if cut <= total} | {steps_per_epoch * epoch for epoch in range(1, epochs + 1)}
