"""The verbs around a solution: critical points, trajectories, sharpness, and slices with their options."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

import analysis.slices.chunks
from analysis.landscape import Landscape
from analysis.measured import found_in
from analysis.run_surface import part_surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.recipe import Run, Seeds
from studies.command.numbers import bytes_named, numbers_named, reach_named
from sweeps.store import RunStore
from tests.stores import cyclic, write_study
from tests.test_cli import atlas

theirs = '''"""Somebody's project."""
import torch
from torch import nn


def make():
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))


def wide():
    return nn.Sequential(nn.Linear(4, 2000), nn.ReLU(), nn.Linear(2000, 2))


def data():
    inputs = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    return [(inputs, (inputs[:, 0] > 0).long())]
'''


def network(seed, width=3):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 2))


def data():
    inputs = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    return [(inputs, (inputs[:, 0] > 0).long())]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a model of somebody's and four checkpoints of it, as the current one."""
    (tmp_path / "around.py").write_text(theirs)
    for seed in range(4):
        torch.save(network(seed).state_dict(), tmp_path / f"epoch{seed}.pt")
    torch.save(network(0, 2000).state_dict(), tmp_path / "wide.pt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("around", None)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny")


def given(*files, model="make"):
    words = [word for file in files for word in ("--checkpoint", f"{file}.pt")]
    return [*words, "--model", f"around:{model}", "--data", "around:data"]


def test_the_sharpness_of_a_checkpoint_is_that_of_its_landscape(project, capsys, monkeypatch):
    status, out, err = atlas(capsys, monkeypatch, "sharpness", *given("epoch0"), "--draws", 9, "--directions", 6)
    assert (status, err) == (0, "")
    written = found_in(project / "landscape/epoch0/sharpness.json")["epoch0"]
    double = [(inputs.double(), targets) for inputs, targets in data()]
    expected = Landscape(network(0), nn.CrossEntropyLoss(), double).sharpness(draws=9, directions=6)
    assert written["average_case"]["value"] == pytest.approx(expected.average.value, rel=1e-6)
    assert written["worst_case"]["value"] == pytest.approx(expected.worst.value, rel=1e-6)
    assert written["width"]["value"] == pytest.approx(expected.width.value, rel=1e-6)
    assert written["average_case"]["n"] == 9
    assert written["average_case"]["low"] < written["average_case"]["value"] < written["average_case"]["high"]
    # Of the same function with other weights every measure is the same.
    assert all(change < 1e-9 for change in written["changes_when_rescaled"].values())
    assert f"  average case  {expected.average}" in out
    assert "the average-case sharpness does not change" in out
    assert written["checks"][-1] == "of the mean loss on the given examples, without penalties and as in evaluation"


def test_without_relu_there_is_no_self_test_of_scale():
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    found = Landscape(module, nn.CrossEntropyLoss(), data()).sharpness(draws=3, directions=2)
    assert not found.rescaled
    assert any("no self-test of scale: the layer '1' (Tanh)" in check for check in found.checks)
    assert found.to_json()["changes_when_rescaled"] is None
    assert found.to_json()["width"]["low"] is None


def test_the_sharpness_of_a_study_is_measured_at_each_group(paths, capsys, monkeypatch):
    words = ("sharpness", "tiny", "--store", paths.root.parent, "--draws", 4, "--directions", 2)
    assert atlas(capsys, monkeypatch, *words)[0] == 0
    found = found_in(paths.landscape / "sharpness.json")
    assert set(found) == {"constant", "cosine", "cyclic cosine"}


def test_critical_points_are_searched_around_a_checkpoint(project, capsys, monkeypatch):
    words = ("critical", *given("epoch0"), "--noise", "0.2,0.4", "--draws", 2, "--with", "newton-mr")
    status, out, err = atlas(capsys, monkeypatch, *words)
    assert status == 0
    assert err.splitlines() == [
        "epoch0: Newton-MR: searching from starts 1 to 5 of 5",
        "epoch0: Newton-MR: 5 searches have ended, all eigenvalues at each end come next",
    ]
    found = found_in(project / "landscape/epoch0/critical.json")["epoch0"]
    assert [each["noise"] for each in found["searches"]] == [0, 0.2, 0.2, 0.4, 0.4]
    assert {each["method"] for each in found["searches"]} == {"Newton-MR"}
    assert found["checkpoint"] == "epoch0.pt"
    assert (project / "landscape/epoch0/critical.png").read_bytes().startswith(b"\x89PNG")
    assert "epoch0: 23 parameters, 5 searches" in out


def test_a_trajectory_goes_through_checkpoints_in_order(project, capsys, monkeypatch):
    files = [f"epoch{seed}" for seed in range(4)]
    status, out, _ = atlas(capsys, monkeypatch, "trajectory", *given(*files), "--points", 5, "--count", 2)
    assert status == 0
    folder = project / "landscape" / "_to_".join(files)
    stability = found_in(folder / "stability.json")["epoch0 to epoch3"]
    for seed, top in enumerate(stability["top"]):
        double = [(inputs.double(), targets) for inputs, targets in data()]
        exact = Landscape(network(seed), nn.CrossEntropyLoss(), double).spectrum().values[::-1][:2]
        np.testing.assert_allclose(top, exact, rtol=1e-5)
    assert stability["stability_thresholds"] is None
    plane = found_in(folder / "trajectory.json")["epoch0 to epoch3"]
    states = [network(seed).state_dict() for seed in range(4)]
    expected = Landscape(network(3), nn.CrossEntropyLoss(), data()).trajectory(states, points=5)
    np.testing.assert_allclose(plane["losses"], expected.plane.losses, rtol=1e-5)
    assert plane["checkpoints"] == [f"{file}.pt" for file in files]
    assert {each.name for each in folder.iterdir()} == {
        f"{name}.{kind}" for name in ("trajectory", "stability") for kind in ("json", "png", "pdf")
    }
    assert "epoch0 to epoch3: 4 points" in out
    # Of the same files again, but not of others.
    assert atlas(capsys, monkeypatch, "trajectory", *given(*files), "--points", 3)[0] == 0
    others = given("wide", model="wide")
    status, _, err = atlas(capsys, monkeypatch, "sharpness", *others, "--output", folder)
    assert (status, "is of something else than wide.pt" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["trajectory", *given("epoch0", "epoch1")], "through 3 checkpoints or more, and there are 2"),
        (["trajectory", *given("epoch0", "epoch1", "epoch2"), "--points", 1], "A plane's points is 1"),
        (["trajectory", *given("epoch0", "epoch1", "epoch2"), "--count", 0], "The number of eigenvalues is 0"),
        (
            ["critical", *given("wide", model="wide")],
            "has 14,002 parameters, and critical points are sought of at most",
        ),
        (["critical", *given("epoch0"), "--with", "newton"], "There is no method 'newton': give some of newton-mr"),
        (["critical", *given("epoch0"), "--noise", "much"], "--noise is 'much': give numbers"),
        (["critical", *given("epoch0"), "--noise", "-1"], "The noise around a start"),
        (["critical", *given("epoch0"), "--draws", -1], "The number of draws around a start"),
        (["sharpness", *given("epoch0"), "--radius", 0], "The sharpness's radius"),
        (["sharpness", *given("epoch0"), "--rise", -1], "The width's rise"),
        (["sharpness", *given("epoch0"), "--draws", 1], "The sharpness's draws"),
        (["sharpness", *given("epoch0", "epoch1")], "only a path or a trajectory has several: give one"),
    ],
    ids=lambda value: " ".join(map(str, value)).replace("--", "") if isinstance(value, list) else "",
)
def test_what_cannot_be_measured_is_one_sentence(project, capsys, monkeypatch, words, sentence):
    status, out, err = atlas(capsys, monkeypatch, *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert not (project / "landscape").exists()


@pytest.mark.slow
def test_a_study_is_sliced_on_several_parts_with_all_options(paths, capsys, monkeypatch):
    words = ["slice", "tiny", "--store", paths.root.parent, "--points", 5, "--plane", "--on", "train,test"]
    words += ["--normalize", "layer", "--statistics", "batch", "--reach", "auto", "--refine", "--memory", "50MB"]
    status, out, _ = atlas(capsys, monkeypatch, *words)
    assert status == 0
    line = found_in(paths.landscape / "slice.json")["cyclic cosine"]
    plane = found_in(paths.landscape / "plane.json")["cyclic cosine"]
    assert line["axis"] == "step along a random layer-normalised direction"
    assert line["statistics"] == plane["statistics"] == "batch"
    record = RunStore(paths.runs).find(Run(cyclic, Seeds.all(100)), "confirm")
    weights = record.snapshots()[-1]
    for each, part in zip((line, *line["others"]), ("train", "test"), strict=True):
        surface = part_surface(record.recipe, record.seeds, weights, part, torch.float64)
        loss = surface.mean_loss(surface.row(weights)).item()
        np.testing.assert_allclose(np.array(each["losses"])[:, 2], loss, rtol=1e-5)
    assert np.array(plane["evaluated"]).shape == (5, 5)
    assert "the range was chosen by its border" in out
    assert not (paths.landscape / "chunks").exists()


def test_slices_go_along_eigenvectors(project, capsys, monkeypatch):
    words = ("slice", *given("epoch0"), "--eigenvectors", "--directions", 2, "--points", 3, "--reach", 0.5, "--plane")
    assert atlas(capsys, monkeypatch, *words)[0] == 0
    found = found_in(project / "landscape/epoch0/slice.json")["epoch0"]
    landscape = Landscape(network(0), nn.CrossEntropyLoss(), data())
    expected = landscape.eigenvector_slice(count=2, points=3, reach=0.5)
    # An eigenvector has no sign.
    np.testing.assert_allclose(np.sort(found["losses"]), np.sort(expected.losses), rtol=1e-4)
    assert any("along eigenvectors of the Hessian" in check for check in found["checks"])


def test_an_interrupted_plane_goes_on_where_it_was(project, capsys, monkeypatch):
    words = ("slice", *given("epoch0"), "--plane", "--points", 21)
    assert atlas(capsys, monkeypatch, *words, "--output", "whole")[0] == 0
    write, count = analysis.slices.chunks.write_arrays, [0]

    def killed(path, arrays):
        count[0] += 1
        if count[0] == 2:
            raise KeyboardInterrupt
        return write(path, arrays)

    monkeypatch.setattr(analysis.slices.chunks, "write_arrays", killed)
    atlas(capsys, monkeypatch, *words)
    folder = project / "landscape/epoch0"
    assert len(list((folder / "chunks").iterdir())) == 1
    assert not (folder / "plane.json").exists()
    assert atlas(capsys, monkeypatch, *words)[0] == 0
    # 441 points are two chunks, of which one was there.
    assert count[0] == 3
    assert (folder / "plane.json").read_bytes() == (project / "whole/plane.json").read_bytes()
    assert not (folder / "chunks").exists()


def test_a_landscape_answers_by_the_methods_that_the_verbs_have():
    landscape = Landscape(network(0), nn.CrossEntropyLoss(), data())
    values = landscape.spectrum().values
    np.testing.assert_allclose(landscape.index([0, 0.01]), [(values < 0).mean(), (values < -0.01).mean()])
    path = landscape.path(network(1), points=3)
    middle = [
        (first + second) / 2 for first, second in zip(network(0).parameters(), network(1).parameters(), strict=True)
    ]
    halfway = network(2)
    with torch.no_grad():
        for parameter, value in zip(halfway.parameters(), middle, strict=True):
            parameter.copy_(value)
    expected = nn.functional.cross_entropy(halfway(data()[0][0]), data()[0][1]).item()
    assert path.losses[1] == pytest.approx(expected, rel=1e-5)
    found = landscape.critical_points(noises=())
    assert [each.method for each in found.found] == ["Newton-MR", "gradient norm"]


def test_targets_that_the_squared_error_would_broadcast_are_refused():
    inputs = torch.randn(20, 4)
    with pytest.raises(InvalidInput, match=r"shape \(20, 2\) and the targets \(20,\), which the squared error would"):
        Landscape(network(0), SquaredError(), [(inputs, inputs[:, 0])])
    assert Landscape(network(0), SquaredError(), [(inputs, inputs[:, :2])]).slice(points=3).accuracies is None


@pytest.mark.parametrize(
    ("text", "expected"), [("2GiB", 2**31), ("500MB", 5 * 10**8), ("1.5 kib", 1536), ("1000", 1000), ("7B", 7)]
)
def test_amounts_of_memory_are_read(text, expected):
    assert bytes_named("--memory", text) == expected


@pytest.mark.parametrize("text", ["", "GiB", "2 apples", "-1", "0", "0.1"])
def test_what_is_no_amount_of_memory_is_refused(text):
    with pytest.raises(InvalidInput, match="give an amount of memory such as 2GiB"):
        bytes_named("--memory", text)


def test_lists_of_numbers_and_reaches_are_read():
    assert numbers_named("--noise", "0.1, 2") == [0.1, 2.0]
    assert numbers_named("--noise", "") == []
    assert (reach_named("--reach", "auto"), reach_named("--reach", "0.5")) == (None, 0.5)
