"""Workers on GPUs: which device each sees. No GPU is needed: what matters is what stands in a worker's environment."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from studies.command.executors import ExecutorOptions, executor_of
from studies.command.loader import load_study
from sweeps.executors.devices import Devices, visible_devices
from sweeps.executors.executor import Task
from sweeps.executors.local import Local
from sweeps.executors.placement import Placement, anywhere
from tests.test_executors import runs_of, tiny

repository = Path(__file__).parents[1]


@dataclass(frozen=True)
class Seen(Data):
    """Writes down what devices its process sees; kills it the first time, if it is told to."""

    folder: str
    task: int
    fatal: bool = False

    def load(self) -> Dataset:
        folder, devices = Path(self.folder), os.environ.get("CUDA_VISIBLE_DEVICES", "unset")
        again = len(list(folder.glob(f"{self.task}.*.seen")))
        (folder / f"{self.task}.{again}.seen").write_text(f"{os.getpid()} {devices}")
        if self.fatal and not again:
            os.kill(os.getpid(), signal.SIGKILL)
        return Moons(60).load()


def seen(folder: Path) -> dict[str, tuple[int, str]]:
    """Return the process and the devices of each task, and of each attempt at it."""
    rows = {path.stem: path.read_text().split() for path in folder.glob("*.seen")}
    return {name: (int(process), devices) for name, (process, devices) in rows.items()}


def train(executor: Local, folder: Path, tasks: int, fatal: Sequence[int] = ()) -> None:
    for number in range(tasks):
        recipe = replace(tiny, data=Seen(str(folder), number, number in fatal), epochs=40)
        executor.submit(Task(runs_of(recipe, 0), "search", folder / "runs"))
    assert [executor.next_outcome().error for _ in range(tasks)] == [None] * tasks


@pytest.mark.parametrize(
    ("environment", "count", "names"),
    [
        ({}, 3, ("0", "1", "2")),
        ({}, 0, ()),
        ({"CUDA_VISIBLE_DEVICES": "3,1"}, 2, ("3", "1")),
        ({"CUDA_VISIBLE_DEVICES": " 3 , 1 "}, 2, ("3", "1")),
        ({"CUDA_VISIBLE_DEVICES": "GPU-8932f937,GPU-c4b2"}, 2, ("GPU-8932f937", "GPU-c4b2")),
        ({"CUDA_VISIBLE_DEVICES": "MIG-40a1/1/0"}, 1, ("MIG-40a1/1/0",)),
        ({"CUDA_VISIBLE_DEVICES": "0,-1,1"}, 1, ("0",)),  # CUDA stops at the first that is none
        ({"CUDA_VISIBLE_DEVICES": ""}, 0, ()),
    ],
    ids=["all", "none", "numbers", "spaces", "uuids", "mig", "cut", "hidden"],
)
def test_what_the_driver_sees_is_named_for_its_workers(
    environment: dict[str, str], count: int, names: tuple[str, ...]
) -> None:
    assert visible_devices(environment, count) == names


def test_devices_are_handed_out_evenly_and_the_next_worker_takes_what_a_dead_one_left() -> None:
    devices = Devices(["a", "b", "c"])
    assert [devices.take() for _ in range(7)] == ["a", "b", "c", "a", "b", "c", "a"]
    devices.give_back("b")
    assert [devices.take(), devices.take(), devices.take()] == ["b", "b", "c"]
    assert Devices([]).take() is None


@pytest.mark.parametrize(
    ("workers", "expected"),
    [(4, ["GPU-1", "GPU-1", "7", "7"]), (3, ["7", "7", "GPU-1"]), (1, ["7"])],
    ids=["two each", "spread", "one"],
)
def test_every_worker_sees_its_own_device_only(tmp_path: Path, workers: int, expected: list[str]) -> None:
    with Local(workers, devices=["7", "GPU-1"]) as executor:
        train(executor, tmp_path, 4 * workers)
    by_process = dict(seen(tmp_path).values())
    assert len(by_process) == workers
    assert len(set(seen(tmp_path).values())) == workers  # no worker ever saw another one
    assert sorted(by_process.values()) == sorted(expected)


def test_the_successor_of_a_dead_worker_takes_over_its_device(tmp_path: Path) -> None:
    with Local(2, devices=["0", "1"]) as executor:
        train(executor, tmp_path, 6, fatal=[1, 2])
    rows = seen(tmp_path)
    processes = {device: {process for process, seen_by in rows.values() if seen_by == device} for device in ("0", "1")}
    assert len(processes["0"]) + len(processes["1"]) == 4
    assert not processes["0"] & processes["1"]
    dead = [rows["1.0"], rows["2.0"]]
    for process, device in dead:
        assert len(processes[device]) >= 2, f"nobody followed {process} on {device}"
    assert {"1.1", "2.1"} <= rows.keys()


def test_workers_on_the_cpu_see_what_this_process_sees(tmp_path: Path) -> None:
    with Local(2) as executor:
        train(executor, tmp_path, 4)
    assert {devices for _, devices in seen(tmp_path).values()} == {os.environ.get("CUDA_VISIBLE_DEVICES", "unset")}


def test_workers_on_the_cpu_have_the_environment_of_their_driver(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from sweeps.executors.local import Local\n"
        "from tests.test_devices import train\n"
        "if __name__ == '__main__':\n"
        "    with Local(2) as executor:\n"
        "        train(executor, Path(sys.argv[1]), 4)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(repository), "CUDA_VISIBLE_DEVICES": "2,GPU-5"}
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, env=environment, cwd=repository)
    assert {devices for _, devices in seen(tmp_path).values()} == {"2,GPU-5"}


def test_the_server_of_workers_does_not_touch_cuda() -> None:
    """A process forked from one that has initialised CUDA can neither use it nor be given another device."""
    program = (
        "import torch\n"
        "def touched(*_): raise AssertionError('CUDA is touched')\n"
        "for name in ('is_available', 'device_count', 'init', '_lazy_init', 'current_device', 'mem_get_info'):\n"
        "    setattr(torch.cuda, name, touched)\n"
        "import sweeps.executors.preload, sweeps.executors.devices\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=repository)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda device=0: ((50 + 10 * device) * 10**9, 80 * 10**9))
    monkeypatch.setattr("studies.command.executors.usable_cores", lambda: 5)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.parametrize(
    ("workers", "per_gpu", "slots", "sharers"),
    [(None, None, 2, 1), (None, 3, 6, 3), (4, None, 4, 2), (3, None, 3, 2), (1, None, 1, 1)],
    ids=["one each", "three each", "four", "three", "one"],
)
@pytest.mark.usefixtures("two_gpus")
def test_workers_share_the_gpus_and_their_memory(
    workers: int | None, per_gpu: int | None, slots: int, sharers: int
) -> None:
    options = ExecutorOptions(workers=workers, per_gpu=per_gpu)
    options.check(anywhere)
    with executor_of(load_study("smoke"), options, anywhere) as executor:
        assert executor.slots == slots
        assert executor.memory == 40 * 10**9 // sharers  # 0.8 of what the fuller GPU has left


@pytest.mark.usefixtures("two_gpus")
def test_gpus_change_nothing_for_workers_on_the_cpu() -> None:
    with executor_of(load_study("smoke"), ExecutorOptions(), Placement("cpu")) as executor:
        assert executor.slots == 5
        assert executor.sharers == 5
        assert isinstance(executor, Local)
        assert executor._devices.take() is None


@pytest.mark.parametrize(
    ("name", "workers", "per_gpu", "address", "sentence"),
    [
        ("slurm", None, None, None, "The executor is 'slurm': give local, ray or in-process."),
        ("local", 0, None, None, "--workers 0 trains in this process, and --executor local does not: leave one out."),
        ("ray", 0, None, None, "--workers 0 trains in this process, and --executor ray does not: leave one out."),
        ("in-process", 2, None, None, "--executor in-process has no workers: leave out --workers 2."),
        (None, 2, 2, None, "--per-gpu and --workers both say how many workers there are: give one of them."),
        (None, 0, 2, None, "--per-gpu and --workers both say how many workers there are: give one of them."),
        ("in-process", None, 2, None, "--per-gpu lets workers share GPUs, and --executor in-process has none"),
        (None, None, None, "a:1", "--address is that of a Ray cluster: give --executor ray with it."),
        ("ray", 2, None, "a:1", "The cluster at --address says how many workers there are: leave out --workers."),
    ],
)
def test_options_that_contradict_each_other_are_a_sentence(
    name: str | None, workers: int | None, per_gpu: int | None, address: str | None, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        ExecutorOptions(name, workers, per_gpu, address)
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize("name", [None, "local", "ray"])
def test_sharing_gpus_that_are_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InvalidInput, match="this machine has none that torch can use: give --workers"):
        ExecutorOptions(name, per_gpu=2).check(anywhere)
    with pytest.raises(InvalidInput, match="share GPUs: leave out --accelerator cpu"):
        ExecutorOptions(name, per_gpu=2).check(Placement("cpu"))
