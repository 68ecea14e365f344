"""A study's trajectories as files: what is written is the plane, the curvature and the layers of its snapshots."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.measured import found_in
from analysis.run_surface import training_surface
from analysis.trajectories.files import measure_trajectory
from analysis.trajectories.measured import trajectory_through_snapshots
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run, Seeds
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from sweeps.verification import verify
from tests.stores import TinyStudy, cosine, cyclic, diverging, write_study


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny")


def record_of(paths, recipe):
    return RunStore(paths.runs).find(Run(recipe, Seeds.all(100)), "confirm")


def exact(record, state):
    surface = training_surface(record.recipe, record.seeds, state, torch.float64)
    row = surface.row(state)
    return surface.mean_loss(row).item(), torch.func.jacrev(torch.func.grad(surface.mean_loss))(row).numpy()


def test_the_runs_with_three_snapshots_are_measured_and_written(paths):
    found, folder = measure_trajectory(paths, count=2, points=5)
    assert folder == paths.landscape
    assert {each.name for each in folder.iterdir()} == {
        f"{name}.{kind}" for name in ("trajectory", "stability") for kind in ("json", "png", "pdf")
    }
    assert set(found) == {"cyclic cosine"}
    record = record_of(paths, cyclic)
    plane = found_in(folder / "trajectory.json")["cyclic cosine"]
    sharpness = found_in(folder / "stability.json")["cyclic cosine"]
    name = f"{cyclic.hash}/init100-order100-split100"
    assert plane["run"] == sharpness["run"] == name
    assert plane["steps"] == sharpness["steps"] == list(record.snapshot_steps)
    for index, state in enumerate(record.snapshots()):
        loss, hessian = exact(record, state)
        values = np.linalg.eigvalsh(hessian)
        assert plane["true_losses"][index] == pytest.approx(loss, rel=1e-5)
        np.testing.assert_allclose(sharpness["top"][index], values[::-1][:2], rtol=1e-5)
    # Of the last snapshot: two inputs and eight hidden units, then two classes.
    assert [layer["parameters"] for layer in sharpness["layers"]] == [24, 18]
    blocks = [hessian[:24, :24], hessian[24:, 24:]]
    for layer, block in zip(sharpness["layers"], blocks, strict=True):
        assert layer["top"] == pytest.approx(np.linalg.eigvalsh(block)[-1], rel=1e-9)
        assert layer["trace"] == pytest.approx(np.trace(block), rel=1e-9)
    assert np.array(plane["losses"]).shape == (5, 5)
    assert found["cyclic cosine"].checks[-1] in sharpness["checks"]
    assert not list(verify(paths))


def test_a_way_along_a_line_has_curvature_but_no_plane(paths, monkeypatch):
    record = record_of(paths, cyclic)
    first, second, _ = record.snapshots()
    third = {name: 2 * second[name] - first[name] for name in first}
    monkeypatch.setattr(type(record), "snapshots", lambda _: [first, second, third])
    found = trajectory_through_snapshots(record, points=3)
    assert "lie on a line" in found.plane
    # Measured again without a plane, the figure of an earlier plane is gone.
    paths.landscape.mkdir(exist_ok=True)
    (paths.landscape / "trajectory.png").write_bytes(b"old")
    measure_trajectory(paths, count=1, points=3)
    assert {each.name for each in paths.landscape.iterdir()} == {"trajectory.json"} | {
        f"stability.{kind}" for kind in ("json", "png", "pdf")
    }
    assert json.loads((paths.landscape / "trajectory.json").read_text())["figures"] == []
    assert found.checks[0] == found.plane
    assert np.isfinite(found.sharpness.values).all()


def test_without_cycles_there_is_no_trajectory(tmp_path):
    paths = write_study(tmp_path / "tiny", TinyStudy().but(trials=(), confirmed=((cosine, ("schedule=cosine",)),)))
    with pytest.raises(InvalidInput, match="no run with 3 snapshots or more, which a trajectory needs"):
        measure_trajectory(paths)
    assert not paths.landscape.exists()
    with pytest.raises(InvalidInput, match="has fewer than 3 snapshots"):
        trajectory_through_snapshots(record_of(paths, cosine))


def test_without_a_run_that_converged_there_is_none_either(tmp_path):
    study = TinyStudy().but(trials=(), confirmed=((diverging, ("winner 1",)),), group_by=())
    paths = write_study(tmp_path / "tiny", study)
    with pytest.raises(InvalidInput, match="no confirmed run that converged"):
        measure_trajectory(paths)
    with pytest.raises(InvalidInput, match="has no snapshots"):
        trajectory_through_snapshots(replace(record_of(paths, diverging), snapshot_steps=()))
    with pytest.raises(InvalidInput, match="There is no study"):
        measure_trajectory(StudyPaths(tmp_path / "none"))
