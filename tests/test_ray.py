"""What only a Ray cluster can get wrong; the contract of all executors is in test_executors.py."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil
import pytest
import ray

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from sweeps.executors.executor import Executor, Task
from sweeps.executors.placement import Placement, anywhere
from sweeps.executors.ray import Ray
from sweeps.executors.ray_cluster import Slots, slots_of
from sweeps.executors.ray_nodes import wait_for_nodes
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from tests.process_groups import assert_nobody_is_left, group_members, session_members
from tests.test_cli import atlas
from tests.test_devices import Seen, seen
from tests.test_executors import Marked, endless, leave_a_mark, refuse, runs_of, tiny
from tests.test_stopping import results, whole  # noqa: F401 - a fixture

repository = Path(__file__).parents[1]
on_cpus = Placement("cpu")


@pytest.fixture(scope="module")
def nodes() -> Iterator[None]:
    """A cluster with two GPUs that are not there: Ray hands out their numbers all the same."""
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        ray.init("local", num_cpus=4, num_gpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
        yield
        ray.shutdown()


def forget() -> None:
    """Write nothing where the driver looks."""
    RunStore.save = lambda *_, **__: None  # type: ignore[method-assign, assignment]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def outcomes(executor: Executor, *tasks: Task) -> list[str | None]:
    for task in tasks:
        executor.submit(task)
    return [executor.next_outcome().error for _ in tasks]


@pytest.mark.parametrize(
    ("resources", "accelerator", "per_gpu", "workers", "slots"),
    [
        ({"CPU": 16.0}, "auto", None, None, Slots(16, 1, 0)),
        ({"CPU": 16.0}, "auto", None, 3, Slots(3, 1, 0)),
        ({"CPU": 16.0, "GPU": 4.0}, "auto", None, None, Slots(4, 0, 1)),
        ({"CPU": 2.0, "GPU": 4.0}, "gpu", 8, None, Slots(32, 0, 0.125)),
        ({"CPU": 16.0, "GPU": 4.0}, "auto", None, 10, Slots(10, 0, 0.3333)),
        ({"CPU": 16.0, "GPU": 4.0}, "cpu", None, None, Slots(16, 1, 0)),
    ],
    ids=["cpus", "fewer cpus", "gpus", "shared gpus", "workers on gpus", "cpus of gpu nodes"],
)
def test_slots_are_what_the_cluster_has_room_for(resources, accelerator, per_gpu, workers, slots):
    assert slots_of(resources, accelerator, per_gpu, workers) == slots


@pytest.mark.parametrize("sharers", range(1, 65))
def test_all_that_share_a_gpu_find_room_on_it(sharers):
    part = slots_of({"GPU": 1.0}, "gpu", sharers).gpus
    assert part * 1e4 == pytest.approx(round(part * 1e4), abs=1e-6)  # Ray rounds to this
    assert sharers * part <= 1
    assert (sharers + 1) * part > 1


@pytest.mark.parametrize(
    ("resources", "accelerator", "per_gpu", "sentence"),
    [
        ({"CPU": 2.0}, "gpu", None, "The Ray cluster has no GPU: give --accelerator auto or cpu."),
        ({"CPU": 2.0}, "auto", 2, "the Ray cluster has none to train on: leave it out."),
        ({"GPU": 2.0}, "cpu", None, "The Ray cluster has no CPU: start its nodes with --num-cpus."),
    ],
    ids=["no gpu", "none to share", "no cpu"],
)
def test_a_cluster_that_lacks_what_is_asked_for_is_a_sentence(resources, accelerator, per_gpu, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        slots_of(resources, accelerator, per_gpu)


@pytest.mark.usefixtures("nodes")
def test_every_worker_is_prepared_once_and_writes_where_the_driver_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # A machine that is busy with other things takes longer to start the second worker than its peers would wait.
    monkeypatch.setattr("sweeps.executors.ray._patience", 300.0)
    recipe = replace(tiny, data=Marked(str(tmp_path)))
    with Ray(partial(leave_a_mark, tmp_path), on_cpus, workers=2) as executor:
        assert executor.memory > 0  # measured when both have started
        tasks = [Task(runs_of(recipe, seed), "search", Path("here")) for seed in range(6)]
        assert outcomes(executor, *tasks) == [None] * 6
        prepared = {path.name.removeprefix("prepared") for path in tmp_path.glob("prepared*")}
    assert {path.name.removeprefix("process") for path in tmp_path.glob("process*")} <= prepared
    assert len(prepared) == 2
    assert all(RunStore(tmp_path / "here").find(*task.runs) for task in tasks)


@pytest.mark.usefixtures("nodes")
def test_a_worker_that_cannot_be_prepared_says_so_for_every_task(tmp_path):
    with Ray(refuse, on_cpus, workers=1) as executor:
        tasks = [Task(runs_of(tiny, seed), "search", tmp_path) for seed in range(2)]
        assert outcomes(executor, *tasks) == ["The study file is gone: restore it."] * 2


@pytest.mark.slow
@pytest.mark.usefixtures("nodes")
def test_workers_that_die_before_their_first_task_are_not_started_for_ever(tmp_path):
    with Ray(die, on_cpus, workers=1) as executor, pytest.raises(InvalidInput, match="3 workers of the Ray cluster"):
        outcomes(executor, Task(runs_of(tiny, 0), "search", tmp_path))


@pytest.fixture(scope="module")
def forgetful(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """One worker for the tests to which it does not matter, or that want it so: it takes long to start."""
    request.getfixturevalue("nodes")
    with Ray(forget, on_cpus, workers=1) as made:
        yield made


def test_records_that_the_driver_does_not_see_are_a_sentence(tmp_path, monkeypatch, forgetful):
    monkeypatch.setattr("sweeps.executors.ray._delay", 0.5)
    (error,) = outcomes(forgetful, Task(runs_of(tiny, 0, 1), "search", tmp_path))
    assert error is not None
    assert error.startswith(f"2 runs of recipe {tiny.hash} were trained on ")
    assert f"not in {tmp_path} here: give a --store on a file system that all nodes share." in error


def test_what_a_worker_could_not_import_is_refused_at_once(tmp_path, forgetful):
    @dataclass(frozen=True)
    class Hidden(Moons):
        pass

    with pytest.raises(InvalidInput, match="top level of a module"):
        forgetful.submit(Task(runs_of(replace(tiny, data=Hidden()), 0), "search", tmp_path))


@pytest.mark.slow
@pytest.mark.usefixtures("nodes")
def test_workers_share_gpus_evenly_and_each_sees_its_own(tmp_path):
    with Ray(None, anywhere, per_gpu=2) as executor:
        assert executor.slots == 4
        assert executor.placement.is_cuda  # the cluster has GPUs, whatever the driver's machine has
        assert 0 < 4 * executor.memory <= psutil.virtual_memory().total
        recipes = [replace(tiny, data=Seen(str(tmp_path), number), epochs=100) for number in range(12)]
        assert outcomes(executor, *(Task(runs_of(each, 0), "search", tmp_path / "runs") for each in recipes))
    devices = dict(seen(tmp_path).values())
    assert Counter(devices.values()) == {"0": 2, "1": 2}
    assert len(set(seen(tmp_path).values())) == 4


@pytest.mark.slow
@pytest.mark.usefixtures("nodes")
def test_close_ends_workers_in_the_middle_of_a_task_and_leaves_the_cluster_to_its_owner(tmp_path):
    recipe = replace(endless, data=Marked(str(tmp_path)))
    with Ray(None, on_cpus, workers=2) as executor:
        for seed in range(2):
            executor.submit(Task(runs_of(recipe, seed), "search", tmp_path / "runs"))
        executor.submit(Task(runs_of(tiny, 0), "search", tmp_path / "runs"))
        while len(executor._waiting) > 1:
            executor._receive(ray.wait([worker.owed for worker in executor._workers])[0][0])
            executor._fill_slots()
        while len(marks := list(tmp_path.glob("process*"))) < 2:
            time.sleep(0.01)
        start = time.perf_counter()
    executor.close()
    assert time.perf_counter() - start < 5
    processes = [int(mark.name.removeprefix("process")) for mark in marks]
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.perf_counter() - start < 20
        time.sleep(0.05)
    assert ray.is_initialized()
    assert RunStore(tmp_path / "runs").find(runs_of(recipe, 0)[0]) is None


def test_asking_without_a_task_is_a_bug_of_the_caller(forgetful):
    with pytest.raises(RuntimeError, match="submit one"):
        forgetful.next_outcome()


def test_without_ray_a_sentence_says_how_to_install_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    status, out, err = atlas(capsys, monkeypatch, "run", "smoke", "--executor", "ray", "--store", tmp_path / "runs")
    assert (status, out) == (2, "")
    assert err == "atlas: Ray is not installed: pip install 'lossatlas[ray]', or give --executor local.\n"
    assert list(tmp_path.iterdir()) == []


script = """
import os, signal, sys
from sweeps.executors.ray_cluster import cluster
handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
os.environ["RAY_USAGE_STATS_ENABLED"] = "of the user"
with cluster(None, 1):
    import ray
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "of the user"
    assert "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO" not in os.environ
    assert ray.cluster_resources()["CPU"] == 1
    address = ray.get_runtime_context().gcs_address
    if len(sys.argv) > 1:
        print("connected", flush=True)
        signal.pause()
