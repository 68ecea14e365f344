"""Early stopping: the rule against a plain reading of it, and that a stopped run keeps its best weights."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.digits import Digits
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.stopping.early_stopping import EarlyStopping
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_module import StackModule
from sweeps.store import RunStore
from tests.conftest import plain_loop, worst
from tests.test_batch_norm import Normalized

# Few examples with wrong labels: the validation loss turns soon.
base = Recipe(
    data=LabelNoise(Subset(Digits(), 150), 0.3), model=MLP((32,)), optimizer=SGD(0.1, 0.9), batch_size=50, epochs=14
)


@given(
    losses=st.lists(st.floats(0, 3), min_size=1, max_size=30),
    patience=st.integers(1, 6),
    improvement=st.floats(0, 0.5),
)
def test_the_rule_is_that_of_the_textbook(losses, patience, improvement):
    rule = EarlyStopping(patience, improvement)
    best, best_epoch, waited = losses[0], 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best - improvement:
            best, best_epoch, waited = loss, epoch, 0
        elif epoch > 0:
            waited += 1
        assert rule.best(losses[: epoch + 1]) == best_epoch
        assert rule.stops(losses[: epoch + 1]) == (waited >= patience)


@pytest.mark.parametrize("model", [MLP((32,)), Normalized(0.2)], ids=["MLP", "batch normalization"])
def test_a_stopped_run_keeps_its_best_weights_and_its_neighbours_train_on(model):
    recipes = [
        replace(base, model=model, stopping=EarlyStopping(2)),
        replace(base, model=model),
        replace(base, model=model, stopping=EarlyStopping(4, 0.01)),
        replace(base, model=model, stopping=EarlyStopping(100)),
    ]
    runs = [Run(recipe, Seeds(seed, seed, seed)) for seed, recipe in enumerate(recipes)]
    results = fit(runs, precision="64-true")
    for run, result in zip(runs, results, strict=True):
        whole = fit([Run(replace(run.recipe, stopping=base.stopping), run.seeds)], precision="64-true")[0]
        losses = whole.validation_loss
        trained = next(
            (epochs for epochs in range(1, 15) if run.recipe.stopping.stops(losses[:epochs])), run.recipe.epochs
        )
        assert np.array_equal(result.validation_loss[:trained], losses[:trained])
        assert np.isnan(result.validation_loss[trained:]).all()
        assert np.isnan(result.train_loss[trained * result.steps_per_epoch :]).all()
        best = run.recipe.stopping.best(losses[:trained])
        assert result.kept_epoch == best
        last = result.snapshots[-1]
        kept = run.recipe.epochs - 1 if best is None else best
        assert last.step == (kept + 1) * result.steps_per_epoch
        chosen = last.predictions["validation"][
            np.arange(len(result.targets["validation"])), result.targets["validation"]
        ]
        assert -np.log(chosen).mean() == pytest.approx(losses[kept], rel=1e-9)
    assert {result.kept_epoch is None for result in results} == {True, False}
    assert np.isnan(results[0].validation_loss[-1]), "the first run was meant to stop early"


def test_the_best_weights_are_those_of_a_plain_loop_at_that_step():
    run = Run(
        Recipe(
            data=Digits(),
            model=MLP((24,)),
            optimizer=SGD(0.4, 0.9),
            batch_size=256,
            epochs=12,
            stopping=EarlyStopping(3),
        ),
        Seeds(1, 2, 3),
    )
    (result,) = fit([run], precision="64-true")
    last = result.snapshots[-1]
    assert worst(last.weights, plain_loop(run, stops=[last.step]).weights[last.step]) < 1e-9


def test_snapshots_after_the_best_epoch_are_dropped():
    recipe = replace(base, schedule=CyclicCosine(7), stopping=EarlyStopping(5))
    (result,) = fit([Run(recipe, Seeds.all(0))])
    steps = [snapshot.step for snapshot in result.snapshots]
    best = (result.kept_epoch + 1) * result.steps_per_epoch
    ends = [int(end) for end in recipe.schedule.cycle_ends(result.steps_per_epoch * recipe.epochs)]
    assert steps == [*(end for end in ends if end < best), best]


def test_a_stopped_run_costs_nothing_afterwards():
    sizes = []
    original = StackModule.training_step

    def count(self, segment, index):
        sizes.append(len(self.active))
        return original(self, segment, index)

    runs = [Run(replace(base, stopping=EarlyStopping(1)), Seeds.all(seed)) for seed in range(4)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StackModule, "training_step", count)
        fit(runs)
    assert sizes[0] == 4
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 4


def test_the_record_holds_the_numbers_of_the_weights_kept(tmp_path):
    run = Run(replace(base, stopping=EarlyStopping(2)), Seeds.all(0))
    (result,) = fit([run])
    store = RunStore(tmp_path)
    store.save(result, "confirm")
    record = store.find(run, "confirm")
    assert record.kept_epoch == result.kept_epoch
    assert record.metrics["validation_loss"] == result.validation_loss[result.kept_epoch]
    assert record.metrics["validation_accuracy"] == result.validation_score[result.kept_epoch]
    steps = result.train_loss.reshape(-1, result.steps_per_epoch)
    assert record.metrics["train_loss"] == pytest.approx(steps[result.kept_epoch].mean())


def test_a_run_that_diverges_while_it_waits_counts_as_diverged():
    run = Run(replace(base, optimizer=SGD(1e25), stopping=EarlyStopping(50)), Seeds.all(0))
    (result,) = fit([run])
    assert result.diverged_step is not None
    assert result.kept_epoch is None


def test_bad_rules_are_refused():
    with pytest.raises(InvalidInput, match="patience"):
        EarlyStopping(0)
    with pytest.raises(InvalidInput, match="min_improvement"):
        EarlyStopping(1, -0.1)
