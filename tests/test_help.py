"""The pages of `atlas help` say what is so: their programs run, and the commands that they name exist."""

import inspect
import re
import shlex
import sys
from types import ModuleType

import pytest
import torch
import typer
from torch import nn

from lightning_modules.models.model import Model
from studies.command.app import app
from studies.command.helping import topics
from studies.command.loader import load_file
from sweeps.preview import preview
from tests.test_cli import atlas

verbs = typer.main.get_command(app).commands


def options_of(verb):
    """All options that a verb takes, or any of the verbs within it."""
    own = {name for each in verb.params for name in (*each.opts, *each.secondary_opts)}
    return own.union(*map(options_of, getattr(verb, "commands", {}).values()))


def printed(topic):
    """A page up to the docstrings of the code that it names."""
    module = sys.modules.get(f"studies.help.{topic}") or __import__(f"studies.help.{topic}", fromlist=["named"])
    return inspect.getdoc(module)


def blocks(text):
    """The indented blocks of a page, those of several paragraphs as one."""
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text + "\n", flags=re.MULTILINE)
    return [inspect.cleandoc(block) for block in found]


def commands(text):
    """The command lines that a text names: lines of blocks that call one, and what stands between backticks."""
    lines = [line for block in blocks(text) for line in block.splitlines()] + re.findall(r"`(atlas [^`]+)`", text)
    lines = [re.sub(r"^(?:\w+=\S* )+", "", line) for line in lines]
    return [shlex.split(line) for line in lines if re.match(r"atlas [a-z]", line)]


def programs(text):
    return [block for block in blocks(text) if re.match("from|import", block)]


def check_command(words):
    """Assert that a command's verb is one, and takes each option that is named."""
    verb, rest = verbs[words[1]], words[2:]
    while hasattr(verb, "commands"):
        verb, rest = verb.commands[rest[0]], rest[1:]
    named = {word for word in rest if word.startswith("--")}
    assert named <= options_of(verb) | {"--help"}, words


@pytest.mark.parametrize("topic", topics())
def test_a_page_names_commands_and_options_that_exist(topic):
    text = printed(topic)
    for words in commands(text):
        check_command(words)
    assert all(len(line) <= 110 for line in text.splitlines())
    assert len(text.splitlines()) <= 60


def test_the_topics_are_listed_and_each_is_printed(capsys, monkeypatch):
    status, out, _ = atlas(capsys, monkeypatch, "help")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[:-1]] == list(topics())
    assert set(topics()) == {
        *("data", "ensembles", "gpus", "model", "recipe", "report", "run", "search", "study", "wandb"),
    }
    for topic, title in topics().items():
        status, out, _ = atlas(capsys, monkeypatch, "help", topic)
        assert (status, out.splitlines()[0]) == (0, title)
        named = sys.modules[f"studies.help.{topic}"].named
        for each in named:  # in their own words
            first = inspect.getdoc(each).splitlines()[0]
            assert f"    {first}" in out.splitlines()


def test_an_unknown_topic_is_one_sentence(capsys, monkeypatch):
    status, out, err = atlas(capsys, monkeypatch, "help", "modle")
    assert (status, out, err) == (2, "", "atlas: There is no help on 'modle': did you mean model?\n")
    err = atlas(capsys, monkeypatch, "help", "zzz")[2]
    assert err == f"atlas: There is no help on 'zzz': there are {', '.join(topics())}.\n"


def test_the_study_of_the_page_is_a_study(tmp_path):
    (program,) = programs(printed("study"))
    (tmp_path / "width.py").write_text(program)
    study = load_file(tmp_path / "width.py")
    for name in study.budgets:
        assert preview(study, name).epochs == study.budget(name).epochs
    assert ["atlas", "run", "width.py", "--budget", "smoke", "--store", "tried"] in commands(printed("study"))


def test_the_model_of_the_page_is_a_model(monkeypatch):
    (program,) = programs(printed("model"))
    module = ModuleType("page_model")
    monkeypatch.setitem(sys.modules, "page_model", module)
    exec(program, vars(module))
    model = module.Bottleneck(width=3)
    assert isinstance(model, Model)
    network = model.build((1, 8, 8), 10)
    assert isinstance(network, nn.Module)
    assert network(torch.zeros(5, 1, 8, 8)).shape == (5, 10)


def test_the_data_of_the_page_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (program,) = programs(printed("data"))
    found = {}
    exec(program, found)
    dataset = found["data"].load()
    assert (dataset.inputs.shape, dataset.classes) == ((300, 4), 2)
    assert (dataset.targets == (found["inputs"].sum(axis=1) > 0)).all()
