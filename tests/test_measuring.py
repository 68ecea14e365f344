"""The verbs on checkpoints and studies: what they write, and one sentence for what cannot be measured."""

import json
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from analysis.directions import filter_normalized
from analysis.landscape import Landscape
from analysis.measured import found_in
from tests.stores import write_study
from tests.test_checkpoint_file import Trap
from tests.test_cli import atlas

theirs = '''"""Somebody's project."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make():
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))


def needs(width):
    return nn.Linear(6, width)


def no_module():
    return 3


def breaks():
    return {}["nothing"]


def data():
    inputs = torch.randn(70, 6, generator=torch.Generator().manual_seed(0))
    return DataLoader(TensorDataset(inputs, torch.arange(70) % 3), batch_size=32)


def dataset():
    return data().dataset


def broken_data():
    yield torch.randn(2, 6), torch.zeros(2, dtype=torch.long)
    raise OSError("the disk is gone")


def regression():
    inputs = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    return [(inputs, inputs[:, 0].sin())]


def cubed(outputs, targets):
    return (outputs - torch.nn.functional.one_hot(targets, 3)).abs().pow(3).sum(dim=1)


model, empty, number = make(), [], 3
one_output, two_outputs = nn.Linear(6, 1), nn.Linear(6, 2)
scalar = torch.ones(3)
triples = [(torch.randn(2, 6), torch.zeros(2).long(), 3)]
arrays = [(torch.randn(2, 6), [0, 1])]
narrow = [(torch.randn(2, 5), torch.zeros(2).long())]
high = [(torch.randn(2, 6), torch.full((2,), 7))]
none = [(torch.randn(0, 6), torch.zeros(0).long())]


class Lost(nn.Linear):
    def __init__(self):
        super().__init__(6, 1)

    def forward(self, x):
        return {}["width"]
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a module of somebody's and weights of its model, as the current one."""
    (tmp_path / "theirs.py").write_text(theirs)
    (tmp_path / "bad.py").write_text("import nothing_there\n")
    (tmp_path / "torn.py").write_text("def (\n")
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))
    network(torch.randn(50, 6))
    torch.save(network.state_dict(), tmp_path / "best.pt")
    torch.save(nn.Linear(6, 1).state_dict(), tmp_path / "linear.pt")
    torch.save(nn.Linear(6, 2).state_dict(), tmp_path / "linear2.pt")
    torch.save(Trap(tmp_path / "executed"), tmp_path / "trap.pt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield network
    for name in ("theirs", "bad", "torn"):
        sys.modules.pop(name, None)


def data():
    inputs = torch.randn(70, 6, generator=torch.Generator().manual_seed(0))
    return DataLoader(TensorDataset(inputs, torch.arange(70) % 3), batch_size=32)


given = ("--checkpoint", "best.pt", "--model", "theirs:make", "--data", "theirs:data")


def test_a_checkpoint_is_sliced_as_a_script_would(project, tmp_path, capsys, monkeypatch):
    words = ("slice", *given, "--points", 5, "--reach", 0.5, "--directions", 2, "--seed", 4, "--plane")
    status, out, err = atlas(capsys, monkeypatch, *words)
    assert (status, err) == (0, "")
    assert "loss cross-entropy, because the targets are whole numbers" in out
    folder = tmp_path / "landscape" / "best"
    found = found_in(folder / "slice.json")["best"]
    inputs, targets = data().dataset.tensors
    center = nn.utils.parameters_to_vector(project.parameters()).detach()
    basis = filter_normalized(project, center, 4, 2)
    assert found["steps"] == [-0.5, -0.25, 0.0, 0.25, 0.5]
    assert found["checkpoint"] == "best.pt"
    for row, direction in enumerate(basis):
        for place, step in enumerate(found["steps"]):
            nn.utils.vector_to_parameters(center + step * direction, project.parameters())
            with torch.no_grad():
                expected = nn.functional.cross_entropy(project.eval()(inputs), targets).item()
            assert found["losses"][row][place] == pytest.approx(expected, rel=1e-5)
    plane = found_in(folder / "plane.json")["best"]
    np.testing.assert_allclose(np.array(plane["losses"])[2], found["losses"][0], rtol=1e-5)
    names = {"slice.json", "slice_best.png", "slice_best.pdf", "plane.json", "plane_best.png", "plane_best.pdf"}
    names |= {"surface_best.png", "surface_best.pdf"}
    assert {file.name for file in folder.iterdir()} == names
    assert f"  · {found['checks'][0]}" in out


@pytest.mark.parametrize("model", ["theirs:make", "theirs:model"])
def test_the_spectrum_of_a_checkpoint_is_that_of_the_landscape(project, tmp_path, capsys, monkeypatch, model):
    words = ("spectrum", *given[:2], "--model", model, *given[4:], "--count", 3, "--output", tmp_path / "out")
    status, out, _ = atlas(capsys, monkeypatch, *words, "--loss", "torch.nn:CrossEntropyLoss")
    assert status == 0
    assert "because" not in out
    found = found_in(tmp_path / "out" / "spectrum.json")["best"]
    exact = Landscape(project, nn.CrossEntropyLoss(), data()).spectrum().values
    np.testing.assert_allclose(found["eigenvalues"], exact, atol=1e-9)
    (figure,) = json.loads((tmp_path / "out" / "spectrum.json").read_text())["figures"]
    assert "Hessian of the loss on the given examples, without penalties" in figure["caption"]
    assert not any("learning rate" in check for check in found["checks"])
    assert not (tmp_path / "landscape").exists()


@pytest.mark.parametrize(("loss", "value"), [("squared-error", 0.5), ("torch.nn:MSELoss", 1.0), (None, 0.5)])
@pytest.mark.usefixtures("project")
def test_the_loss_is_the_one_that_is_named(tmp_path, capsys, monkeypatch, loss, value):
    words = ["slice", "--checkpoint", "linear.pt", "--model", "theirs:one_output", "--data", "theirs:regression"]
    words += [] if loss is None else ["--loss", loss]
    status, out, err = atlas(capsys, monkeypatch, *words, "--points", 3)
    if loss == "torch.nn:MSELoss":
        assert (status, "give targets of the outputs' shape" in err) == (2, True)
        return
    assert status == 0
    assert ("because the targets are real numbers" in out) == (loss is None)
    middle = found_in(tmp_path / "landscape/linear/slice.json")["linear"]["losses"][0][1]
    weights = torch.load("linear.pt", weights_only=True)
    inputs = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    outputs = inputs @ weights["weight"][0] + weights["bias"]
    assert middle == pytest.approx(value * (outputs - inputs[:, 0].sin()).square().mean().item(), rel=1e-5)


def test_a_function_of_ones_own_is_the_loss(project, tmp_path, capsys, monkeypatch):
    assert atlas(capsys, monkeypatch, "slice", *given, "--points", 3, "--loss", "theirs:cubed")[0] == 0
    middle = found_in(tmp_path / "landscape/best/slice.json")["best"]["losses"][0][1]
    inputs, targets = data().dataset.tensors
    with torch.no_grad():
        far = project.eval()(inputs) - nn.functional.one_hot(targets, 3)
    assert middle == pytest.approx(far.abs().pow(3).sum(dim=1).mean().item(), rel=1e-5)


@pytest.mark.usefixtures("project")
def test_what_was_found_of_another_checkpoint_is_not_overwritten(tmp_path, capsys, monkeypatch):
    assert atlas(capsys, monkeypatch, "slice", *given, "--points", 3)[0] == 0
    found = tmp_path / "landscape/best/slice.json"
    before = found.read_bytes()
    assert atlas(capsys, monkeypatch, "slice", *given, "--points", 5)[0] == 0
    assert found.read_bytes() != before
    (tmp_path / "other").mkdir()
    (tmp_path / "best.pt").rename(tmp_path / "other/best.pt")
    words = ("slice", "--checkpoint", "other/best.pt", *given[2:], "--points", 3)
    status, _, err = atlas(capsys, monkeypatch, *words)
    assert status == 2
    assert "slice.json is of something else than other/best.pt: give another --output" in err
    assert atlas(capsys, monkeypatch, *words, "--output", "elsewhere")[0] == 0


def but(**changes):
    options = {"checkpoint": "best.pt", "model": "theirs:make", "data": "theirs:data", **changes}
    return [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give a STUDY, or --checkpoint with --model and --data"),
        (["tiny", *but()], "Both a study and --checkpoint are given"),
        (["tiny", "--model", "theirs:make"], "--model goes with --checkpoint"),
        (but(model=None), "A checkpoint needs --model as well"),
        (but(model=None, data=None), "A checkpoint needs --model and --data as well"),
        (but(checkpoint="none.pt"), "There is no checkpoint none.pt"),
        (but(checkpoint="linear.pt"), "linear.pt lacks 0.weight, 0.bias, 1.weight, 1.bias and 5 more of the model"),
        (but(checkpoint="trap.pt"), "asks for more than weights"),
        (but(model="theirs"), "--model is 'theirs': give MODULE:NAME"),
        (but(model="theirs.py:make"), "--model is 'theirs.py:make': give MODULE:NAME"),
        (but(model="thiers:make"), "there is no module 'thiers'"),
        (but(model="bad:make"), "ModuleNotFoundError: No module named 'nothing_there'"),
        (but(model="torn:make"), "torn.py, line 1, is not Python"),
        (but(model="theirs:mak"), "theirs has no 'mak': did you mean make?"),
        (but(model="theirs:number"), "is a int: give a function without arguments"),
        (but(model="theirs:needs"), "calling it fails: TypeError: needs() missing 1 required"),
        (but(model="theirs:no_module"), "returns a int: let it return a torch.nn.Module"),
        (but(model="theirs:breaks"), "theirs.py, line 20: KeyError: 'nothing'"),
        (but(data="theirs:empty"), "--data theirs:empty yields no batches"),
        (but(data="theirs:number"), "is a int: give a function without arguments"),
        (but(data="theirs:breaks"), "KeyError"),
        (but(data="theirs:no_module"), "gives a int: let it return a DataLoader"),
        (but(data="theirs:dataset"), "gives a dataset: let it return DataLoader(dataset, batch_size=256)"),
        (but(data="theirs:broken_data"), "OSError: the disk is gone"),
        (but(data="theirs:scalar"), "The data's batches are each a Tensor: let the loader give"),
        (but(data="theirs:scalar", loss="cross-entropy"), "The data's batches are each a Tensor: let the loader give"),
        (but(data="theirs:triples"), "The data's batches are each a tuple of 3: let the loader give pairs"),
        (but(data="theirs:arrays"), "The data's targets are a list: let the loader give tensors"),
        (but(data="theirs:narrow"), "The model cannot take the inputs (2, 5)"),
        (but(data="theirs:high"), "cannot be evaluated on these data: Target 7 is out of bounds"),
        (but(data="theirs:none"), "The data have 0 inputs and 0 targets"),
        (but(checkpoint="linear.pt", model="theirs:Lost"), "cannot be evaluated on these data: KeyError: 'width'"),
        (but(loss="crossentropy"), "There is no loss 'crossentropy': give binary-cross-entropy, cross-entropy"),
        (but(loss="theirs:number"), "--loss theirs:number is a int"),
        (but(loss="squared-error"), "give targets of the outputs' shape"),
        (but(output="best.pt"), "best.pt cannot be written"),
        (but(output="best.pt/below"), "best.pt/below cannot be written"),
        (but(checkpoint="linear2.pt", model="theirs:two_outputs", data="theirs:regression"), "would broadcast"),
        ([*but(), "--checkpoint", "linear.pt"], "There are 2 checkpoints, and only a path or a trajectory has several"),
    ],
    ids=lambda value: " ".join(value).replace("--", "") or "nothing" if isinstance(value, list) else "",
)
@pytest.mark.parametrize("verb", ["slice", "spectrum", "critical", "sharpness"])
@pytest.mark.usefixtures("project")
def test_what_cannot_be_measured_is_one_sentence(tmp_path, capsys, monkeypatch, verb, words, sentence):
    before = {file for file in tmp_path.rglob("*") if "__pycache__" not in file.parts}
    status, out, err = atlas(capsys, monkeypatch, verb, *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.startswith("atlas: ")
    assert len(err.strip().splitlines()) == 1
    assert {file for file in tmp_path.rglob("*") if "__pycache__" not in file.parts} == before


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--points", 1), "points of a slice is 1: give a whole number of at least 2"),
        (("--reach", 0), "--reach is '0': give a number above 0, or auto"),
        (("--reach", "nan"), "--reach is 'nan'"),
        (("--normalize", "unit"), "--normalize is 'unit': give one of filter, layer, raw"),
        (("--normalize", "raw", "--eigenvectors"), "--eigenvectors asks for others: leave one out"),
        (("--statistics", "batches"), "--statistics is 'batches': give one of frozen, re-estimated, batch"),
        (("--refine",), "--refine is of planes: give --plane as well"),
        (("--on", "train,tests"), "--on names 'tests': give some of train, validation, calibration, test"),
        (("--on", "train,train"), "The examples are named twice"),
        (("--on", "train,test"), "A checkpoint has the examples of --data alone"),
        (("--memory", "2 apples"), "--memory is '2 apples': give an amount of memory such as 2GiB"),
        (("--directions", 0), "The number of directions is 0"),
        (("--seed", -1), "The seed of the directions is -1"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("project")
def test_numbers_that_make_no_slice_are_one_sentence(tmp_path, capsys, monkeypatch, option, sentence):
    status, _, err = atlas(capsys, monkeypatch, "slice", *given, *option)
    assert status == 2
    assert sentence in err
    assert not (tmp_path / "landscape").exists()


def test_a_study_is_sliced_at_the_best_run_of_each_group(tmp_path, capsys, monkeypatch):
    paths = write_study(tmp_path / "tiny")
    words = ("slice", "tiny", "--store", tmp_path, "--points", 5, "--plane")
    status, out, _ = atlas(capsys, monkeypatch, *words)
    assert status == 0
    found = found_in(paths.landscape / "slice.json")
    assert set(found) == {"constant", "cosine", "cyclic cosine"}
    spectrum = atlas(capsys, monkeypatch, "spectrum", "tiny", "--store", tmp_path, "--count", 2)
    assert spectrum[0] == 0
    curvature = found_in(paths.landscape / "spectrum.json")
    for label, each in found.items():
        assert np.array(each["losses"])[:, 2] == pytest.approx(curvature[label]["loss"], rel=1e-5)
        assert each["run"] == curvature[label]["run"]
        assert f"{label}: 3 lines of 5 points, run {each['run']}" in out
    assert (paths.landscape / "plane_cyclic_cosine.png").read_bytes().startswith(b"\x89PNG")
    first = (paths.landscape / "slice.json").read_bytes()
    assert atlas(capsys, monkeypatch, *words[:-1])[0] == 0
    assert (paths.landscape / "slice.json").read_bytes() == first
    assert not list(tmp_path.rglob(".landscape*"))
