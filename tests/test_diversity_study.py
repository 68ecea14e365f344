"""Diversity against barriers: correlations against scipy, a study's against its runs one by one."""

import json
import math
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.barriers import measure_paths
from analysis.diversity import of_study
from analysis.diversity.group import GroupDiversity, between_snapshots
from analysis.diversity.of_study import measure_diversity, said
from analysis.diversity.rank_correlation import rank_correlation
from analysis.inference.spearman import spearman
from analysis.measured import measured
from analysis.paths.linear import barrier_matrix
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from lightning_modules.errors import InvalidInput
from tests.stores import TinyStudy, constant, cosine, cyclic, write_study
from tests.test_cli import atlas

numbers = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=15)


@given(numbers)
def test_the_rank_correlation_is_scipys_with_ties(pairs):
    first, second = np.array(pairs, dtype=float).T
    found = spearman(first, second)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)
        assert spearman(np.exp(first), -second) == pytest.approx(-found, abs=1e-12)


@pytest.mark.parametrize(
    "values", [[1.0, 2.0], [1.0, np.nan, 2.0], [1.0, np.inf, 2.0], [0.0, 0.0, 0.0]], ids=["two", "nan", "inf", "equal"]
)
def test_what_cannot_be_ranked_has_no_correlation(values):
    assert math.isnan(spearman(np.array(values), np.arange(float(len(values)))))


def test_rows_of_different_lengths_do_not_correlate():
    with pytest.raises(InvalidInput, match="pairs"):
        spearman(np.arange(3.0), np.arange(4.0))


def test_runs_without_a_correlation_are_counted():
    found = rank_correlation([0.5, np.nan, 0.1, 0.3], "r")
    assert found.without == 1
    assert found.bootstrap.n == found.student.n == 3
    assert found.bootstrap.value == pytest.approx(0.3)
    assert "1 of 4" in found.bootstrap.over
    expected = stats.ttest_1samp([0.5, 0.1, 0.3], 0).confidence_interval(0.95)
    assert (found.student.low, found.student.high) == pytest.approx(tuple(expected))


def test_below_three_runs_there_is_no_interval():
    found = rank_correlation([0.5, 0.1], "r")
    assert (found.bootstrap.low, found.student.high, found.bootstrap.value) == (None, None, pytest.approx(0.3))
    nothing = rank_correlation([np.nan, np.nan], "r")
    assert math.isnan(nothing.bootstrap.value)
    assert nothing.bootstrap.n == 0


def test_equal_runs_and_the_ends_of_the_scale():
    same = rank_correlation([0.25] * 5, "r")
    assert (same.bootstrap.low, same.bootstrap.high) == pytest.approx((0.25, 0.25))
    wide = rank_correlation([1.0, 1.0, -1.0], "r")
    assert (wide.student.low, wide.student.high) == (-1, 1)


def test_the_bootstrap_draws_runs_and_is_the_same_every_time():
    values = np.random.default_rng(0).uniform(-1, 1, 12)
    first, second = (rank_correlation(values.tolist(), "r").bootstrap for _ in range(2))
    assert first == second
    share = stats.norm.cdf(math.sqrt(12 / 11) * stats.t.ppf(0.025, 11))
    drawn = np.random.default_rng(1).choice(values, (100_000, 12)).mean(axis=1)
    assert (first.low, first.high) == pytest.approx(tuple(np.quantile(drawn, [share, 1 - share])), abs=0.02)


def test_a_regression_differs_by_its_means():
    predictions = np.array([[[0.0, 9.0], [2.0, 9.0]], [[1.0, 5.0], [2.0, 5.0]]])
    found = between_snapshots(predictions, np.zeros((2, 1)), "regression")
    np.testing.assert_allclose(found, np.sqrt([[0, 0.5], [0.5, 0]]))


def test_pairs_that_are_ordered_alike_correlate_fully():
    barriers = np.array([[0, 1, 3], [1, 0, 2], [3, 2, 0]], dtype=float)
    group = GroupDiversity("a", "classification", ("x",) * 3, ("0",) * 3, (barriers / 10,) * 3, (barriers,) * 3)
    assert group.correlation.bootstrap.value == 1
    assert next(said(group)).startswith("rank correlation +1.0")
    turned = replace(group, barriers=(4 - barriers,) * 3)
    assert turned.correlation.by_run.tolist() == [-1, -1, -1]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny")


