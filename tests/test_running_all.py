"""All core studies one after the other: none left out, none kept from running by another that fails."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from studies.command import app, running_all
from studies.command.loader import built_in
from studies.command.running_all import core_studies, run_all
from tests.test_cli import atlas


class Starts:
    """Stands for the processes: remembers what was started, and ends with the statuses given by study."""

    def __init__(self, **statuses):
        self.statuses, self.commands = statuses, []

    def __call__(self, words):
        self.commands.append(words)
        return self.statuses.get(words[1], 0)


def test_every_built_in_study_is_core_but_those_for_trying_out():
    assert set(core_studies()) | {"smoke", "quickstart"} == {file.stem for file in built_in()}
    assert not {"smoke", "quickstart"} & set(core_studies())


def test_what_fails_is_named_at_the_end_and_keeps_no_other_from_running(capsys, tmp_path):
    (tmp_path / "index.html").write_text("the atlas")
    starts = Starts(second=2, third=1)
    assert run_all(["first", "second", "third", "fourth"], ["--budget", "smoke"], tmp_path, starts) == 1
    store = str(tmp_path)
    assert starts.commands == [
        ["run", name, "--budget", "smoke", "--store", store] for name in ("first", "second", "third", "fourth")
    ]
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == f"Atlas: {tmp_path / 'index.html'}"
    assert told.err == "2 of 4 studies failed: second, third.\n"


def test_an_interrupt_ends_all(tmp_path):
    starts = Starts(second=130)
    assert run_all(["first", "second", "third"], [], tmp_path, starts) == 130
    assert [words[1] for words in starts.commands] == ["first", "second"]
    assert run_all(["first"], [], tmp_path, Starts()) == 0


def test_what_is_asked_of_this_process_alone_is_asked_of_the_studys(monkeypatch, tmp_path):
    # In place of a study: leaves with 130 when it is asked to end, and with 1 if nobody does.
    script = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(130));"
        f" pathlib.Path({str(tmp_path / 'up')!r}).touch(); time.sleep(20); sys.exit(1)"
    )
    popen = subprocess.Popen
    monkeypatch.setattr(
        running_all.subprocess, "Popen", lambda *_, **given: popen([sys.executable, "-c", script], **given)
    )

    def ask():
        while not (tmp_path / "up").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    threading.Thread(target=ask).start()
    assert run_all(["first", "second"], [], tmp_path) == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_options_of_one_study_go_to_all(capsys, monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(app, "run_all", lambda *words: given.append(words) or 0)
    words = ("--all", "--budget", "smoke", "--no-wandb", "--workers", "1", "--store", tmp_path)
    assert atlas(capsys, monkeypatch, "run", *words)[0] == 0
    assert given == [(core_studies(), ["--budget", "smoke", "--workers", "1", "--no-wandb"], tmp_path)]


@pytest.mark.parametrize("words", [(), ("smoke", "--all")], ids=["neither", "both"])
def test_one_study_or_all_but_not_both(capsys, monkeypatch, words):
    status, _, told = atlas(capsys, monkeypatch, "run", *words)
    assert status == 2
    assert told == "atlas: Give the name or the file of a study, or --all for all core studies.\n"


def test_a_study_that_fails_in_its_own_process_is_seen(capsys, tmp_path):
    assert run_all(["no_such_study"], [], tmp_path) == 1
    assert "no_such_study" in capsys.readouterr().err
