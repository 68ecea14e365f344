"""What many searches say together, and the critical points of a study as files in its store."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from analysis.critical.criteria import Criteria
from analysis.critical.found import found_at
from analysis.critical.gradient_norm import GradientNorm
from analysis.critical.index import tolerances
from analysis.critical.newton_mr import NewtonMR
from analysis.critical.of_subjects import measure_critical_points, trajectory_starts
from analysis.critical.result import CriticalPoints, merged
from analysis.critical.starts import Start
from analysis.critical.yields import Yield, rank_correlation
from analysis.figures.critical import draw
from analysis.measured import found_in
from analysis.run_surface import training_surface
from analysis.subjects import of_study
from lightning_modules.data.digits import Digits
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from sweeps.verification import verify
from tests.critical_surfaces import double, drawn, surface_of
from tests.stores import TinyStudy, constant, write_study

few = (NewtonMR(steps=3, most_products=10), GradientNorm(steps=3))


@pytest.mark.parametrize(("found", "tried"), [(0, 7), (3, 10), (10, 10), (40, 100)])
def test_the_interval_of_a_yield_is_wilsons(found, tried):
    z, p = 1.959963984540054, found / tried
    middle, half = p + z * z / (2 * tried), z * math.sqrt(p * (1 - p) / tried + z * z / (4 * tried**2))
    expected = ((middle - half) / (1 + z * z / tried), (middle + half) / (1 + z * z / tried))
    assert Yield(found, tried).interval == pytest.approx(expected, abs=1e-12)
    assert str(Yield(found, tried)).startswith(f"{found} of {tried} (")
    assert Yield(0, 0).interval == (0, 1)


def test_the_rank_correlation_is_spearmans_and_its_interval_is_over_clusters():
    source = np.random.default_rng(0)
    first = source.integers(0, 6, 40).astype(float)
    second = first + source.normal(0, 2, 40)
    found = rank_correlation(first, second, list(range(40)))
    assert found.value == pytest.approx(spearmanr(first, second).statistic)
    assert found.low < found.value < found.high
    # Copies are no new evidence: they leave the interval as wide as it was.
    copied = rank_correlation(np.tile(first, 9), np.tile(second, 9), list(range(40)) * 9)
    assert copied.value == pytest.approx(found.value)
    assert copied.high - copied.low == pytest.approx(found.high - found.low, rel=0.15)
    assert rank_correlation(first[:4], second[:4], [0, 1, 2, 3]) is None
    assert rank_correlation(np.ones(40), second, list(range(40))) is None
    assert rank_correlation(first, second, [0] * 40) is None


def saddle_points(count, offset=0):
    """Critical points of quadratics whose loss is their number and that have so many negative eigenvalues."""
    found = []
    for number in range(count):
        signs = torch.where(torch.arange(8) < number, -1.0, 1.0).double()
        surface = surface_of(lambda w, signs=signs, loss=number: loss + (signs * w * w).sum(), 8)
        start = Start(0.1 * drawn(8), "given", offset + number, 0.0)
        found.append(found_at(surface, start, torch.zeros(8, dtype=double), "exact", 1, Criteria()))
    return CriticalPoints(tuple(found), 8, Criteria(), False)


@pytest.mark.slow
def test_index_and_loss_that_rise_together_have_the_rank_correlation_one():
    points = saddle_points(8)
    np.testing.assert_allclose(points.index_at(), np.arange(8) / 8)
    assert points.relation().value == pytest.approx(1)
    assert points.relation().low > 0.99
    assert (points.distinct, points.yield_of().found) == (8, 8)
    assert any("+1.00" in check for check in points.checks)
    assert any("7 of 8 have an eigenvalue" in check for check in points.checks)
    twice = merged([points, points])
    assert (twice.distinct, len(twice.found)) == (8, 16)
    assert len({each.start.origin for each in twice.found}) == 16


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny")


def test_the_critical_points_of_a_study_lie_in_its_store(paths):
    found, folder = measure_critical_points(of_study(paths), noises=(0.1,), methods=few)
    assert folder == paths.landscape
    written = found_in(folder / "critical.json")
    assert set(written) == set(found) == {"constant", "cosine", "cyclic cosine"}
    for label, points in found.items():
        origins = 5 if label != "cyclic cosine" else 13
        assert len(points.found) == len(written[label]["searches"]) == origins * 2 * 2
        assert written[label]["checks"] == list(points.checks)
        assert written[label]["runs"][0].endswith("/init100-order100-split100")
        assert written[label]["yield"]["tried"] == len(points.found)
        for search in written[label]["searches"]:
            assert len(search["index"]) == len(written[label]["epsilons"]) == len(tolerances)
            assert search["outcome"] in ("critical", "gradient-flat", "not converged", "diverged")
    assert (folder / "critical.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "critical.pdf").read_bytes().startswith(b"%PDF")
    assert not [each for each in verify(paths) if "landscape" in str(each)]


def test_a_trajectory_starts_where_the_run_did_and_ends_at_its_snapshot(paths):
    record = RunStore(paths.runs).find(Run(constant, Seeds.all(100)), "confirm")
    surface = training_surface(record.recipe, record.seeds, record.snapshots()[-1], torch.float64)
    starts = trajectory_starts(record, surface, noises=())
    assert [each.kind for each in starts] == ["initial", "between", "between", "between", "snapshot"]
    # A run of no step: its one epoch is at a rate that rounds away.
    still = replace(constant, epochs=1, optimizer=SGD(learning_rate=1e-30))
    (unmoved,) = fit([Run(still, Seeds.all(100))], accelerator="cpu")
    torch.testing.assert_close(starts[0].point, surface.row(unmoved.snapshots[-1].weights), rtol=0, atol=1e-25)
    torch.testing.assert_close(starts[-1].point, surface.row(record.snapshots()[-1]), rtol=0, atol=0)
    torch.testing.assert_close(starts[2].point, (starts[0].point + starts[-1].point) / 2)


def test_networks_too_large_are_refused_in_a_sentence(tmp_path):
    large = Recipe(data=Subset(Digits(), 300), model=MLP((200,)), optimizer=SGD(0.1), batch_size=64, epochs=3)
    study = TinyStudy().but(trials=(large,), confirmed=((large, ("winner 1",)),), group_by=(), report_seeds=(100,))
    paths = write_study(tmp_path / "tiny", study)
    with pytest.raises(InvalidInput, match="has 15,010 parameters, and critical points are sought of at most 10,000"):
        measure_critical_points(of_study(paths))
    assert not paths.landscape.exists()
    with pytest.raises(InvalidInput, match="run it first"):
        of_study(StudyPaths(tmp_path / "none"))


def test_runs_of_one_group_are_searched_from_together(paths):
    subjects = of_study(paths, 2)
    only = replace(subjects, members=tuple(each for each in subjects.members if each.label == "cosine"))
    found, folder = measure_critical_points(only, noises=(), methods=few[:1])
    assert len(found["cosine"].found) == 2 * 5
    assert len({each.start.origin for each in found["cosine"].found}) == 2 * 5
    names = found_in(folder / "critical.json")["cosine"]["runs"]
    assert [name.partition("/")[2] for name in names] == ["init100-order100-split100", "init101-order101-split101"]


def test_the_figure_shows_each_critical_point_at_its_loss_and_index():
    points = saddle_points(8)
    left, right = draw({"quadratics": points}, {"quadratics": "#0072B2"}).axes
    shown = [line.get_xydata()[0] for line in left.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(shown, np.stack([np.arange(8), np.arange(8) / 8], axis=1))
    assert sum(len(line.get_xdata()) == len(tolerances) for line in right.lines) == 8
    empty = replace(points, found=tuple(replace(each, outcome="not converged") for each in points.found))
    left, right = draw({"quadratics": empty}, {"quadratics": "#0072B2"}).axes
    assert any("no critical point" in text.get_text() for text in right.texts)
    assert not [line for line in left.lines if line.get_marker() == "o"]