assert not ray.is_initialized()
try:
    with cluster(address):
        pass
except Exception as error:
    print(type(error).__name__, str(error)[:30])
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path: that of a socket in it has at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        yield Path(folder)


def start(short, *words):
    return subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, "RAY_TMPDIR": str(short)},
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_cluster_of_ones_own_leaves_no_trace(short):
    process = start(short, "-c", script)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("InvalidInput No Ray cluster answers at")
    assert_nobody_is_left(process.pid, session_members)
    assert list(short.iterdir()) == []


def trainers(session: int) -> list[int]:
    """Return the processes of a session but for Ray's agents, which look for their dead cluster for two minutes."""
    names = {process: psutil.Process(process).name() for process in session_members(session)}
    return [process for process, name in names.items() if not name.startswith(("ray::Dashboard", "ray::Runtime"))]


@pytest.mark.slow
def test_a_killed_driver_leaves_nobody_at_work(short):
    process = start(short, "-c", script, "stay")
    assert process.stdout.readline() == "connected\n"
    assert len(trainers(process.pid)) > 4
    process.kill()
    process.communicate()
    assert_nobody_is_left(process.pid, trainers)
    for agent in session_members(process.pid):
        os.kill(agent, signal.SIGKILL)
    assert_nobody_is_left(process.pid, session_members)


