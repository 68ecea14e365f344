"""What the studies of seeds, schedules and cycles measure, against closed forms, torch and naive loops."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from analysis.diversity.solutions import apart, mean, solutions_of
from analysis.ensembles.conditions import conditions, difference, within_each
from analysis.inference.interval_widths import expected_half_width, half_widths, one_stream_coverage
from analysis.measured import measured_now
from analysis.measurements.anytime import Anytime
from analysis.measurements.ensembles import Ensembles
from analysis.measurements.interval_widths import IntervalWidths
from analysis.measurements.minima import Minima
from analysis.measurements.noise_floor import NoiseFloor
from analysis.measurements.three_minima import ThreeMinima
from analysis.measurements.train_loss import TrainLoss
from analysis.noise_floor import exponent, least_loss, plateaus
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from analysis.training_losses import difference_of, training_loss
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.whiten import Whiten
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.linear import Linear
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import StackData
from sweeps.companions import full_companions
from sweeps.store import RunStore
from tests.stores import TinyStudy, diverging, write_study
from tests.test_ensemble_study import recipes, with_companions

cosine = recipes["schedule=cosine"]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return with_companions(tmp_path_factory.mktemp("store") / "tiny")


@pytest.fixture(scope="module")
def results(paths):
    return StudyResults.open(paths)


def plain_outputs(weights, inputs):
    """A network of one hidden layer, as a textbook writes it."""
    first, second = (name.rpartition(".")[0] for name in sorted(weights) if name.endswith("weight"))
    get = {name: torch.from_numpy(value) for name, value in weights.items()}
    hidden = torch.relu(inputs.flatten(1) @ get[f"{first}.weight"].T + get[f"{first}.bias"])
    return hidden @ get[f"{second}.weight"].T + get[f"{second}.bias"]


def training_set(record):
    data = StackData.of(record.recipe.data, record.recipe.preprocessing, [record.seeds], torch.float32)
    inputs, targets = data.take(data.rows["train"])
    return inputs[0], targets[0]


def test_the_training_loss_is_that_of_the_last_network_on_all_its_examples(paths):
    record = RunStore(paths.runs).find(Run(cosine, Seeds.all(100)), "confirm")
    inputs, targets = training_set(record)
    outputs = plain_outputs(record.snapshots()[-1], inputs)
    assert training_loss(record) == pytest.approx(float(torch.nn.functional.cross_entropy(outputs, targets)), rel=1e-5)


def test_differences_of_losses_are_paired_and_lost_ones_are_counted():
    first, second = {1: 0.5, 2: 0.75, 3: 1.5, 4: np.nan}, {2: 0.25, 3: 0.75, 1: 0.4, 4: 0.1, 5: 9.0}
    found = difference_of(first, second, ("schedule=a", "schedule=b"), "nats")
    interval = stats.ttest_rel([0.5, 0.75, 1.5], [0.4, 0.25, 0.75]).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(interval))
    assert found.name == "train_loss_difference[schedule=a - schedule=b]"
    assert "1 with a run that diverged left out" in found.over
    assert difference_of({4: np.nan}, second, ("a", "b"), "nats") is None


def test_ensembles_within_conditions_are_those_of_a_naive_loop(paths, results):
    (condition,) = conditions(results, RunStore(paths.runs), "", 3)
    assert {"single", "snapshot of 3", "mean snapshot of 3", "constant-rate of 3", "independent of 3"} <= set(
        condition.rows
    )
    cyclic, store = recipes["schedule=cyclic cosine"], RunStore(paths.runs)
    alone, together, single = [], [], []
    for seed in condition.seeds:
        arrays = store.find(Run(cyclic, Seeds.all(seed)), "confirm").predictions()
        right = [(each.argmax(-1) == arrays["test_targets"]).mean() for each in arrays["test"]]
        alone.append(np.mean(right))
        average = arrays["test"].astype(float).mean(axis=0)
        together.append((average.argmax(-1) == arrays["test_targets"]).mean())
        last = store.find(Run(cosine, Seeds.all(seed)), "confirm").predictions()
        single.append((last["test"][-1].argmax(-1) == last["test_targets"]).mean())
    rows = condition.rows
    np.testing.assert_allclose(rows["mean snapshot of 3"].scores["accuracy"], alone)
    np.testing.assert_allclose(rows["snapshot of 3"].scores["accuracy"], together)
    found = difference(condition, rows["snapshot of 3"], rows["single"], "accuracy")
    assert found.value == pytest.approx(np.mean(np.subtract(together, single)))
    assert found.name == "ensemble_accuracy_difference[snapshot of 3 - single]"


def test_conditions_part_the_recipes_of_a_study(results):
    parts = within_each(results, "schedule")
    assert set(parts) == {f"schedule={name}" for name in ("constant", "cosine", "cyclic cosine", "short cycles")}
    assert sum(len(each.confirmed) for each in parts.values()) == len(results.confirmed)
    assert list(within_each(results, "")) == [""]


def test_what_networks_are_apart_by_is_that_of_a_naive_loop(paths, results):
    store = RunStore(paths.runs)
    found = solutions_of(results, store, 3)
    assert set(found["snapshots"]) == set(found["independent"]) == {100, 101, 102}
    one = found["independent"][101]
    runs = [Run(cosine, Seeds.all(101)), *full_companions(cosine, 101, 3)]
    inputs, targets = training_set(store.find(runs[0], "confirm"))
    weights = [store.find(run, "confirm").snapshots()[-1] for run in runs]
    loss = torch.nn.functional.cross_entropy
    got = apart(one, points=5)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        mixed = [
            {name: ((1 - t) * weights[i][name] + t * weights[j][name]).astype(np.float32) for name in weights[i]}
            for t in (0, 0.25, 0.5, 0.75, 1)
        ]
        values = [float(loss(plain_outputs(each, inputs), targets)) for each in mixed]
        line = np.linspace(values[0], values[-1], 5)
        assert got.loss_barrier[i, j] == pytest.approx(np.max(np.subtract(values, line)), abs=1e-5)
        rows = [np.concatenate([each[name].ravel() for name in sorted(each)]) for each in (weights[i], weights[j])]
        norms = [np.linalg.norm(row) for row in rows]
        assert got.distance[i, j] == pytest.approx(
            np.linalg.norm(rows[0] - rows[1]) / np.sqrt(norms[0] * norms[1]), rel=1e-5
        )
        answers = one.predictions.argmax(-1)
        assert got.disagreement[i, j] == (answers[i] != answers[j]).mean()


def test_networks_that_learned_nothing_are_left_out_and_counted(results, paths):
    own = solutions_of(results, RunStore(paths.runs), 3)["snapshots"]
    blank = {name: np.zeros_like(value) for name, value in own[100].weights[0].items()}
    wrong = {name: -10 * value for name, value in own[100].weights[-1].items()}
    found = {seed: apart(each, 3) for seed, each in own.items()}
    found[100] = apart(replace(own[100], weights=(blank, wrong, own[100].weights[2])), 3)
    assert found[100].collapsed >= 2
    estimate = mean(found, "loss_barrier", "loss_barrier[snapshots]", "nats")
    assert estimate.n == sum(not each.collapsed for each in found.values()) < 3


def test_half_widths_are_those_of_student():
    values = np.random.default_rng(0).normal(0.9, 0.02, 11)
    for width, block in zip(half_widths(values.tolist(), 5), values[:10].reshape(2, 5), strict=True):
        low, high = stats.t.interval(0.95, 4, block.mean(), stats.sem(block))
        assert width == pytest.approx((high - low) / 2)
    with pytest.raises(InvalidInput, match="make no blocks of 12"):
        half_widths(values.tolist(), 12)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_the_expected_half_width_is_the_mean_of_many(count):
    drawn = np.random.default_rng(1).normal(0, 2.0, (40_000, count))
    widths = stats.t.ppf(0.975, count - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(count)
    assert expected_half_width(2.0, count) == pytest.approx(widths.mean(), rel=0.02)


def test_an_interval_over_one_stream_holds_the_mean_if_the_others_do_nothing():
    generator = np.random.default_rng(2)
    noise = generator.normal(0, 1, (8, 400, 5))
    assert one_stream_coverage(noise, 0, 0.0) == pytest.approx(0.95, abs=0.02)
    shared = generator.choice([-1.0, 1.0], (1, 400, 5))
    assert one_stream_coverage(0.01 * noise + shared, 0, 0.0) == 0
    assert one_stream_coverage(np.ones((3, 2)), 0, 1.0) == 1


least_squares = Recipe(
    data=Diabetes(),
    preprocessing=Whiten(),
    model=Linear(),
    loss=SquaredError(),
    optimizer=SGD(0.1),
    batch_size=16,
    epochs=8,
    snapshots=8,
)


def test_plateaus_are_above_the_least_squares():
    found = plateaus(least_squares, (0.05, 0.1), (Cosine(),), (0, 1))
    assert found.constant.shape == (2, 2)
    assert found.decayed.shape == (2, 1)
    assert (found.constant > 0).all()
    # What is added to the least loss is the loss of the last network.
    (run,) = fit([Run(replace(least_squares, schedule=Cosine()), Seeds.all(1))], accelerator="cpu")
    surface = training_surface(run.run.recipe, run.run.seeds, run.snapshots[-1].weights, torch.float64)
    inputs, targets = surface.inputs.flatten(1).numpy(), surface.targets.numpy()
    design = np.column_stack([inputs, np.ones(len(inputs))])
    _, squares, _, _ = np.linalg.lstsq(design, targets, rcond=None)
    least = float(squares[0]) / len(targets) / 2
    assert least_loss(surface, run) == pytest.approx(least, rel=1e-9)
    ended = float(surface.mean_loss(surface.row(run.snapshots[-1].weights)))
    assert found.decayed[1, 0] == pytest.approx(ended - least, rel=1e-4)


def test_the_exponent_is_that_of_a_power_law():
    rates = (0.01, 0.02, 0.08)
    heights = np.array([[3.0], [0.1]]) * np.power(rates, 1.5)
    np.testing.assert_allclose(exponent(rates, heights), [1.5, 1.5])


def test_plateaus_need_rates_that_rise_and_converge():
    with pytest.raises(InvalidInput, match="give two or more, rising"):
        plateaus(least_squares, (0.1, 0.05), (), (0,))
    with pytest.raises(InvalidInput, match="give lower rates than 50"):
        plateaus(least_squares, (0.1, 50.0), (), (0,))


def test_the_plateau_is_a_measurement(paths):
    NoiseFloor((0.05, 0.1), (Cosine(),), least_squares).measure(paths)
    (found,) = (each for each in measured_now(paths) if each.name == "noise_floor")
    assert [each.name for each in found.estimates] == ["plateau_exponent_less_one", "plateau_ratio[cosine]"]
    assert [each.n for each in found.estimates] == [3, 3]
    assert (paths.landscape / "noise_floor.png").is_file()


every = (TrainLoss(), Anytime(), Ensembles("", 3, ("single",)), Minima("", 3, 5), ThreeMinima("", 3, 7))


def test_all_measurements_of_a_study_are_there_with_figures_and_estimates(paths):
    for each in (*every, IntervalWidths((3,))):
        each.measure(paths)
    found = {each.name: each for each in measured_now(paths)}
    assert {each.name for each in every} <= set(found)
    for each in found.values():
        for shown in each.illustrations:
            assert (paths.landscape / f"{shown.name}.png").is_file()
    names = {estimate.name for each in found.values() for estimate in each.estimates}
    assert len(names) == sum(len(each.estimates) for each in found.values())
    assert names >= {
        "train_loss[schedule=cosine]",
        "train_loss_difference[schedule=cosine - schedule=constant]",
        "anytime_accuracy[schedule=cosine]",
        "ensemble_nll_difference[independent of 3 - single]",
        "error_barrier[snapshots]",
        "loss_barrier_difference[snapshots - independent]",
        "disagreement_difference[independent - snapshots]",
        "distance[independent]",
        "rank_correlation[independent]",
        "interval_half_width[n=3, schedule=cosine]",
    }
    curves = json.loads((paths.landscape / "anytime.json").read_text())["found"]["cosine"]
    record = [RunStore(paths.runs).find(Run(cosine, Seeds.all(seed)), "confirm") for seed in (100, 101, 102)]
    np.testing.assert_allclose(
        curves["validation_accuracy"], np.mean([each.curves()["validation_accuracy"] for each in record], axis=0)
    )


@pytest.mark.parametrize("measurement", [*every, IntervalWidths((3,))], ids=lambda each: each.name)
def test_what_cannot_be_measured_is_one_sentence(tmp_path, measurement):
    paths = write_study(
        tmp_path / "tiny", TinyStudy(trials=(), confirmed=((diverging, ("schedule=constant",)),), report_seeds=(7,))
    )
    with pytest.raises(InvalidInput, match=r"(give|run) .*\.$"):
        measurement.measure(paths)
    assert not list(paths.landscape.glob("*.json"))
