"""What the study of slices measures, against closed forms and against a second way to the same number."""

import json
import math
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from analysis.estimate import t_interval
from analysis.inference.deviation_ratio import log_deviation_ratio
from analysis.inference.of_groups import group_difference, group_mean, group_share
from analysis.measured import measured_now
from analysis.measurements.barriers import Barriers
from analysis.measurements.final_loss_spread import FinalLossSpread
from analysis.measurements.lines import Lines
from analysis.measurements.minimum_width import MinimumWidth
from analysis.measurements.path_plane import PathPlane
from analysis.measurements.planes import Planes
from analysis.measurements.start_to_end import StartToEnd
from analysis.measurements.symmetry import Symmetry
from analysis.paths.pairs import mean_over_pairs
from analysis.paths.start_to_end import highest_rise, only_falls
from analysis.paths.symmetry import flipped, permuted
from analysis.run_groups import measured_study
from lightning_modules.errors import InvalidInput
from lightning_modules.stack.layout import Layout
from sweeps.paths import StudyPaths
from tests.stores import write_study

double = torch.float64
losses = st.lists(st.floats(0, 10), min_size=2, max_size=8).map(np.array)


def test_differences_of_pairs_may_be_negative_and_have_students_interval_where_pairs_are_sums_of_runs():
    own = np.array([-3.0, 1.0, -2.0, 0.5])
    matrix = (own[:, None] + own[None]) / 2
    signed = mean_over_pairs(matrix, "d", "target difference")
    expected = t_interval(own, "d", "runs", "target difference")
    assert signed.value == pytest.approx(expected.value)
    assert (signed.low, signed.high) == pytest.approx((expected.low, expected.high))
    assert signed.low < 0
    assert mean_over_pairs(np.abs(matrix), "d", "target").low >= 0


@given(losses)
def test_the_highest_rise_is_that_over_all_pairs_of_points(values):
    expected = max(after - before for place, before in enumerate(values) for after in values[place:])
    assert highest_rise(values) == pytest.approx(expected)
    falls = values[0] > values[-1] and expected <= 0.1 * (values[0] - values[-1]) + 1e-15
    assert only_falls(values, 0.1) == falls


def test_what_is_not_finite_or_ends_no_lower_does_not_only_fall():
    assert only_falls(np.array([3.0, 1.0, 1.0]), 0.0)
    assert not only_falls(np.array([3.0, 1.0, 1.1]), 0.0)
    assert not only_falls(np.array([3.0, np.inf, 1.0]), 1.0)
    assert not only_falls(np.array([1.0, 1.0]), 1.0)
    with pytest.raises(InvalidInput, match="tolerance"):
        only_falls(np.array([3.0, 1.0]), -0.1)


def test_a_group_that_varies_twice_as_much_has_the_logarithm_of_two():
    first = dict(enumerate([0.3, 0.1, 0.9, 0.4, 0.5]))
    found = log_deviation_ratio({seed: 2 * value + 7 for seed, value in first.items()}, first, "r")
    assert (found.value, found.low, found.high) == pytest.approx((math.log(2),) * 3)
    assert (found.n, found.over) == (5, "5 seeds that both have, jackknifed")
    assert log_deviation_ratio(first, {0: 1.0, 1: 2.0, 2: 5.0}, "r").low is None
    assert math.isnan(log_deviation_ratio(first, dict.fromkeys(first, 1.0), "r").value)


def test_the_interval_of_a_ratio_holds_the_truth_as_often_as_it_says():
    source = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        draws = source.normal(size=(2, 20)) * [[3.0], [1.0]]
        found = log_deviation_ratio(*(dict(enumerate(each)) for each in draws), "r")
        held += found.low <= math.log(3) <= found.high
    # Binomial with 0.95: fewer than 270 of 300 come once in a thousand times.
    assert held >= 270


def test_groups_count_what_is_not_finite_and_keep_their_range():
    found = group_mean([0.1, math.nan, 0.0, 0.3], "m", "target")
    assert (found.n, found.low) == (3, 0.0)
    assert "1 has no finite value and is left out" in found.over
    assert math.isnan(group_mean([math.inf], "m", "target").value)
    apart = group_difference({1: 1.0, 2: 1.0, 3: 0.0}, {2: 0.0, 1: 0.0, 4: 1.0, 3: 0.5}, "d", "points")
    assert apart.values == (1.0, 1.0, -0.5)
    assert (apart.low, apart.high) == (-1.0, 1.0)
    assert group_share([True, False, True], "s").values == (1.0, 0.0, 1.0)


def network(activation):
    torch.manual_seed(0)
    layers = [nn.Linear(3, 5), activation, nn.Linear(5, 4), activation, nn.Linear(4, 2)]
    return nn.Sequential(nn.Flatten(), *layers).double()


def outputs(module, row, inputs):
    state = {name: value[0] for name, value in Layout.of(module).views(row[None]).items()}
    return torch.func.functional_call(module, state, (inputs,))


