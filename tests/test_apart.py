"""Two processes draw the same figures as one, whatever becomes of the other."""

import os
import signal
import time

import pytest

from analysis.figures.apart import Apart
from analysis.figures.gallery import pictures
from analysis.findings import find
from analysis.report import write_report
from analysis.results import StudyResults
from sweeps.executors.local import start_server
from tests.stores import TinyStudy, constant, cosine, write_study


def nothing():
    """Prepare nothing."""


def lost():
    """Fail to prepare."""
    raise OSError("no such study file")


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    start_server()
    study = TinyStudy().but(trials=(constant, cosine), confirmed=((cosine, ("winner 1",)),), group_by=())
    return write_study(tmp_path_factory.mktemp("store") / "tiny", study)


@pytest.fixture(scope="module")
def alone(paths, tmp_path_factory):
    """What one process draws: its plates, and its files by name."""
    folder = tmp_path_factory.mktemp("alone")
    return pictures(find(StudyResults.open(paths)), folder), files(folder)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def drawn(apart):
    """Wait until the other process has drawn all it can."""
    end = time.monotonic() + 60
    while apart._thread.is_alive():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_figures_are_the_same_bytes_whoever_draws_them(paths, alone, tmp_path):
    before = set(paths.root.iterdir())
    with Apart(paths, nothing) as apart:
        drawn(apart)
        assert len(list(apart._folder.iterdir())) == len(alone[1])
        assert pictures(find(StudyResults.open(paths)), tmp_path, apart) == alone[0]
    assert files(tmp_path) == alone[1]
    assert set(paths.root.iterdir()) == before
    assert not apart._process.is_alive()


@pytest.mark.parametrize("fate", ["cannot prepare", "killed", "interrupted"])
def test_what_the_other_process_does_not_draw_is_drawn_here(paths, alone, tmp_path, fate):
    with Apart(paths, lost if fate == "cannot prepare" else nothing) as apart:
        if fate != "cannot prepare":
            os.kill(apart._process.pid, signal.SIGKILL if fate == "killed" else signal.SIGINT)
        assert pictures(find(StudyResults.open(paths)), tmp_path, apart) == alone[0]
    assert files(tmp_path) == alone[1]


def test_an_error_in_drawing_is_told_as_without_another_process(paths, monkeypatch):
    def fail(_):
        raise OSError("disk full")
        yield

    monkeypatch.setattr("analysis.figures.gallery.kinds", (fail,))
    with Apart(paths, lost) as apart, pytest.raises(OSError, match="disk full"):
        write_report(paths, apart)
    assert not [path for path in paths.root.iterdir() if path.name.startswith(".")]
