"""Every program and every command of the README does what it says, and its tables name every verb."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lightning_modules.data.digits import Digits
from lightning_modules.optimizers.adam import Adam
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop, worst
from tests.test_cli import atlas
from tests.test_help import check_command, options_of, verbs

repository = Path(__file__).parent.parent
readme = (repository / "README.md").read_text()
blocks = re.findall(r"^```(\w*)\n(.*?)^```$", readme, flags=re.MULTILINE | re.DOTALL)
# A program that is added has no test yet: these names are then too few.
study_program, model_program, landscape_program = [text for language, text in blocks if language == "python"]
shell = [line.partition("#")[0].split() for language, text in blocks if language == "sh" for line in text.splitlines()]


@pytest.fixture
def attention():
    """The class `Attention` of the README's second program, loaded as the module of a user."""
    module = ModuleType("readme_model")
    sys.modules[module.__name__] = module
    exec(model_program, vars(module))
    yield module.Attention
    del sys.modules[module.__name__]


def test_the_readmes_own_model_is_trained_in_a_stack_as_alone(attention):
    recipes = [
        Recipe(data=Digits(), model=attention(8), optimizer=Adam(rate), batch_size=400, epochs=2)
        for rate in (0.003, 0.01, 0.03)
    ]
    runs = [Run(recipe, Seeds.all(seed)) for seed, recipe in enumerate(recipes)]
    for run, result in zip(runs, fit(runs, precision="64-true"), strict=True):
        plain, last = plain_loop(run), result.snapshots[-1]
        assert worst(last.weights, plain.weights[last.step]) < 1e-9
        np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-9)


def test_the_readmes_landscape_is_measured():
    found = {}
    exec(landscape_program, found)
    assert found["plane"].losses.shape == (51, 51)
    assert np.isfinite(found["plane"].losses).all()
    np.testing.assert_array_equal(found["lines"].losses.shape, (3, 51))
    np.testing.assert_allclose(found["plane"].losses[25], found["lines"].losses[0], rtol=1e-5)
    top = found["landscape"].eigenpairs(10)
    assert (top.residuals < 1e-3).all()
    np.testing.assert_allclose(top.values, found["spectrum"].values[::-1][:10], rtol=1e-5)
    np.testing.assert_array_equal(found["negative"], [np.mean(found["spectrum"].values < -e) for e in (0, 1e-6, 1e-3)])
    assert np.isfinite(found["barrier"].above_line)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with what the README's commands name: a module of the user's and two checkpoints."""
    (tmp_path / "mine.py").write_text(
        "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader, TensorDataset\n\n\n"
        "def make():\n    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))\n\n\n"
        "def loader():\n    inputs = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))\n"
        "    return DataLoader(TensorDataset(inputs, torch.arange(60) % 3), batch_size=20)\n"
    )
    torch.manual_seed(0)
    first, second = (nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).state_dict() for _ in range(2))
    torch.save({"state_dict": {f"model.{name}": value for name, value in first.items()}}, tmp_path / "best.ckpt")
    save_file(second, tmp_path / "last.safetensors")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("mine", None)


def test_every_block_is_a_program_or_of_commands():
    assert {language for language, _ in blocks} == {"python", "sh"}
    assert {words[0] for words in shell} == {"atlas", "make"}


def test_the_readmes_study_runs(tmp_path, capsys, monkeypatch):
    text = study_program
    assert len(text.splitlines()) <= 25
    for long, short in (("trials=16", "trials=3"), ("epochs=15", "epochs=2"), ("range(100, 110)", "range(100, 102)")):
        assert long in text
        text = text.replace(long, short)
    (tmp_path / "width.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert atlas(capsys, monkeypatch, "run", "width.py")[0] == 0
    assert (tmp_path / "runs" / "width" / "report" / "index.html").is_file()


def test_the_readmes_commands_of_checkpoints_measure(folder, capsys, monkeypatch):
    for words in shell:
        if words[0] == "atlas":
            assert atlas(capsys, monkeypatch, *words[1:])[0] == 0, words
    found = {str(file.relative_to(folder / "landscape")) for file in folder.glob("landscape/*/*.json")}
    own = {f"best/{name}.json" for name in ("slice", "plane", "spectrum", "sharpness")}
    assert found == own | {"best_to_last/paths.json"}


@pytest.mark.parametrize("target", [words[1] for words in shell if words[0] == "make"])
def test_the_readmes_targets_are_those_of_the_makefile(target):
    """What they run: the tests, which this is one of, and the demo, which `test_quickstart` runs in a smoke budget."""
    said = subprocess.run(
        ["make", "-n", "--no-print-directory", target], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    last = said.splitlines()[-1].removeprefix(".venv/bin/")
    assert (
        last == {"demo": "atlas run quickstart", "test": "python -m pytest --numprocesses 3 --dist worksteal"}[target]
    )


def test_the_tables_name_every_verb_and_no_other():
    rows = re.findall(r"^\| `atlas ([^`]*)`", readme, flags=re.MULTILINE)
    assert {row.split()[0] for row in rows} == set(verbs)


def test_every_command_and_option_of_the_text_is_one():
    for words in shell:
        if words[0] == "atlas":
            check_command(words)
    text = re.sub(r"^```.*?^```$", "", readme, flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`((?:\.venv/bin/)?atlas [a-z][^`]*)`", text)
    assert len(named) > 20
    for line in named:
        check_command(shlex.split(line))
    options = set().union(*map(options_of, verbs.values()))
    quoted = {word for span in re.findall(r"`([^`\n]*)`", text) for word in span.split() if word.startswith("--")}
    assert quoted <= options


def test_every_row_of_a_verb_names_its_own_options():
    for command, text in re.findall(r"^\| `(atlas [^`]+)`[^|]*\|(.*)\|$", readme, flags=re.MULTILINE):
        for option in re.findall(r"`(--[a-z-]+)[ `]", text):
            check_command([*command.split(), option])
