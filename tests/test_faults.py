"""Whatever kills, fills or stops, the same command goes on, and the study ends as one that nothing happened to."""

import datetime
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import optuna.storages  # noqa: F401 - looks at the clock, and is otherwise imported when it is too late
import pytest

import sweeps.activity
import sweeps.driver  # noqa: F401
from lightning_modules.augmentation.augmentation import Augmentation
from lightning_modules.data.moons import Moons
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit
from studies.command.app import main
from sweeps.checkpoints import checkpoint_name, read_checkpoint
from sweeps.executors.executor import Task
from sweeps.executors.local import Local
from sweeps.files import read_json, write_json
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from tests.process_groups import assert_nobody_is_left
from tests.undrawn import no_pictures

repository = Path(__file__).parent.parent
epochs = 1500
ordinary = ("--no-wandb", "--workers", "2", "--checkpoint-every", "1")
advice = "make room or mend the disk and run again; what is complete is kept"


@pytest.fixture(scope="module")
def study_file(tmp_path_factory):
    """The study `smoke` under another name, whose processes have the fault layer."""
    file = tmp_path_factory.mktemp("studies") / "faulty.py"
    text = (repository / "studies" / "smoke.py").read_text()
    file.write_text(
        text.replace("members=3, ", "").replace(
            "def recipe", "from tests.fault_layer import install\n\ninstall()\n\n\ndef recipe", 1
        )
    )
    return file


def command(study_file, verb, store, *words):
    return [sys.executable, "-m", "tests.undrawn", verb, str(study_file), "--store", str(store), *words]


def atlas(study_file, store, *words, **faults):
    """Run the study with two workers and a checkpoint after every epoch, in a process group of its own."""
    words = command(study_file, "run", store, *ordinary, *words)
    options = {"capture_output": True, "text": True, "start_new_session": True, "cwd": repository, "timeout": 120}
    return subprocess.run(words, check=False, env=os.environ | faults, **options)


