"""Differences over seeds and test examples at once: against brute force, the t-interval and what was put in."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.comparison.examples import differences_over_examples, right_by_example
from analysis.comparison.pairs import compare
from analysis.inference.sparse_two_way import crossed_differences
from analysis.inference.two_way import two_way_difference
from analysis.results import StudyResults
from analysis.scores import test_score
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.training.stack_data import split_of
from tests.stores import TinyStudy, constant, cosine, diverging, write_study
from tests.test_cli import atlas

pair = ("a", "b")


def drawn(seeds, examples, met, generator, spread=(1.0, 1.0, 1.0)):
    """Two methods' scores, of which each seed has some examples; the differences have a part of each seed, example."""
    by_seed, by_example, both = (
        generator.normal(0, sd, size)
        for sd, size in zip(spread, ((seeds, 1), (1, examples), (seeds, examples)), strict=True)
    )
    places = np.stack([generator.permutation(examples) < met for _ in range(seeds)])
    first = np.where(places, by_seed + by_example + both, np.nan)
    return {"a": first, "b": np.where(places, 0.0, np.nan)}


def test_a_table_without_holes_has_the_interval_of_the_plain_bootstrap():
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 12, 40))
    found = crossed_differences({"a": first, "b": second}, [pair], "gain")[pair]
    plain = two_way_difference(first, second, "gain")
    assert (found.value, found.high - found.low) == pytest.approx((plain.value, plain.high - plain.low), rel=0.06)


def test_what_only_seeds_change_has_the_t_interval():
    generator = np.random.default_rng(1)
    scores = drawn(15, 200, 40, generator, (1.0, 0.0, 0.0))
    found = crossed_differences(scores, [pair], "gain")[pair]
    interval = stats.ttest_1samp(np.nanmean(scores["a"], axis=1), 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(interval), rel=0.07)


def test_what_only_examples_change_has_an_interval_although_seeds_agree():
    """Each seed meets all examples, and all say the same: the t-interval over seeds would have no length."""
    scores = drawn(20, 300, 300, np.random.default_rng(2), (0.0, 1.0, 0.0))
    found = crossed_differences(scores, [pair], "gain")[pair]
    error = scores["a"][0].std(ddof=1) / np.sqrt(300)
    assert (found.high - found.low) / 2 == pytest.approx(stats.t(19).ppf(0.975) * error, rel=0.06)


def test_pairs_are_drawn_alike():
    scores = drawn(6, 50, 20, np.random.default_rng(3))
    scores |= {"c": scores["a"] + 0.25}
    found = crossed_differences(scores, [pair, ("c", "a"), ("c", "b")], "gain")
    assert (found["c", "a"].low, found["c", "a"].high) == pytest.approx((0.25, 0.25))
    assert found["c", "b"].low == pytest.approx(found[pair].low + 0.25)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a, b: (a, b[:, :-1]), "the same for all methods"),
        (lambda a, b: (a, np.roll(b, 1, axis=1)), "the same examples"),
        (lambda a, b: (a * np.inf, b), "not finite"),
        (lambda a, b: (a[:1], b[:1]), "two seeds"),
    ],
    ids=["shapes", "places", "infinite", "one seed"],
)
def test_what_cannot_be_drawn_is_refused(change, said):
    scores = drawn(4, 30, 10, np.random.default_rng(4))
    with pytest.raises(InvalidInput, match=said):
        crossed_differences(dict(zip("ab", change(scores["a"], scores["b"]), strict=True)), [pair], "gain")


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    confirmed = ((cosine, ("winner 1",)), (constant, ("winner 2",)), (diverging, ("winner 3",)))
    study = TinyStudy().but(trials=(cosine, constant, diverging), confirmed=confirmed, group_by=())
    return write_study(tmp_path_factory.mktemp("store") / "tiny", study)


def test_examples_are_those_of_the_data_set(paths):
    winners = StudyResults.open(paths).winners
    for each in winners.values():
        found = right_by_example(list(each.records.values()))
        assert found.shape == (3, 200)
        score = test_score(each, "winner")
        assert np.nanmean(found, axis=1) == pytest.approx(list(score.by_seed.values()))
        for row, seed in zip(found, each.records, strict=True):
            assert np.flatnonzero(~np.isnan(row)).tolist() == split_of(each.recipe.data, seed).test.tolist()


def test_the_verb_shows_them_beside_the_t_interval(paths, capsys, monkeypatch):
    code, out, _ = atlas(capsys, monkeypatch, "compare", "tiny", "--store", paths.root.parent)
    assert code == 0
    assert "over examples too [95 %]" in out
    content = json.loads((paths.comparison / "comparison.json").read_text())
    assert len(content["over_examples"]) == 3
    with (paths.comparison / "differences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row, over, each in zip(rows, content["over_examples"], content["pairs"], strict=True):
        assert float(row["two_way_low"]) == over["low"]
        assert over["value"] == pytest.approx(each["difference"]["value"])
        assert "test examples" in over["over"]


def test_examples_that_cannot_be_told_are_one_sentence(paths):
    winners = StudyResults.open(paths).winners
    scores = [test_score(each, key) for key, each in winners.items()]
    comparisons = compare(scores)
    other = replace(winners["winner"], recipe=replace(cosine, data=Moons(examples=300)))
    found, why = differences_over_examples(winners | {"winner": other}, comparisons)
    assert (found, why) == ({}, "The groups have different data, so that there are no intervals over test examples.")
    (seed, record), *_ = winners["winner"].records.items()
    one = replace(winners["winner"], records={seed: record})
    found, why = differences_over_examples(winners | {"winner": one}, comparisons)
    assert (found, why) == ({}, "Intervals over test examples take two seeds that all groups share.")
    assert differences_over_examples(winners, ()) == ({}, "")
