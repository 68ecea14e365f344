"""What ensembles score beside accuracy: at a temperature of their own, on unfamiliar inputs, in deep ensembles."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.metrics import roc_auc_score

from analysis.diversity.between import (
    disagreement,
    error_correlation,
    jensen_shannon,
    mean_of_pairs,
    normalised_disagreement,
    pairwise,
)
from analysis.diversity.members import diversity_of
from analysis.ensembles.comparison import compare
from analysis.ensembles.cost import Limit
from analysis.ensembles.equivalents import equivalent_of
from analysis.ensembles.held import HeldRun
from analysis.ensembles.methods import methods_named
from analysis.ensembles.methods.constant_rate import ConstantRate
from analysis.ensembles.methods.swa import SWA
from analysis.ensembles.run_scores import last_network, run_scores
from analysis.ensembles.scored import scored_ensembles
from analysis.ensembles.unfamiliar import Unfamiliar, parse_unfamiliar
from analysis.predicted import predicted
from lightning_modules.data.digits import Digits
from lightning_modules.data.sine import Sine
from lightning_modules.data.without_classes import WithoutClasses
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.models.cnn import CNN
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.recipe import Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from sweeps.store import RunStore
from tests.stores import TinyStudy, moons, write_study

unfamiliar = parse_unfamiliar("classes,shift=1,noise")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A run on eight digits with batch normalization, so that averaged weights are evaluated everywhere anew."""
    model = CNN(channels=(4,), normalization=BatchNormalization())
    data = WithoutClasses(Digits(), (8, 9))
    recipe = replace(moons(Constant(), 0.05), data=data, model=model, epochs=3, snapshots=3, batch_size=256)
    (result,) = fit([Run(recipe, Seeds.all(3))], accelerator="cpu")
    record = RunStore(tmp_path_factory.mktemp("store")).save(result, "confirm")
    return HeldRun(record, parts=("test", "calibration"), unfamiliar=unfamiliar)


def test_all_that_is_predicted_is_where_it_is_said_to_be(digits):
    kept = digits.record.predictions()
    for part in ("test", "calibration"):
        np.testing.assert_array_equal(digits.predictions[:, digits.places[part]], kept[part])
    for each in unfamiliar:
        inputs = each.inputs(digits.record.run)
        expected = predicted(digits.record, inputs)
        np.testing.assert_allclose(digits.predictions[:, digits.places[each.kind]], expected, atol=2e-5)
    assert len(unfamiliar[0].inputs(digits.record.run)) == (Digits().load().targets >= 8).sum()
    everything = digits.predictor.predict(digits.predictor.networks(digits.weights))
    np.testing.assert_allclose(everything, digits.predictions, atol=2e-5)


@pytest.mark.parametrize("method", [ConstantRate(), SWA()], ids=["predictions", "weights"])
def test_temperature_and_auroc_are_those_of_a_search_and_of_scikit_learn(digits, method):
    made = method.make(digits, "probabilities")
    found = run_scores(digits, made).scores
    for place in range(3):
        test, calibration = (made.predictions[place, digits.places[part]] for part in ("test", "calibration"))

        def loss(log_temperature, predictions, targets):
            logits = torch.from_numpy(np.log(np.maximum(predictions, 1.2e-38))) / np.exp(log_temperature)
            return float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(targets)))

        fitted = optimize.minimize_scalar(loss, (-1, 1), args=(calibration, digits.targets("calibration"))).x
        assert found["tempered_nll"][place] == pytest.approx(loss(fitted, test, digits.targets()), rel=1e-4)
        for each in unfamiliar:
            other = made.predictions[place, digits.places[each.kind]]
            scores = 1 - np.concatenate([test.max(axis=1), other.max(axis=1)])
            labels = np.repeat([0, 1], [len(test), len(other)])
            assert found[f"auroc_{each.kind}"][place] == pytest.approx(roc_auc_score(labels, scores))
    assert last_network(digits)["tempered_nll"].shape == (1,)


def test_curves_are_those_of_each_number_of_members(digits):
    made = ConstantRate().make(digits, "probabilities")
    scores = run_scores(digits, made)
    assert scores.curves["counts"].sum(axis=1).tolist() == [len(digits.targets())] * 3
    risks, coverages = scores.curves["risks"], scores.curves["coverages"]
    assert risks.shape == coverages.shape == (3, 100)
    assert risks[:, -1] == pytest.approx(1 - scores.scores["accuracy"])
    assert (np.diff(coverages, axis=1) > 0).all()
    assert coverages[0, -1] == 1


def test_settings_are_of_the_methods_that_have_them():
    found = {each.name: each for each in methods_named((), {"samples": 3, "rank": 4, "decay": 0.25})}
    assert (found["swag"].samples, found["swag"].rank, found["swag-diagonal"].samples) == (3, 4, 3)
    assert (found["dropout"].samples, found["ema"].decay) == (3, 0.25)


@pytest.mark.parametrize("text", ["", "noise,noise", "classes=2", "shift=1.5", "noise=-1", "fog"])
def test_what_is_no_kind_of_unfamiliar_inputs_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_unfamiliar(text)


def test_noise_is_in_deviations_of_the_inputs(digits):
    own, noisy = (Unfamiliar("noise", amount).inputs(digits.record.run) for amount in (1e-9, 2.0))
    assert (noisy - own).std() == pytest.approx(2 * own.std(), rel=0.02)
    np.testing.assert_array_equal(noisy, Unfamiliar("noise", 2.0).inputs(digits.record.run))