def here(study_file, verb, store, *words):
    """Do the same in this process, which starts sooner and in which nothing fails, and return the exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.pictures", no_pictures)
        patch.setattr(sys, "argv", ["atlas", *command(study_file, verb, store, *words)[3:]])
        with pytest.raises(SystemExit) as ended:
            main()
    return ended.value.code or 0


def results(store):
    """Return the bytes of all files of runs, and what the study found."""
    course = read_json(store / "faulty" / "study.json")
    assert course["finished"]
    files = [path for path in (store / "faulty" / "runs").rglob("*") if path.is_file()]
    return {path.relative_to(store): path.read_bytes() for path in files}, course["trials"], course["confirmed"]


def complete(store):
    """Return when each record was written that is there."""
    return {path: path.stat().st_mtime_ns for path in store.glob("faulty/runs/*/*/record.json")}


def assert_it_ends_as_if_nothing_had_happened(study_file, store, whole):
    before = complete(store)
    assert here(study_file, "run", store, *ordinary) == 0
    assert results(store) == whole
    assert before.items() <= complete(store).items()  # nothing that was complete is trained again
    assert here(study_file, "verify", store) == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory, study_file):
    store = tmp_path_factory.mktemp("whole")
    assert here(study_file, "run", store, *ordinary) == 0
    return results(store)


slow = pytest.mark.slow


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint.safetensors",
        *(
            pytest.param(name, marks=slow)
            for name in ("snapshots.safetensors", "curves.safetensors", "record.json", "study.json")
        ),
    ],
)
def test_all_processes_killed_in_the_middle_of_writing_a_file(name, tmp_path, study_file, whole):
    store, mark = tmp_path / "store", tmp_path / "mark"
    killed = atlas(study_file, store, FAULT_KILL=f".{name}.aside:{mark}")
    assert killed.returncode == -signal.SIGKILL
    assert mark.exists()
    assert list(store.rglob(f".{name}.aside"))  # half of it
    assert_it_ends_as_if_nothing_had_happened(study_file, store, whole)
    assert not list(store.rglob(".*.aside"))


@pytest.mark.parametrize("share", [0.3, *(pytest.param(share, marks=slow) for share in (0.02, 0.9))])
def test_a_full_disk_is_one_sentence(share, tmp_path, study_file, whole):
    store = tmp_path / "store"
    most = int(share * sum(len(content) for content in whole[0].values()))
    full = atlas(study_file, store, FAULT_QUOTA=f"{most}:{store}")
    assert full.returncode == 2, full.stderr
    (line,) = full.stderr.splitlines()
    assert line.startswith(f"atlas: {store}")
    assert line.endswith(
        ": No space left on device: make room or mend the disk and run again; what is complete is kept."
    )
    assert not list(store.rglob(".*.aside"))
    assert_it_ends_as_if_nothing_had_happened(study_file, store, whole)


def test_two_drivers_at_once(tmp_path, study_file, whole):
    words = command(study_file, "run", tmp_path, "--no-wandb", "--workers", "1")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": repository}
    both = [subprocess.Popen(words, **pipes) for _ in range(2)]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in both]
    (refused, status), (_, good) = sorted(ended, key=lambda each: -each[1])
    assert (good, status) == (0, 2)
    assert refused.startswith(f"atlas: Another atlas is at work in {tmp_path / 'faulty'}")
    assert results(tmp_path) == whole


@pytest.mark.parametrize("share", [0.02, 0.5])
@slow
def test_a_real_disk_that_is_full(share, tmp_path, study_file, whole):
    """A file system in memory, of a size that does not hold the store; needs the right to mount one."""
    store = tmp_path / "store"
    store.mkdir()
    size = 65536 + int(share * sum(len(content) for content in whole[0].values()))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "lossatlas", str(store)], check=True)
    try:
        full = atlas(study_file, store)
        assert full.returncode == 2, full.stderr
        (line,) = full.stderr.splitlines()
        assert line.startswith("atlas: ")
        assert line.endswith(f"{advice}.")
        subprocess.run(["mount", "-o", "remount,size=64m", str(store)], check=True)
        assert_it_ends_as_if_nothing_had_happened(study_file, store, whole)
    finally:
        subprocess.run(["umount", str(store)], check=True)


def test_a_report_is_written_anew_for_another_study_whatever_the_clock_says(tmp_path, study_file, whole):
    assert here(study_file, "run", tmp_path, *ordinary) == 0
    paths = StudyPaths(tmp_path / "faulty")
    page = paths.report / "index.html"
    before = page.stat().st_ino
    assert here(study_file, "run", tmp_path, *ordinary) == 0
    assert page.stat().st_ino == before  # nothing has changed
    # A change that the next driver leaves as it is: who computed what.
    course = read_json(paths.study)
    write_json(paths.study, course | {"provenance": course["provenance"] | {"hardware": "another machine"}})
    os.utime(paths.study, (0, 0))  # long before the report, if one believes it
    assert here(study_file, "run", tmp_path, *ordinary) == 0
    assert "another machine" in page.read_text()
    assert results(tmp_path) == whole


class Jumping(datetime.datetime):
    """A clock that is set back and forth by up to years, at every look."""

    looks = 0

    @classmethod
    def now(cls, tz=None):
        Jumping.looks += 1
        return super().now(tz) + datetime.timedelta(days=(-3) ** (Jumping.looks % 8))


@slow
def test_a_clock_that_jumps_changes_nothing(tmp_path, study_file, whole, monkeypatch):
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("sweeps", "optuna") and vars(module).get("datetime") is datetime.datetime:
            monkeypatch.setattr(module, "datetime", Jumping)
    real, looks = time.time, []
    monkeypatch.setattr(time, "time", lambda: looks.append(1) or real() + 86400.0 * (-3) ** (len(looks) % 8))
    monkeypatch.setattr(
        sys, "argv", ["atlas", *command(study_file, "run", tmp_path, "--no-wandb", "--workers", "0")[3:]]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert min(Jumping.looks, len(looks)) >= 10
    monkeypatch.undo()
    assert results(tmp_path) == whole
    assert_it_ends_as_if_nothing_had_happened(study_file, tmp_path, whole)


@dataclass(frozen=True)
class Diary(Augmentation):
    """Writes one byte down for every batch that a run is trained on."""

    file: str

    def after_preprocessing(self, inputs, rng):
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, b".")
        os.close(descriptor)
        return inputs


def long_runs(folder):
    diary = Diary(str(folder / "diary"))
    recipe = Recipe(data=Moons(60), model=MLP((4,)), optimizer=Adam(0.01), augmentation=diary, epochs=epochs)
    return tuple(Run(recipe, Seeds.all(seed)) for seed in range(2))


def checkpoint_of(folder, run) -> int:
    found = read_checkpoint(RunStore(folder).path(run), run, "auto")
    return 0 if found is None else found.epochs


def wait_for_epochs(folder, run, epochs) -> int:
    while (reached := checkpoint_of(folder, run)) < epochs:
        time.sleep(0.01)
    return reached


@pytest.fixture
def long_task(tmp_path) -> Iterator[Task]:
    (tmp_path / "diary").touch()
    yield Task(long_runs(tmp_path), "search", tmp_path, checkpoint_every=50)
    assert not list(tmp_path.rglob(checkpoint_name))
    for direct in fit(long_runs(tmp_path)):
        record = RunStore(tmp_path).find(direct.run)
        assert record is not None
        np.testing.assert_array_equal(record.curves()["train_loss"], direct.train_loss)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_worker_that_is_killed_or_stands_still_costs_what_it_did_since_its_checkpoint(end, tmp_path, long_task):
    runs = long_task.runs
    with Local(1, patience=2.0) as executor:
        executor.submit(replace(long_task, runs=runs[:1], checkpoint_every=None))
        executor.submit(long_task)
        executor.next_outcome()
        alone = (tmp_path / "diary").stat().st_size
        executor._fill_slots()
        (worker,) = active_children()
        reached = wait_for_epochs(tmp_path, runs[1], 300)
        pid = worker.pid
        os.kill(pid, end)
        assert executor.next_outcome().error is None
        assert [child.pid for child in active_children()] != [pid]
    # The second run once, and what had come after its checkpoint again.
    trained = (tmp_path / "diary").stat().st_size - alone
    assert alone <= trained < alone * (1 + 1 - reached / epochs)


@slow
def test_processes_that_are_all_stopped_for_a_while_go_on(tmp_path, long_task):
    script = tmp_path / "drive.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(repository)!r})\n"
        "from multiprocessing import active_children\n"
        "from pathlib import Path\n"
        "from sweeps.executors.executor import Task\n"
        "from sweeps.executors.local import Local\n"
        "from tests.test_faults import long_runs\n"
        "if __name__ == '__main__':\n"
        f"    folder = Path({str(tmp_path)!r})\n"
        "    with Local(1, patience=2.0) as executor:\n"
        "        executor.submit(Task(long_runs(folder), 'search', folder, checkpoint_every=50))\n"
        "        executor._fill_slots()\n"
        "        before = [child.pid for child in active_children()]\n"
        "        assert executor.next_outcome().error is None\n"
        "        assert [child.pid for child in active_children()] == before\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    wait_for_epochs(tmp_path, long_task.runs[0], 200)
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(5)
    os.killpg(process.pid, signal.SIGCONT)
    assert process.wait(timeout=60) == 0
    assert_nobody_is_left(process.pid)


def test_a_foreign_checkpoint_is_not_gone_on_from(tmp_path, study_file, whole):
    store, mark = tmp_path / "store", tmp_path / "mark"
    atlas(study_file, store, FAULT_KILL=f".record.json.aside:{mark}")
    first, second, *_ = sorted(store.rglob(checkpoint_name))
    shutil.copy(first, second)
    assert_it_ends_as_if_nothing_had_happened(study_file, store, whole)