@pytest.mark.slow
def test_one_ctrl_c_finishes_what_is_under_way_and_resume_goes_on(tmp_path, short, whole):  # noqa: F811
    words = ["--executor", "ray", "--workers", "2", "--no-wandb"]
    process = start(short, "-m", "studies", "run", "smoke", "--store", str(tmp_path), *words)
    while process.poll() is None and not list(tmp_path.glob("smoke/runs/*/*/record.json")):
        time.sleep(0.01)
    assert len(group_members(process.pid)) > 1
    for member in {os.getpgid(each) for each in session_members(process.pid)}:
        os.killpg(member, signal.SIGINT)  # more than a terminal would: workers too
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    first, second = err.strip().splitlines()
    assert first.startswith("Finishing the stacks under way")
    assert second.startswith("Stopped: what was under way is finished")
    assert_nobody_is_left(process.pid, session_members)
    assert list(short.iterdir()) == []
    assert not StudyPaths(tmp_path / "smoke").report.exists()
    again = start(short, "-m", "studies", "resume", "smoke", "--store", str(tmp_path))
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert out.startswith("atlas run smoke --executor ray --workers 2 --no-wandb\n")
    assert results(tmp_path) == whole


@pytest.mark.usefixtures("nodes")
def test_nodes_that_do_not_join_are_a_sentence():
    wait_for_nodes("127.0.0.1:1", 1, patience=0)  # this process is connected to a cluster of one node
    with pytest.raises(InvalidInput, match=r"Only 1 of 2 nodes have joined the Ray cluster at 127.0.0.1:1\."):
        wait_for_nodes("127.0.0.1:1", 2, patience=0)
