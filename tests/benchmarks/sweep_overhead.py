"""What a sweep costs beside its training, and a whole sweep beside one as people write it today.

- ``driver``: a study of stacks of 64 digits MLPs through driver, store and W&B; its wall time beside that of the
  training in it, with a worker process and all in this process.
- ``tracking``: a stack of 64 for the search and one of 64 confirmed runs, with W&B and without in turn; the seconds of
  the training itself, which W&B's process may slow, and those of the whole driver with the wait for that process.
- ``workers``: 128 digits MLPs, two workers against one.
- ``records``: a study of 10,000 runs, trained for it; seconds of `atlas status`, of `atlas verify --quick` and of
  opening the results, each as a fresh process would spend them after its imports, and with them.
- ``sweep``: 16 trials of 5 seeds, from the command to the last record, against `optuna_lightning_wandb.py`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from cases import recipe
from ratios import compare, show
from training_clock import clock_training, seconds_of_training

from lightning_modules.data.moons import Moons
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from sweeps.driver import Driver
from sweeps.executors.executor import Executor
from sweeps.executors.in_process import InProcess
from sweeps.executors.local import Local
from sweeps.executors.placement import Placement
from sweeps.lock import locked
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from sweeps.study import Budget, Study
from sweeps.tracking import Tracking, tracker_of
from sweeps.training import train
from sweeps.watcher import Watcher

repository = Path(__file__).parents[2]
study_text = """
from lightning_modules.data.digits import Digits
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from sweeps.study import Budget, Study


def recipe(suggest):
    rate = suggest.log("learning_rate", 1e-3, 1.0)
    return Recipe(data=Digits(), model=MLP((128, 128)), optimizer=SGD(rate, 0.9), batch_size=64, epochs=20)


budget = Budget(trials=16, search_seeds=range(5), report_seeds=[100], epochs=20)
study = Study(question="How fast is it?", recipe=recipe, budgets={"default": budget})
"""


def drive(study: Study, paths: StudyPaths, executor: Executor, wandb: bool) -> None:
    """Run a study to its end."""
    tracking = Tracking("offline" if wandb else "disabled")
    with locked(paths), tracker_of("study", paths, tracking) as tracker:
        Driver("study", Path(__file__), study, "default", paths, executor, tracker, Watcher()).run()


def seconds_of_driver(budget: Budget, stack_size: int, workers: int, wandb: bool) -> tuple[float, float]:
    """Return the seconds of training digits MLPs, and of the whole driver with the wait for W&B's process.

    Arguments:
        budget: of the study.
        stack_size: the most runs trained together.
        workers: 1 for a worker process, already started; 0 for this process.
        wandb: whether W&B mirrors the study.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock, each, paths = folder / "seconds", recipe("digits_mlp", folder), StudyPaths(folder / "study")

        def proposed(suggest) -> Recipe:
            optimizer = SGD(suggest.log("learning_rate", 1e-3, 0.3), 0.9)
            return Recipe(data=each.data, model=each.model, optimizer=optimizer, batch_size=64, epochs=20)

        study = Study(question="How fast is it?", recipe=proposed, budgets={"default": budget})
        with _executor(workers, clock, Placement(stack_size=stack_size)) as executor:
            train([Run(each, Seeds.all(seed)) for seed in range(2)], "search", RunStore(folder / "warm"), executor)
            before, start = seconds_of_training(clock), time.perf_counter()
            drive(study, paths, executor, wandb)
            found = seconds_of_training(clock) - before, time.perf_counter() - start
        mirrored = budget.trials + len(budget.report_seeds)  # and the study itself is mirrored by `atlas run`
        assert len(list(paths.tracking.glob("offline-run-*"))) == (mirrored if wandb else 0)
    return found


def driver_overhead(workers: int, wandb: bool) -> dict[str, float]:
    """Return what driver, store and tracking take beside the training of stacks of 60 to 65 runs of 20 epochs.

    Arguments:
        workers: as `seconds_of_driver` has it; with a worker a second stack is waiting.
        wandb: likewise.
    """
    parallel = 26 if workers else 13
    budget = Budget(trials=50, search_seeds=range(5), report_seeds=[10, 11, 12], epochs=20, parallel_trials=parallel)
    spent, wall = seconds_of_driver(budget, 65, workers, wandb)
    runs = budget.trials * len(budget.search_seeds) + len(budget.report_seeds)
    return {"percent_of_training": 100 * (wall - spent) / spent, "ms_a_run": 1000 * (wall - spent) / runs}


def tracking_overhead() -> dict[str, float]:
    """Return what W&B adds, in percent, to the training of two stacks of 64 and to the whole driver."""
    budget = Budget(trials=4, search_seeds=range(16), report_seeds=range(100, 164), epochs=20, parallel_trials=4)
    training, driver = seconds_of_driver(budget, 64, 0, wandb=False)
    tracked_training, tracked_driver = seconds_of_driver(budget, 64, 0, wandb=True)
    return {
        "percent_of_training": 100 * (tracked_training - training) / training,
        "percent_of_driver": 100 * (tracked_driver - driver) / driver,
    }


