"""The command line as a user meets it: what works, and one sentence for what cannot."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from studies.command.app import main
from studies.command.loader import built_in
from tests.undrawn import no_pictures

repository = Path(__file__).parent.parent
own_study = '''"""A study of one's own."""
from dataclasses import dataclass

from torch import nn

from lightning_modules.data.moons import Moons
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.model import Model
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.study import Budget, Study


class Gated(nn.Module):
    def __init__(self, inputs, width, outputs):
        super().__init__()
        self.value, self.gate = nn.Linear(inputs, width), nn.Linear(inputs, width)
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, outputs)

    def forward(self, x):
        return self.out(self.norm(self.value(x) * self.gate(x).sigmoid()))


@dataclass(frozen=True)
class GatedModel(Model):
    width: int

    def build(self, shape, outputs):
        return Gated(shape[0], self.width, outputs)


def recipe(suggest):
    return Recipe(
        data=Moons(examples=200),
        model=GatedModel(width=suggest.integer("width", 3, 6)),
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", 0.05, 0.5), momentum=0.9),
        schedule=CyclicCosine(cycles=3),
        epochs=suggest.budget.epochs,
    )


study = Study(
    question="Do gates <b>help</b>?",
    recipe=recipe,
    budgets={"default": Budget(trials=2, search_seeds=[0], report_seeds=[1, 2, 3], epochs=3)},
)
'''


def atlas(capsys, monkeypatch, *words):
    """Run a command in this process and return its exit status, output and errors."""
    monkeypatch.setattr(sys, "argv", ["atlas", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return ended.value.code or 0, captured.out, captured.err


def changed(tmp_path, old, new):
    file = tmp_path / "mine.py"
    assert old in own_study
    file.write_text(own_study.replace(old, new))
    return file


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("study = Study(", "study = = Study(", "line {line}, is not Python"),
        ("study = Study(", "\0", "mine.py is not Python: source code string cannot contain null bytes"),
        ("study = Study(", "other = Study(", "defines no study: end it with"),
        ("Moons(examples=200)", "Moons(examples=1/0)", "line {line}: ZeroDivisionError"),
        ("from torch import nn", "import torch.nnn as nn", "line {line}, fails: ModuleNotFoundError"),
        ("report_seeds=[1, 2, 3]", "report_seeds=[0, 2, 3]", "Search and report seeds overlap in 0"),
        ('suggest.log("learning_rate", 0.05, 0.5)', "-0.1", "SGD's learning_rate is -0.1"),
        ("epochs=3)", "epochs=0)", "epochs is 0: give a whole number of at least 1"),
        ("cycles=3", "cycles=4", "4 cycles do not fit into 3 epochs"),
        ("budgets={", "budgets={}, group_by=['depth'], claims={", "no budgets by name"),
        (
            "budgets={",
            "budgets=[Budget(trials=1, search_seeds=[0], report_seeds=[1], epochs=3)], claims={",
            "no budgets",
        ),
        ("budgets={", "group_by=None, budgets={", "The study's group_by is None: give a list of field names"),
        ("report_seeds=[1, 2, 3]", "report_seeds=3", "report_seeds are 3: give range(…) or a list of seeds"),
        ("study = Study(", "raise SystemExit(3)\nstudy = Study(", "line {line}, fails: SystemExit: 3"),
        ("Do gates <b>help</b>?", " ", "no question"),
    ],
)
def test_what_is_wrong_in_a_study_file_is_one_sentence(tmp_path, capsys, monkeypatch, old, new, sentence):
    file = changed(tmp_path, old, new)
    store = tmp_path / "store"
    status, out, err = atlas(capsys, monkeypatch, "run", file, "--store", store, "--workers", 0, "--no-wandb")
    assert (status, out) == (2, "")
    line = 1 + next(number for number, text in enumerate(file.read_text().splitlines()) if new.splitlines()[0] in text)
    assert sentence.format(line=line) in err
    assert err.startswith("atlas: ")
    assert len(err.strip().splitlines()) == 1
    assert not list(store.rglob("record.json"))


def test_a_file_of_another_kind_is_told_as_such(tmp_path, capsys, monkeypatch):
    (tmp_path / "notes.txt").touch()
    status, _, err = atlas(capsys, monkeypatch, "run", tmp_path / "notes.txt")
    assert (status, err) == (2, f"atlas: {tmp_path / 'notes.txt'} is no study file: the name of one ends in .py.\n")


def test_a_folder_is_one_studys(tmp_path, capsys, monkeypatch):
    file, other, store = changed(tmp_path, "study", "study"), tmp_path / "other" / "mine.py", tmp_path / "store"
    other.parent.mkdir()
    (store / "mine").mkdir(parents=True)
    (store / "mine" / "study.json").write_text(json.dumps({"file": str(other), "question": "Another?"}))
    other.touch()
    status, out, err = atlas(capsys, monkeypatch, "run", file, "--store", store, "--workers", 0, "--no-wandb")
    assert (status, out) == (2, "")
    assert err == f"atlas: {store / 'mine'} holds the study of {other}: rename mine.py, or give another --store.\n"
    assert [each.name for each in (store / "mine").iterdir()] == ["study.json"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "quikstart"], "did you mean quickstart?"),
        (["show", "zzz"], "quickstart, "),
        (["run", "nowhere/mine.py"], "There is no study file nowhere/mine.py"),
        (["run", "smoke", "--budget", "huge"], "choose from smoke, default, full"),
        (["report", "smoke", "--store", "/nonexistent"], "holds nothing of the study 'smoke'"),
        (["report", "../smoke; rm"], "cannot name a study"),
        (["train", "smoke", "--seed", "-1"], "The init seed is -1"),
        (["run", "smoke", "--precision", "16-mixed"], "The recipe's precision is '16-mixed': gradients of half"),
        (["train", "smoke", "--seed", "1", "--precision", "double"], "give one of 32-true, 64-true, bf16-mixed"),
        (["run", "smoke", "--stack-size", "0"], "The stack size is 0: give a whole number of at least 1"),
        (["run", "smoke", "--accelerator", "tpu"], "The accelerator is 'tpu': give auto, cpu, gpu or mps"),
        (["train", "smoke", "--seed", "1", "--accelerator", "gpu"], "This machine has no gpu that torch can use"),
        (["run", "smoke", "--executor", "dask"], "The executor is 'dask': give local, ray or in-process."),
        (["run", "smoke", "--per-gpu", "2"], "this machine has none that torch can use: give --workers."),
        (["run", "smoke", "--per-gpu", "2", "--workers", "2"], "--per-gpu and --workers both say how many"),
        (["run", "smoke", "--address", "head:6379"], "--address is that of a Ray cluster: give --executor ray"),
        (["run", "smoke", "--executor", "ray", "--address", "127.0.0.1:1"], "No Ray cluster answers at 127.0.0.1:1"),
        (["run", "smoke", "--executor", "ray", "--address", "ray://head:1"], "'ray://head:1': give HOST:PORT, or auto"),
        (["run", "smoke", "--store", "s3://bucket/runs"], "The store s3:/bucket/runs is a URL: give a folder"),
        (["export", "smoke", "--out", "."], ". is a folder: give --out the name of a file"),
        (["run", "smoke", "--store", "/dev/null"], "The store cannot be written, /dev/null/smoke"),
        (["train", "smoke", "--seed", "1", "--store", "/dev/null"], "The store cannot be written, /dev/null/smoke"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_one_sentence(tmp_path, capsys, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    for module in ("cuda", "backends.mps"):
        monkeypatch.setattr(f"torch.{module}.is_available", lambda: False)
    status, out, err = atlas(capsys, monkeypatch, *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_every_built_in_study_is_listed_and_shown(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = atlas(capsys, monkeypatch, "list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == [file.stem for file in built_in()]
    for file in built_in():
        status, out, _ = atlas(capsys, monkeypatch, "show", file.stem)
        assert status == 0
        assert "?" in out.splitlines()[0]
        assert "nothing in runs" in out


def test_listing_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['atlas', 'list']\n"
        "from studies.command.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'optuna', 'wandb', 'pytorch_lightning', 'sklearn', 'matplotlib', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository)
    assert done.stdout.splitlines()[-1] == "[]"


def test_one_run_is_trained_and_kept_apart(tmp_path, capsys, monkeypatch):
    words = ("train", "smoke", "--seed", 3, "--store", tmp_path)
    status, out, _ = atlas(capsys, monkeypatch, *words)
    assert status == 0
    assert "test accuracy 0." in out
    assert not (tmp_path / "smoke" / "runs").exists()
    assert atlas(capsys, monkeypatch, *words)[1] == out
    status, _, err = atlas(capsys, monkeypatch, *words, "--backend", "functional")
    assert status == 2
    assert "was trained with backend auto, this is functional" in err
    other = tmp_path / "other"
    assert atlas(capsys, monkeypatch, *words[:-1], other, "--backend", "functional")[0] == 0
    (record,) = other.rglob("record.json")
    assert json.loads(record.read_text())["backend"] == "functional"


@pytest.mark.parametrize("words", [("run", "smoke"), ("train", "smoke", "--seed", 0)], ids=["run", "train"])
def test_an_unknown_backend_is_one_sentence(tmp_path, capsys, monkeypatch, words):
    status, _, err = atlas(capsys, monkeypatch, *words, "--store", tmp_path / "store", "--backend", "fast")
    assert status == 2
    assert err == "atlas: There is no backend 'fast': give auto, compiled, chain or functional.\n"
    assert not (tmp_path / "store").exists()


def test_one_run_in_another_precision_is_another_run(tmp_path, capsys, monkeypatch):
    words = ("train", "smoke", "--seed", 3, "--store", tmp_path)
    single = atlas(capsys, monkeypatch, *words)[1]
    status, mixed, _ = atlas(capsys, monkeypatch, *words, "--precision", "bf16-mixed", "--accelerator", "cpu")
    assert status == 0
    assert single.splitlines()[0] != mixed.splitlines()[0]
    kept = [json.loads(file.read_text())["recipe"]["precision"] for file in tmp_path.glob("smoke/*/*/*/record.json")]
    assert sorted(kept) == ["32-true", "bf16-mixed"]


@pytest.mark.usefixtures("undrawn")
def test_a_study_in_another_precision_is_not_mixed_with_the_first_in_one_store(tmp_path, capsys, monkeypatch):
    file = tmp_path / "mine.py"
    file.write_text(own_study)
    words = ("run", file, "--store", tmp_path / "store", "--workers", 0, "--no-wandb")
    assert atlas(capsys, monkeypatch, *words, "--precision", "bf16-mixed", "--stack-size", 1)[0] == 0
    records = list(tmp_path.glob("store/mine/runs/*/*/record.json"))
    assert len(records) == 5
    assert {json.loads(each.read_text())["recipe"]["precision"] for each in records} == {"bf16-mixed"}
    journal = (tmp_path / "store/mine").rglob("journal*")
    stacks = [json.loads(line)["runs"] for each in journal for line in each.read_text().splitlines()]
    assert stacks == [1] * 5
    status, _, err = atlas(capsys, monkeypatch, *words)
    assert status == 2
    assert "recipe has changed since trial 0 was made (precision was bf16-mixed and is 32-true now)" in err
    assert len(err.strip().splitlines()) == 1
    assert atlas(capsys, monkeypatch, *words, "--precision", "bf16-mixed")[0] == 0


def test_workers_are_one_for_each_core_that_the_process_may_use(monkeypatch):
    from studies.command.executors import ExecutorOptions, executor_of
    from studies.command.loader import load_study
    from sweeps.executors.placement import anywhere

    monkeypatch.setattr("studies.command.executors.usable_cores", lambda: 3)
    for name, asked, slots in ((None, None, 3), ("local", 2, 2), (None, 0, 1), ("in-process", None, 1)):
        with executor_of(load_study("smoke"), ExecutorOptions(name, asked), anywhere) as executor:
            assert executor.slots == slots
            assert (type(executor).__name__ == "InProcess") == (slots == 1)


def test_a_study_of_ones_own_with_its_own_model(tmp_path, capsys, monkeypatch):
    file = tmp_path / "elsewhere" / "mine.py"
    file.parent.mkdir()
    file.write_text(own_study)
    store = tmp_path / "store"
    words = ("run", file, "--store", store, "--workers", 2)
    status, out, _ = atlas(capsys, monkeypatch, *words)
    assert status == 0
    assert "search: 0 of 2 runs are complete" in out
    report = store / "mine" / "report"
    assert f"Report: {report / 'index.html'}" in out.replace("\n", "")
    results = json.loads((report / "results.json").read_text())
    accuracy = next(each for each in results["estimates"] if each["name"] == "test_accuracy[winner]")
    assert accuracy["n"] == 3
    assert 0.5 < accuracy["value"] <= 1
    page = (report / "index.html").read_text()
    assert "Do gates &lt;b&gt;help&lt;/b&gt;?" in page
    for table in (report / "tables").glob("*.csv"):
        with table.open(newline="") as lines:
            assert list(csv.reader(lines))[1:]

    status, out, _ = atlas(capsys, monkeypatch, *words)
    assert status == 0
    assert "Nothing to train" in out
    monkeypatch.setattr("analysis.report.pictures", no_pictures)  # they are drawn already
    status, out, _ = atlas(capsys, monkeypatch, "report", "mine", "--store", store)
    assert status == 0
    fresh = [sys.executable, "-m", "tests.undrawn", "report", str(file), "--store", str(store)]
    done = subprocess.run(fresh, capture_output=True, text=True, check=True, cwd=repository)
    assert "index.html" in done.stdout
    status, out, _ = atlas(capsys, monkeypatch, "show", file, "--store", store)
    assert "complete at budget default: 2 trials, 1 recipes confirmed" in out