@settings(max_examples=40)
@given(st.integers(2, 5), st.integers(2, 12), st.integers(2, 4), st.integers(0, 999))
def test_diversity_is_that_of_all_pairs(members, examples, classes, seed):
    generator = np.random.default_rng(seed)
    predictions = generator.dirichlet(np.full(classes, 0.5), size=(members, examples))
    targets = generator.integers(classes, size=examples)
    measures = {
        "disagreement": disagreement,
        "jensen_shannon": jensen_shannon,
        "normalised_disagreement": lambda a, b: normalised_disagreement(a, b, targets),
        "error_correlation": lambda a, b: error_correlation(a, b, targets),
    }
    found = diversity_of(predictions, targets)
    for name, measure in measures.items():
        assert found[name] == pytest.approx(mean_of_pairs(pairwise(measure, predictions)), abs=1e-12, nan_ok=True)
    mean = predictions.mean(axis=0)
    chosen = np.take_along_axis(predictions, np.broadcast_to(targets, predictions.shape[:2])[..., None], 2)[..., 0]
    gained = -np.log(chosen).mean() + np.log(mean[np.arange(examples), targets]).mean()
    assert found["nll_ambiguity"] == pytest.approx(gained, abs=1e-10)


def test_members_that_are_equal_lost_or_alone_have_no_diversity():
    one = np.random.default_rng(0).dirichlet(np.ones(3), size=(1, 8))
    targets = np.arange(8) % 3
    equal = diversity_of(np.repeat(one, 3, axis=0), targets)
    assert {equal[name] for name in ("disagreement", "normalised_disagreement")} == {0.0}
    assert equal["error_correlation"] == pytest.approx(1)
    assert [equal[f"{name}_ambiguity"] for name in ("nll", "brier")] == pytest.approx([0, 0], abs=1e-12)
    assert np.isnan(diversity_of(one, targets)["disagreement"])
    assert all(np.isnan(value) for value in diversity_of(np.concatenate([one, one * np.nan]), targets).values())


def test_an_equivalent_is_the_size_at_which_a_paired_t_test_turns():
    generator = np.random.default_rng(0)
    luck = generator.normal(0, 0.05, (12, 1))
    deep = luck + np.array([1.0, 0.8, 0.7, 0.65]) + generator.normal(0, 0.01, (12, 4))
    own = luck[:, 0] + 0.75 + generator.normal(0, 0.01, 12)
    found = equivalent_of(own, deep)
    assert found.value == pytest.approx(2 + (deep[:, 1].mean() - own.mean()) / (deep[:, 1] - deep[:, 2]).mean())
    assert 2 < found.low < found.value < found.high < 3

    def p(size):
        return stats.ttest_rel([np.interp(size, range(1, 5), each) for each in deep], own).pvalue

    assert p(found.low - 0.02) < 0.05 < p(found.low + 0.02)
    assert p(found.high + 0.02) < 0.05 < p(found.high - 0.02)
    assert found.text == f"{found.value:.1f} [{found.low:.1f}, {found.high:.1f}]"


def test_an_equivalent_beyond_the_deep_ensembles_or_of_few_seeds_says_so():
    deep = np.array([[1.0, 0.8], [1.1, 0.9], [1.0, 0.7]])
    best = equivalent_of(np.array([0.1, 0.1, 0.1]), deep)
    assert (best.value, best.high, best.to_json()["value"]) == (np.inf, np.inf, None)
    assert best.text.startswith(">2 [")
    assert best.text.endswith(">2]")
    worst = equivalent_of(np.array([2.0, 2.2, 2.1]), deep)
    assert (worst.value, worst.low, worst.high) == (1, 1, 1)
    assert equivalent_of(np.array([0.9, np.nan, np.nan]), deep).low is None
    assert equivalent_of(np.full(3, np.nan), deep) is None


def test_regression_has_no_confidence_and_its_coverage_is_not_compared(tmp_path):
    own = replace(moons(CyclicCosine(3), 0.01), data=Sine(), loss=HeteroscedasticGaussianNLL())
    confirmed = ((own, ("schedule=cyclic cosine",)),)
    paths = write_study(tmp_path / "tiny", TinyStudy().but(trials=(), confirmed=confirmed))
    found = scored_ensembles(paths, methods_named(["snapshot"]))
    assert list(found.scored[0].metrics) == ["rmse", "nll", "coverage"]
    rows = compare(found, Limit("members", 3)).rows
    assert all(row.gains["coverage"] is None and row.values["coverage"].unit == "fraction" for row in rows)
    snapshot = next(each for each in found.scored if each.method == "snapshot")
    store = RunStore(paths.runs)
    for place, seed in enumerate(snapshot.seeds):
        kept = store.find(Run(own, Seeds.all(seed)), "confirm").predictions()
        means, variances = np.split(kept["test"][-1].astype(float), 2, axis=-1)
        low, high = stats.norm(means, np.sqrt(variances)).interval(0.95)
        inside = (low <= kept["test_targets"]) & (kept["test_targets"] <= high)
        assert snapshot.scores["coverage"][place, 0] == inside.mean()
    with pytest.raises(InvalidInput, match="whose confidence tells nothing"):
        scored_ensembles(paths, methods_named(["snapshot"]), unfamiliar=parse_unfamiliar("noise"))