def test_a_study_is_its_runs_one_by_one(paths):
    found, folder = measure_diversity(paths, points=7)
    assert folder == paths.landscape
    assert set(found) == {"cyclic cosine"}  # The others have a single snapshot.
    group = found["cyclic cosine"]
    records = list(StudyResults.open(paths).groups("schedule")["schedule=cyclic cosine"].records.values())
    assert group.marks == ("100", "101", "102")
    for place, record in enumerate(records):
        classes = record.predictions()["test"].argmax(axis=2)
        expected = [[(a != b).mean() for b in classes] for a in classes]
        np.testing.assert_allclose(group.differences[place], expected)
        weights = record.snapshots()
        surface = training_surface(record.recipe, record.seeds, weights[-1])
        rows = torch.stack([surface.row(each) for each in weights])
        np.testing.assert_allclose(group.barriers[place], barrier_matrix(surface, rows, 7).losses)
        units = np.stack([np.concatenate([value.ravel() for value in each.values()]) for each in weights]).astype(float)
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        np.testing.assert_allclose(group.cosines[place], units @ units.T, atol=1e-6)
    content = json.loads((folder / "diversity.json").read_text())["found"]["cyclic cosine"]
    assert content["difference"] == "disagreement"
    assert np.array(content["barriers"]).shape == (3, 3, 3)
    assert content["rank_correlation"]["bootstrap"]["n"] + group.correlation.without == 3
    assert content["checks"] == list(group.checks)
    for end in ("png", "pdf"):
        assert (folder / f"diversity.{end}").stat().st_size > 5000


def test_the_verb_says_what_the_function_found(paths, capsys, monkeypatch):
    status, out, _ = atlas(capsys, monkeypatch, "diversity", "tiny", "--store", paths.root.parent, "--points", 5)
    assert status == 0
    group = measure_diversity(paths, points=5)[0]["cyclic cosine"]
    for line in said(group):
        assert f"  {line}" in out
    for check in group.checks:
        assert f"  · {check}" in out
    assert str(paths.landscape / "diversity.json") in out
    (part,) = (each for each in measured(paths.landscape) if each.name == "diversity")
    assert part.illustrations[0].name == "diversity"
    assert part.checks["cyclic cosine"] == group.checks


@pytest.fixture(scope="module")
def stored(paths):
    """What ``paths.json`` holds, measured at five points."""
    _, folder = measure_paths(paths, points=5, ways=("linear",))
    return (folder / "paths.json").read_text()


def test_barriers_that_are_known_are_not_measured_again(paths, stored, monkeypatch):
    (paths.landscape / "paths.json").write_text(stored)
    monkeypatch.setattr(of_study, "_barriers", None)
    group = measure_diversity(paths, points=5)[0]["cyclic cosine"]
    assert "the barriers are those of paths.json" in group.checks
    expected = json.loads(stored)["found"]["cyclic cosine"]["snapshots"]["barriers"]["loss"]
    np.testing.assert_array_equal(group.barriers, expected)
    fewer = measure_diversity(paths, points=5, runs=2)[0]["cyclic cosine"]
    np.testing.assert_array_equal(fewer.barriers, group.barriers[:2])
    assert fewer.correlation.bootstrap.low is None


@pytest.mark.parametrize("change", ["points", "runs", "shape", "broken", "old"])
def test_barriers_that_do_not_fit_are_measured_anew(paths, stored, change, monkeypatch):
    asked = []
    monkeypatch.setattr(of_study, "save", lambda *_: None)
    monkeypatch.setattr(of_study, "_barriers", lambda _, points: asked.append(points) or np.zeros((3, 3)))
    file = paths.landscape / "paths.json"
    content = json.loads(stored)
    entry = content["found"]["cyclic cosine"]
    if change == "runs":
        entry["runs"][0] = "another/run"
    elif change == "shape":
        entry["snapshots"]["barriers"]["loss"][1] = [[0.0]]
    elif change == "broken":
        content["found"] = {"cyclic cosine": []}
    file.write_text(json.dumps(content))
    if change == "old":
        os.utime(file, (0, 0))
    points = 6 if change == "points" else 5
    group = measure_diversity(paths, points=points)[0]["cyclic cosine"]
    assert asked == [points] * 3
    assert any("no two snapshots have a barrier" in check for check in group.checks)
    assert next(said(group)) == "no run's disagreement and barriers have a rank correlation"


def test_a_study_without_snapshots_to_compare_is_refused(tmp_path):
    recipes = ((constant, ("winner 1", "schedule=constant")), (cosine, ("schedule=cosine",)))
    paths = write_study(tmp_path, TinyStudy().but(trials=(), confirmed=recipes, report_seeds=(100,)))
    with pytest.raises(InvalidInput, match="two snapshots"):
        measure_diversity(paths)
    assert not paths.landscape.exists()


def test_a_single_run_has_no_interval(tmp_path):
    recipes = ((cyclic, ("winner 1", "schedule=cyclic cosine")),)
    paths = write_study(tmp_path, TinyStudy().but(trials=(), confirmed=recipes, report_seeds=(100,)))
    group = measure_diversity(paths, points=3)[0]["cyclic cosine"]
    assert group.correlation.bootstrap.low is None
