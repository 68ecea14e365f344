"""The contract of executors, run over each of them, and what only worker processes can get wrong."""

import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from threading import Thread

import numpy as np
import psutil
import pytest
import torch

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit
from sweeps.checkpoints import checkpoint_name, read_checkpoint
from sweeps.executors.executor import Executor, Task
from sweeps.executors.in_process import InProcess
from sweeps.executors.local import Local
from sweeps.executors.ray import Ray
from sweeps.executors.worker import keep_freed_memory
from sweeps.store import RunStore
from tests.process_groups import assert_nobody_is_left, group_members

tiny = Recipe(data=Moons(60), model=MLP((4,)), initializer=HeNormal(), optimizer=SGD(0.1), schedule=Cosine(), epochs=2)
endless = replace(tiny, epochs=100_000)
repository = Path(__file__).parents[1]


@dataclass(frozen=True)
class Fatal(Data):
    """Kills the process that loads it, the first `times` times."""

    folder: str
    times: int

    def load(self) -> Dataset:
        before = len(list(Path(self.folder).glob("death*")))
        if before < self.times:
            (Path(self.folder) / f"death{before}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Moons(60).load()


@dataclass(frozen=True)
class Broken(Data):
    """Fails in a way that nobody expected."""

    def load(self) -> Dataset:
        raise ArithmeticError("the moons collided")


def leave_a_mark(folder: Path) -> None:
    (folder / f"prepared{os.getpid()}").touch()


def refuse() -> None:
    raise InvalidInput("The study file is gone: restore it.")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass(frozen=True)
class Marked(Data):
    """Says which process trains with it."""

    folder: str

    def load(self) -> Dataset:
        (Path(self.folder) / f"process{os.getpid()}").touch()
        return Moons(60).load()


@pytest.fixture(scope="module")
def on_ray() -> Iterator[Executor]:
    """Two workers of a cluster that all tests of this file share: it takes long to start."""
    with Ray(workers=2) as made:
        yield made


@pytest.fixture(params=["in_process", "local", "ray"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "ray":
        yield request.getfixturevalue("on_ray")
        return
    with InProcess() if request.param == "in_process" else Local(2) as made:
        yield made


@pytest.fixture(params=["local", pytest.param("ray", marks=pytest.mark.slow)])
def workers(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Two processes that tests may kill."""
    if request.param == "ray":
        yield request.getfixturevalue("on_ray")
        return
    with Local(2) as made:
        yield made


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def runs_of(recipe: Recipe, *seeds: int) -> tuple[Run, ...]:
    return tuple(Run(recipe, Seeds.all(seed)) for seed in seeds)


def test_every_task_ends_once_and_its_results_are_those_of_a_direct_fit(executor: Executor, tmp_path: Path) -> None:
    recipes = [replace(tiny, optimizer=SGD(rate, momentum=0.9)) for rate in (0.01, 0.1, 0.3)]
    tasks = [Task(runs_of(recipe, 0, 1), "single", tmp_path) for recipe in recipes]
    for task in tasks:
        executor.submit(task)
    outcomes = [executor.next_outcome() for _ in tasks]
    assert sorted(tasks.index(outcome.task) for outcome in outcomes) == [0, 1, 2]
    assert all(outcome.error is None and 0 < outcome.seconds < 60 for outcome in outcomes)
    for task in tasks:
        for direct in fit(task.runs):
            record = RunStore(tmp_path).find(direct.run)
            assert record is not None
            assert record.purpose == "single"
            curves = record.curves()
            np.testing.assert_array_equal(curves["train_loss"], direct.train_loss)
            np.testing.assert_array_equal(curves["validation_loss"], direct.validation_loss.astype(np.float32))
            (weights,) = record.snapshots()
            assert weights.keys() == direct.snapshots[0].weights.keys()
            for name, values in weights.items():
                np.testing.assert_array_equal(values, direct.snapshots[0].weights[name])


def test_a_complete_run_is_not_trained_again(executor: Executor, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    first, second = runs_of(tiny, 0, 1)
    record = store.save(fit([first])[0], "search")
    written = (record.folder / "record.json").stat().st_mtime_ns
    executor.submit(Task((first, second), "search", tmp_path))
    assert executor.next_outcome().error is None
    assert (record.folder / "record.json").stat().st_mtime_ns == written
    assert store.find(second) is not None


def test_a_run_of_the_search_is_trained_again_where_snapshots_are_needed(executor: Executor, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    (run,) = runs_of(tiny, 0)
    store.save(fit([run])[0], "search")
    executor.submit(Task((run,), "confirm", tmp_path))
    assert executor.next_outcome().error is None
    record = store.find(run)
    assert record is not None
    assert len(record.snapshots()) == 1


def test_a_task_that_ends_early_leaves_checkpoints_from_which_the_next_goes_on(
    executor: Executor, tmp_path: Path
) -> None:
    store, runs = RunStore(tmp_path), runs_of(replace(tiny, epochs=6), 0, 1, 2)

    def train(places: Sequence[int], epochs: int | None) -> list[int]:
        executor.submit(Task(tuple(runs[place] for place in places), "search", tmp_path, epochs=epochs))
        assert executor.next_outcome().error is None
        found = [read_checkpoint(store.path(run), run, "auto") for run in runs]
        return [each.epochs if each is not None else 0 for each in found]

    assert train([0, 1], 2) == [2, 2, 0]
    assert train([0], 4) == [4, 2, 0]
    assert train([0, 1], 3) == [4, 3, 0]
    # Damaged, as a disk may leave it: trained from the start again.
    (store.path(runs[1]) / checkpoint_name).write_bytes(b"not what it was")
    assert train([1, 2], 3) == [4, 3, 3]
    assert [store.find(run) for run in runs] == [None] * 3
    assert train([0, 1, 2], None) == [0, 0, 0]
    for direct in fit(runs):
        record = store.find(direct.run)
        assert record is not None
        np.testing.assert_array_equal(record.curves()["train_loss"], direct.train_loss)


def test_errors_are_sentences_and_do_not_stop_the_next_task(
    executor: Executor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unlike = (*runs_of(tiny, 0), *runs_of(replace(tiny, epochs=3), 0))
    tasks = {
        Task(unlike, "search", tmp_path): "A stack needs runs of one shape: group them by recipe.shape first.",
        Task(runs_of(replace(tiny, data=Broken()), 0), "search", tmp_path): "ArithmeticError: the moons collided",
        Task(runs_of(tiny, 0), "search", tmp_path): None,
    }
    for task in tasks:
        executor.submit(task)
    assert {outcome.task: outcome.error for outcome in (executor.next_outcome() for _ in tasks)} == tasks
    traceback = capsys.readouterr().err
    assert traceback.count("Traceback") == 1
    assert "in load" in traceback


def test_a_record_that_cannot_be_read_is_an_error_of_its_task(executor: Executor, tmp_path: Path) -> None:
    (run,) = runs_of(tiny, 0)
    record = RunStore(tmp_path).path(run) / "record.json"
    record.parent.mkdir(parents=True)
    record.write_text("{")
    executor.submit(Task((run,), "search", tmp_path))
    error = executor.next_outcome().error
    assert error is not None
    assert str(record) in error


def test_asking_without_a_task_is_a_bug_of_the_caller(executor: Executor, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="submit one"):
        executor.next_outcome()
    executor.submit(Task(runs_of(tiny, 0), "search", tmp_path))
    executor.next_outcome()
    with pytest.raises(RuntimeError, match="submit one"):
        executor.next_outcome()


def test_two_workers_train_at_the_same_time_and_a_free_one_is_used_again(tmp_path: Path) -> None:
    with Local(2, partial(leave_a_mark, tmp_path)) as executor:
        for seed in range(6):
            executor.submit(Task(runs_of(tiny, seed), "search", tmp_path / "runs"))
        assert [executor.next_outcome().error for _ in range(6)] == [None] * 6
        assert len(active_children()) == 2
        assert {path.name for path in tmp_path.glob("prepared*")} == {f"prepared{c.pid}" for c in active_children()}


def test_a_worker_that_cannot_be_prepared_says_so_for_every_task(tmp_path: Path) -> None:
    with Local(1, refuse) as executor:
        for seed in range(2):
            executor.submit(Task(runs_of(tiny, seed), "search", tmp_path))
        errors = [executor.next_outcome().error for _ in range(2)]
    assert errors == ["The study file is gone: restore it."] * 2


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_task_survives_two_deaths_of_its_worker(workers: Executor, tmp_path: Path, deaths: int) -> None:
    fatal = Task(runs_of(replace(tiny, data=Fatal(str(tmp_path), deaths)), 0), "search", tmp_path / "runs")
    workers.submit(fatal)
    workers.submit(Task(runs_of(tiny, 0), "search", tmp_path / "runs"))
    assert [workers.next_outcome().error for _ in range(2)] == [None, None]
    assert len(list(tmp_path.glob("death*"))) == deaths
    assert RunStore(tmp_path / "runs").find(fatal.runs[0]) is not None


def test_the_third_death_is_the_error_of_its_task_only(workers: Executor, tmp_path: Path) -> None:
    fatal = Task(runs_of(replace(tiny, data=Fatal(str(tmp_path), 9)), 0), "search", tmp_path / "runs")
    others = [Task(runs_of(tiny, seed), "search", tmp_path / "runs") for seed in range(3)]
    for task in (fatal, *others):
        workers.submit(task)
    errors = {outcome.task: outcome.error for outcome in (workers.next_outcome() for _ in range(4))}
    assert len(list(tmp_path.glob("death*"))) == 3
    assert [errors[task] for task in others] == [None] * 3
    assert errors[fatal] is not None
    assert "3 workers died" in errors[fatal]
    assert re.search("SIGKILL|SYSTEM_ERROR", errors[fatal])  # Ray does not say by which signal a process died


def test_a_worker_killed_while_it_trains_loses_nothing_but_time(workers: Executor, tmp_path: Path) -> None:
    long = replace(tiny, data=Marked(str(tmp_path)), epochs=1200)
    tasks = [Task(runs_of(replace(long, optimizer=SGD(rate)), 0, 1), "confirm", tmp_path / "a") for rate in (0.1, 0.2)]
    tasks += [Task(runs_of(tiny, seed), "confirm", tmp_path / "a") for seed in range(3)]
    for task in tasks:
        workers.submit(task)
    killer = Thread(target=kill_the_first, args=(tmp_path,))
    killer.start()
    assert [workers.next_outcome().error for _ in tasks] == [None] * len(tasks)
    killer.join()
    killed, complete = map(int, (tmp_path / "killed").read_text().split())
    assert complete == 0
    assert not psutil.pid_exists(killed)
    assert len(set(tmp_path.glob("process*")) - {tmp_path / f"process{killed}"}) >= 1
    with InProcess() as alone:
        for task in tasks:
            alone.submit(replace(task, folder=tmp_path / "b"))
            assert alone.next_outcome().error is None
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    assert len(files_of(tmp_path / "a")) >= 2 * 7


def kill_the_first(folder: Path) -> None:
    """Kill the first process that trains with `Marked`, a little later."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (marks := list(folder.glob("process*"))):
        time.sleep(0.01)
    time.sleep(0.3)
    process = int(marks[0].name.removeprefix("process"))
    os.kill(process, signal.SIGKILL)
    (folder / "killed").write_text(f"{process} {len(list(folder.glob('a/*/*/record.json')))}")


def test_close_ends_workers_in_the_middle_of_a_task(tmp_path: Path) -> None:
    with Local(2) as executor:
        executor.submit(Task(runs_of(tiny, 0), "search", tmp_path))
        executor.next_outcome()
        for seed in range(2):
            executor.submit(Task(runs_of(endless, seed), "search", tmp_path))
        assert len(active_children()) == 2
        start = time.perf_counter()
    assert time.perf_counter() - start < 1.5
    assert active_children() == []
    assert RunStore(tmp_path).find(runs_of(endless, 0)[0]) is None


def test_what_a_worker_could_not_import_is_refused_at_once(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Hidden(Moons):
        pass

    with Local(1) as executor, pytest.raises(InvalidInput, match="top level of a module"):
        executor.submit(Task(runs_of(replace(tiny, data=Hidden()), 0), "search", tmp_path))


def test_no_workers_is_refused() -> None:
    with pytest.raises(InvalidInput, match="number of workers is 0"):
        Local(0)


driver = """
import sys
from dataclasses import replace
from pathlib import Path

from lightning_modules.data.moons import Moons
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from sweeps.executors.executor import Task
from sweeps.executors.local import Local

class Mine(SGD):
    "A component that only the main script defines."

def main():
    tiny = Recipe(
        data=Moons(60), model=MLP((4,)), initializer=HeNormal(), optimizer=Mine(0.1), schedule=Cosine(), epochs=2
    )
    with Local(2) as executor:
        print("made", flush=True)
        for epochs in (2, 2, 100_000, 100_000):
            recipe = replace(tiny, epochs=epochs)
            for seed in range(2):
                executor.submit(Task((Run(recipe, Seeds.all(seed)),), "search", Path(sys.argv[1])))
        assert [executor.next_outcome().error for _ in range(4)] == [None] * 4
        print("training", flush=True)
        executor.next_outcome()

if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(3)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Start a driver as a script in a process group of its own and wait for a line of its output."""
    script = tmp_path / "driver.py"
    script.write_text(driver)
    started: list[subprocess.Popen[str]] = []

    def start(line: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(repository)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        while (read := process.stdout.readline().strip()) != line:
            assert read, f"The driver ended early: {process.communicate()[1]}"
        return process

    yield start
    for process in started:
        if group_members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_killed_driver_leaves_no_process_behind(start: Callable[[str], "subprocess.Popen[str]"]) -> None:
    process = start("training")
    assert len(group_members(process.pid)) >= 4  # the driver, the server, two workers
    process.kill()
    process.wait()
    assert_nobody_is_left(process.pid)


@pytest.mark.parametrize("moment", ["made", "training"])
def test_an_interrupt_is_the_drivers_alone(start: Callable[[str], "subprocess.Popen[str]"], moment: str) -> None:
    process = start(moment)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    assert errors == ""
    assert_nobody_is_left(process.pid)


faults = """
import resource
import torch
from sweeps.executors.worker import keep_freed_memory

torch.set_num_threads(1)

def faults_of_a_step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(2_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

default = min(faults_of_a_step() for _ in range(5))
keep_freed_memory()
kept = min(faults_of_a_step() for _ in range(20))  # what is mapped already is given back first
print(default, kept)
"""


def test_memory_freed_in_one_step_is_used_again_in_the_next() -> None:
    result = subprocess.run(
        [sys.executable, "-c", faults],
        # Left to itself, malloc maps arrays of this size anew at times; with a fixed threshold it always does.
        env={**os.environ, "PYTHONPATH": str(repository), "MALLOC_MMAP_THRESHOLD_": "65536"},
        check=True,
        capture_output=True,
        text=True,
    )
    default, kept = map(int, result.stdout.split())
    assert platform.libc_ver()[0] != "glibc" or kept < 10 < 500 < default


def test_keeping_memory_is_harmless_without_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Library:
        def __init__(self, name: str | None) -> None:
            asked.append(name)

    monkeypatch.setattr("ctypes.CDLL", Library)
    keep_freed_memory()
    assert asked == [None]
