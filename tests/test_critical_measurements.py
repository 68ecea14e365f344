"""What the study of critical points measures: by run, and Newton's method where everything is known."""

import json
import math

import numpy as np
import pytest

from analysis.critical.by_run import correlations, saddle_shares, searches_by_run, yields
from analysis.critical.gradient_norm import GradientNorm
from analysis.critical.newton_mr import NewtonMR
from analysis.measured import measured_now
from analysis.measurements.critical_points import CriticalPointSearch
from analysis.measurements.newton_steps import NewtonSteps
from analysis.run_groups import measured_study
from analysis.toys.newton_steps import eigenvalue_errors, saddle_ends, step_errors
from tests.stores import write_study
from tests.test_critical_study import saddle_points


def test_a_runs_share_of_saddles_is_that_of_what_was_found_in_it():
    parts = {7: saddle_points(4), 8: saddle_points(1), 9: saddle_points(0)}
    # Of the points number 0 to 3 the first is a minimum.
    shares = saddle_shares(parts)
    assert (shares[7], shares[8]) == (0.75, 0.0)
    assert math.isnan(shares[9])


def test_correlations_are_drawn_by_whole_runs():
    parts = {seed: saddle_points(4) for seed in range(6)}
    index, start = correlations("k", parts)
    assert (index.name, index.n, index.counted) == ("index_loss_correlation[k]", 6, "run")
    # Each run has the same points, so that every draw of runs gives the same correlation.
    assert (index.value, index.low, index.high) == pytest.approx((1.0, 1.0, 1.0))
    assert start.name == "start_loss_correlation[k]"
    few, _ = correlations("k", {seed: parts[seed] for seed in range(4)})
    assert math.isnan(few.value)
    assert few.low is None


def test_yields_are_means_over_runs_and_differ_within_them():
    parts = {seed: saddle_points(count) for seed, count in ((1, 2), (2, 4))}
    exact, other, difference = yields("k", parts, ["exact", "other"])
    assert (exact.name, exact.values) == ("yield[exact, k]", (1.0, 1.0))
    assert math.isnan(other.value)
    assert math.isnan(difference.value)
    assert difference.name == "yield_difference[exact - other, k]"


def test_the_origin_of_the_scalar_network_is_the_saddle_that_its_formula_says():
    assert max(eigenvalue_errors(20)) < 1e-12


def test_newtons_method_needs_one_step_on_a_quadratic():
    assert max(step_errors(20)) < 1e-12


def test_newtons_method_goes_to_the_saddle_beside_it_and_descent_does_not():
    # Along w₁ = −w₂ the gradient leads to the origin, and nothing breaks the symmetry but rounding.
    ends = saddle_ends(np.array([[0.3, -0.2], [1.1, 0.95], [-0.4, 0.1]]))
    assert ends["Newton"] == [True, False, True]
    assert ends["damped Newton"] == [False] * 3
    assert ends["gradient descent"] == [False] * 3


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny")


def test_all_searches_of_a_group_are_on_one_surface_and_each_is_its_runs_own(paths):
    group = next(each for each in measured_study(paths, 2).groups if each.label == "cosine")
    methods = (NewtonMR(steps=1, most_products=4), GradientNorm(steps=1))
    found = searches_by_run(group.records, methods, noises=(0.5,), between=1)
    assert list(found) == [100, 101]
    for seed, part in found.items():
        # The initial weights, the middle, the solution, and a draw around each, by two methods.
        assert len(part.found) == 12
        assert part.methods == ("Newton-MR", "gradient norm")
        assert any("on the training set of seed 100" in check for check in part.checks)
        starts = [each for each in part.found if each.start.kind == "initial" and each.start.noise == 0]
        assert len({each.start_loss for each in starts}) == 1, seed
    first, second = (part.found[0].start_loss for part in found.values())
    assert first != second


def test_everything_that_is_measured_of_critical_points_lies_in_the_store(paths):
    pair = (("schedule=cosine", "schedule=constant"),)
    CriticalPointSearch(runs=2, between=0, noises=(), steps=1, differences=pair).measure(paths)
    NewtonSteps(starts=6).measure(paths)
    found = {each.name: each for each in measured_now(paths)}
    names = {estimate.name for each in found.values() for estimate in each.estimates}
    assert {
        "index_loss_correlation[schedule=cosine]",
        "start_loss_correlation[schedule=cosine]",
        "saddle_share[schedule=cosine]",
        "saddle_share_difference[schedule=cosine - schedule=constant]",
        "yield[Newton-MR, schedule=cosine]",
        "yield_difference[Newton-MR - gradient norm, schedule=cosine]",
        "eigenvalue_error[scalar network]",
        "newton_step_error[quadratic]",
        "saddle_share[Newton, scalar network]",
        "saddle_share_difference[Newton - gradient descent, scalar network]",
        "saddle_share_difference[Newton - damped Newton, scalar network]",
    } <= names
    for each in found.values():
        for figure in each.illustrations:
            assert (paths.landscape / f"{figure.name}.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads((paths.landscape / "critical_points.json").read_text())["found"]["cosine"]
    assert content["yield"]["tried"] == 2 * 2 * 2
    assert [each.rpartition("/")[2] for each in content["runs"]] == [
        "init100-order100-split100",
        "init101-order101-split101",
    ]