@contextmanager
def _executor(workers: int, clock: Path, place: Placement) -> Iterator[Executor]:
    """Give an executor whose training is clocked."""
    if workers:
        with Local(workers, partial(clock_training, clock), place) as executor:
            yield executor
        return
    from lightning_modules.training import fit as module

    with mock.patch.object(module, "fit", module.fit), InProcess(place) as executor:
        clock_training(clock)
        yield executor


def worker_ratio() -> float:
    """Return how many times faster two workers are than one, both warm."""
    seconds = {}
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as name, Local(workers) as executor:
            each, store = recipe("digits_mlp", Path(name)), RunStore(Path(name))
            warm, timed = ([Run(each, Seeds.all(seed)) for seed in seeds] for seeds in (range(16), range(100, 228)))
            train(warm, "search", store, executor)
            start = time.perf_counter()
            train(timed, "search", store, executor)
            seconds[workers] = time.perf_counter() - start
    return seconds[1] / seconds[2]


def records(repeats: int) -> Iterator[tuple[str, list[float]]]:
    """Yield the names of verbs with the seconds that they take on 10,000 runs."""
    from analysis.results import StudyResults

    def proposed(suggest) -> Recipe:
        rate = suggest.log("learning_rate", 1e-3, 0.3)
        return Recipe(data=Moons(60), model=MLP((4,)), optimizer=SGD(rate), batch_size=60, epochs=1)

    budget = Budget(trials=100, search_seeds=range(90), report_seeds=range(1000, 2000), epochs=1)
    study = Study(question="How fast is it?", recipe=proposed, budgets={"default": budget})
    with tempfile.TemporaryDirectory() as name:
        paths = StudyPaths(Path(name, "study"))
        with Local(os.cpu_count() or 1) as executor:
            drive(study, paths, executor, wandb=False)
        assert len(list(paths.runs.glob("*/*/record.json"))) == 10_000
        for verb in (["status", "study"], ["verify", "study", "--quick"]):
            words = [sys.executable, "-m", "studies", *verb, "--store", name]
            yield f"atlas {' '.join(verb)}", [_seconds(lambda words=words: _call(words)) for _ in range(repeats)]
        yield "opening the results", [_seconds(lambda: StudyResults.open(paths)) for _ in range(repeats)]


def whole_sweep() -> float:
    """Return 1 over the seconds from `atlas run` to the last record of the search."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "speed.py"
        file.write_text(study_text)
        words = [sys.executable, "-m", "studies", "run", str(file), "--store", name]
        start = time.perf_counter()
        process = subprocess.Popen(words, cwd=repository, stdout=subprocess.DEVNULL)
        while len(list(Path(name).glob("speed/runs/*/init[0-4]-*/record.json"))) < 80:
            assert process.poll() is None, "the sweep failed"
            time.sleep(0.02)
        taken = time.perf_counter() - start
        assert process.wait() == 0
        return 1 / taken


def peer_sweep() -> float:
    """Return 1 over the seconds of the same sweep as people write it today."""
    script = Path(__file__).with_name("optuna_lightning_wandb.py")
    with tempfile.TemporaryDirectory() as name:
        environment = os.environ | {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
        words = [sys.executable, str(script), "--folder", name]
        start = time.perf_counter()
        subprocess.run(words, check=True, env=environment, capture_output=True)
        return 1 / (time.perf_counter() - start)


def _call(words: list[str]) -> None:
    subprocess.run(words, check=True, cwd=repository, capture_output=True)


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _print(case: str, values: list[float], unit: str) -> None:
    middle, low, high = (round(f(values), 3) for f in (statistics.median, min, max))
    print(json.dumps({"case": case, "value": middle, "low": low, "high": high, "unit": unit}), flush=True)


def main() -> None:
    """Measure and print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ["driver", "tracking", "workers", "records", "sweep"]
    parser.add_argument("--case", choices=names, nargs="+", default=names)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if "driver" in options.case:
        for workers in (1, 0):
            for wandb in (False, True):
                found = [driver_overhead(workers, wandb) for _ in range(options.repeats)]
                label = f"driver, store{' and W&B' if wandb else ''}, {'a worker' if workers else 'one process'}"
                for unit in ("percent_of_training", "ms_a_run"):
                    _print(label, [each[unit] for each in found], unit.replace("_", " "))
    if "tracking" in options.case:
        found = [tracking_overhead() for _ in range(options.repeats)]
        for unit in ("percent_of_training", "percent_of_driver"):
            _print("W&B, two stacks of 64", [each[unit] for each in found], unit.replace("_", " "))
    if "workers" in options.case:
        _print("two workers over one", [worker_ratio() for _ in range(options.repeats)], "ratio")
    if "records" in options.case:
        for name, seconds in records(options.repeats):
            _print(f"{name}, 10,000 runs", seconds, "s")
    if "sweep" in options.case:
        ratios = compare(
            "digits_mlp", "sweeps/s", whole_sweep, {"optuna_lightning_wandb": peer_sweep}, min(3, options.repeats)
        )
        show(ratios, as_json=True)


if __name__ == "__main__":
    main()
