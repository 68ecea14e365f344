"""A driver that is asked to leave finishes what is under way, and the study goes on as if nothing had been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lightning_modules.errors import InvalidInput
from studies.command.app import main
from sweeps.executors.in_process import InProcess
from sweeps.files import read_json, write_json
from sweeps.lock import is_locked, locked
from sweeps.paths import StudyPaths
from sweeps.stopping import Stopped, ask_to_stop, stoppable
from tests.test_cli import atlas
from tests.test_driver import content, run
from tests.undrawn import no_pictures

repository = Path(__file__).parent.parent


def command(store, *words):
    return [sys.executable, "-m", "studies", "run", "smoke", "--store", str(store), "--no-wandb", *words]


def start(store, *words):
    """Start a study in a process group of its own and return it when its first run is complete."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command(store, *words), stderr=pipe, stdout=pipe, text=True, start_new_session=True, cwd=repository
    )
    while process.poll() is None and not list(store.glob("smoke/runs/*/*/record.json")):
        time.sleep(0.01)
    return process


def ended(process):
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, err.strip().splitlines()


def results(store):
    """Return the bytes of all files of runs, and what the study found."""
    course = read_json(store / "smoke" / "study.json")
    files = [path for path in (store / "smoke" / "runs").rglob("*") if path.is_file()]
    return {path.relative_to(store): path.read_bytes() for path in files}, course["trials"], course["confirmed"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    store = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.pictures", no_pictures)
        patch.setattr(sys, "argv", ["atlas", *command(store, "--workers", "0")[3:]])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in (0, None)
    return results(store)


@pytest.mark.parametrize(
    ("workers", "number"),
    [
        (2, signal.SIGINT),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in [(0, signal.SIGINT), (2, signal.SIGTERM)]),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_one_signal_finishes_what_is_under_way_and_resume_goes_on(
    tmp_path, whole, workers, number, capsys, monkeypatch
):
    process = start(tmp_path, "--workers", str(workers))
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does: to the whole group
    else:
        process.send_signal(number)
    status, lines = ended(process)
    assert status == 130
    assert lines[0].startswith("Finishing the stacks under way")
    assert lines[1] == (
        f"Stopped: what was under way is finished and written in {tmp_path / 'smoke'}, and"
        f" `atlas resume smoke --store {tmp_path}` goes on from there."
    )
    folders = list((tmp_path / "smoke" / "runs").glob("*/*"))
    assert folders
    assert all((folder / "record.json").is_file() for folder in folders)
    paths = StudyPaths(tmp_path / "smoke")
    assert read_json(paths.driver)["ended"] == "stopped"
    assert not read_json(paths.study)["finished"]
    status, out, _ = atlas(capsys, monkeypatch, "resume", "smoke", "--store", tmp_path)
    assert status == 0
    assert out.startswith(f"atlas run smoke --workers {workers} --no-wandb\n")
    assert results(tmp_path) == whole
    assert read_json(paths.driver)["ended"] == "complete"


def test_ctrl_c_twice_leaves_at_once(tmp_path):
    file = tmp_path / "slow.py"
    text = (repository / "studies" / "smoke.py").read_text()
    file.write_text(text.replace("epochs=6)", "epochs=3000)").replace("batch_size=32", "batch_size=1"))
    words = [sys.executable, "-m", "studies", "run", str(file), "--store", str(tmp_path), "--workers", "2"]
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=repository
    )
    state = StudyPaths(tmp_path / "slow").driver
    while process.poll() is None and not (state.is_file() and read_json(state)["stacks"]):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None  # its stacks would take minutes
    os.killpg(process.pid, signal.SIGINT)
    begin = time.monotonic()
    process.wait(timeout=60)
    assert time.monotonic() - begin < 10
    status, lines = ended(process)
    assert (status, len(lines)) == (130, 2)
    assert lines[1].startswith("Interrupted: everything written so far is kept")
    assert read_json(state)["ended"] == "interrupted"
    assert not is_locked(StudyPaths(tmp_path / "slow"))


@pytest.mark.usefixtures("undrawn")
def test_the_verb_stop_asks_the_driver_that_holds_the_lock(tmp_path, whole, capsys, monkeypatch):
    process = start(tmp_path, "--workers", "1")
    status, out, _ = atlas(capsys, monkeypatch, "stop", "smoke", "--store", tmp_path)
    assert (status, out) == (0, f"Asked: the stacks under way in {tmp_path / 'smoke'} are finished first.\n")
    status, lines = ended(process)
    assert status == 130
    assert len(lines) == 1
    assert not StudyPaths(tmp_path / "smoke").stop.exists()
    status, out, err = atlas(capsys, monkeypatch, "stop", "smoke", "--store", tmp_path)
    assert (status, out) == (2, "")
    assert err == f"atlas: No atlas is at work in {tmp_path / 'smoke'}: there is nothing to stop.\n"
    assert atlas(capsys, monkeypatch, *command(tmp_path, "--workers", "0")[3:])[0] == 0
    assert results(tmp_path) == whole


class StoppedAfter(InProcess):
    def __init__(self, stacks, paths):
        super().__init__()
        self._left, self._paths = stacks, paths

    def next_outcome(self):
        outcome = super().next_outcome()
        self._left -= 1
        if self._left == 0:
            ask_to_stop(self._paths)
        return outcome


@pytest.mark.parametrize("stacks", [1, 4, 6])
def test_wherever_a_driver_is_stopped_the_study_ends_the_same(tmp_path, stacks):
    run(tmp_path / "whole")
    paths = StudyPaths(tmp_path / "part" / "it")
    paths.root.mkdir(parents=True)
    paths.stop.touch()  # asked of an earlier driver: forgotten
    executor = StoppedAfter(stacks, paths)
    with pytest.raises(Stopped), stoppable(paths) as stop:
        run(tmp_path / "part", executor, stop=stop)
    assert executor._left == 0
    assert not paths.stop.exists()
    run(tmp_path / "part")
    assert content(tmp_path / "part") == content(tmp_path / "whole")


def test_handlers_are_what_they_were(tmp_path):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stoppable(StudyPaths(tmp_path)) as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)  # a second one asks no more than the first
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        stop._signalled = False
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_asking_whether_the_lock_is_held_takes_it_from_nobody(tmp_path):
    paths = StudyPaths(tmp_path / "it")
    assert not is_locked(paths)
    with locked(paths):
        assert is_locked(paths)
        with pytest.raises(InvalidInput, match="Another atlas is at work"), locked(paths):
            pass
        assert is_locked(paths)
    assert not is_locked(paths)


def test_what_cannot_be_resumed_is_one_sentence(tmp_path, capsys, monkeypatch):
    paths = StudyPaths(tmp_path / "smoke")
    status, out, err = atlas(capsys, monkeypatch, "resume", "smoke", "--store", tmp_path)
    assert (status, out) == (2, "")
    assert err == f"atlas: {paths.root} holds no study to resume: `atlas run smoke --store {tmp_path}` first.\n"
    for state in ([], {}, {"words": "--budget"}, {"words": [1]}):
        write_json(paths.driver, state)
        status, out, err = atlas(capsys, monkeypatch, "resume", "smoke", "--store", tmp_path)
        assert (status, out) == (2, "")
        assert (
            f"driver.json does not say how the study ran: `atlas run smoke --store {tmp_path}` with its options" in err
        )
    paths.driver.unlink()
    write_json(paths.study, {"budget_name": "huge"})
    status, out, err = atlas(capsys, monkeypatch, "resume", "smoke", "--store", tmp_path)
    assert (status, out) == (2, "atlas run smoke --budget huge\n")
    assert "choose from smoke, default, full" in err