@pytest.mark.parametrize(
    ("move", "activation"),
    [(permuted, nn.ReLU()), (permuted, nn.Tanh()), (flipped, nn.Tanh())],
    ids=["permuted ReLU", "permuted tanh", "flipped tanh"],
)
def test_a_symmetry_moves_the_weights_and_not_the_function(move, activation):
    module, inputs = network(activation), torch.randn(20, 3, dtype=double)
    row = Layout.of(module).row(dict(module.named_parameters()))
    moved = move(module, row, seed=1)
    assert (moved - row).norm() > 0.1 * row.norm()
    assert moved.abs().sort().values.equal(row.abs().sort().values)
    torch.testing.assert_close(outputs(module, moved, inputs), module(inputs), rtol=1e-12, atol=1e-12)
    assert not move(module, row, seed=2).equal(moved)


def test_units_that_are_not_odd_have_no_signs_to_flip():
    module = network(nn.ReLU())
    with pytest.raises(InvalidInput, match=r"not odd \(ReLU\)"):
        flipped(module, Layout.of(module).row(dict(module.named_parameters())), seed=0)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny")


cosine, constant, cyclic = (f"schedule={name}" for name in ("cosine", "constant", "cyclic cosine"))


def test_everything_that_slices_measure_lies_in_the_store_with_figures_and_estimates(paths):
    pair = ((cyclic, constant),)
    measurements = [
        Barriers(runs=3, points=5, differences=pair),
        StartToEnd(points=5),
        FinalLossSpread(ratios=pair),
        Symmetry(runs=2, draws=2),
        MinimumWidth(runs=2, directions=3, differences=pair),
        PathPlane(runs=2, points=5, groups=(cyclic,)),
        Lines(runs=2, directions=2, points=5),
        Planes(points=5, groups=(cyclic, cosine)),
    ]
    for each in measurements:
        each.measure(paths)
    found = {each.name: each for each in measured_now(paths)}
    assert set(found) == {each.name for each in measurements}
    for each in found.values():
        for figure in each.illustrations:
            assert (paths.landscape / f"{figure.name}.png").read_bytes().startswith(b"\x89PNG")
            assert figure.caption
            assert figure.alt
    estimates = {estimate.name: estimate for each in found.values() for estimate in each.estimates}
    assert {
        f"barrier[linear, {cosine}]",
        f"barrier[aligned, {cosine}]",
        f"barrier[snapshots, {cyclic}]",
        f"barrier_difference[snapshots - linear, {cyclic}]",
        f"barrier_difference[aligned, {cyclic} - {constant}]",
        f"monotone_share[{cosine}]",
        f"start_to_end_barrier[{cosine}]",
        f"log_deviation_ratio[{cyclic} / {constant}]",
        f"loss_change[permutation, {cosine}]",
        f"minimum_width_difference[{cyclic} - {constant}]",
        f"path_explained_difference[path - random walk, {cyclic}]",
    } <= set(estimates)
    assert not [name for name in estimates if name.startswith("loss_change[sign flip")]
    assert any("not odd" in check for check in found["symmetry"].checks["cosine"])
    assert estimates[f"loss_change[permutation, {cosine}]"].value < 1e-12
    _agree(paths, estimates)


def _agree(paths, estimates):
    """Barriers against those that a plain loop over the losses in the file gives."""
    content = json.loads((paths.landscape / "barriers.json").read_text())["found"]
    heights = {}
    for label in ("cyclic cosine", "constant"):
        for way in ("linear", "aligned"):
            for path in content[label]["between"][way]["paths"]:
                own, steps = path["losses"], path["steps"]
                line = [(1 - step) * own[0] + step * own[-1] for step in steps]
                heights[label, way, tuple(path["pair"])] = max(a - b for a, b in zip(own, line, strict=True))
    pairs = list(combinations(range(3), 2))
    aligned = np.mean([heights["cyclic cosine", "aligned", pair] for pair in pairs])
    linear = np.mean([heights["cyclic cosine", "linear", pair] for pair in pairs])
    other = np.mean([heights["constant", "aligned", pair] for pair in pairs])
    assert estimates[f"barrier[aligned, {cyclic}]"].value == pytest.approx(aligned)
    assert estimates[f"barrier_difference[aligned - linear, {cyclic}]"].value == pytest.approx(aligned - linear)
    assert estimates[f"barrier_difference[aligned, {cyclic} - {constant}]"].value == pytest.approx(aligned - other)


def test_a_group_that_is_not_there_and_a_study_that_has_not_run_are_told(paths, tmp_path):
    with pytest.raises(InvalidInput, match="There is no group 'schedule=none'"):
        Planes(points=3, groups=("schedule=none",)).measure(paths)
    with pytest.raises(InvalidInput, match="run it first"):
        measured_study(StudyPaths(tmp_path))
