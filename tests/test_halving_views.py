"""What is said of a search by halving while it runs and afterwards, and what a kill of all its processes leaves."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.moons import Moons
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.stopping.early_stopping import EarlyStopping
from lightning_modules.training.fit import fit, fit_until
from sweeps.activity import Activity
from sweeps.checkpoints import checkpoint_name, write_checkpoint
from sweeps.driver import Driver
from sweeps.executors.in_process import InProcess
from sweeps.files import read_json
from sweeps.lock import locked
from sweeps.objective import objective
from sweeps.paths import StudyPaths
from sweeps.pool import Pool
from sweeps.standing import Standing, rungs_reached, standing_of
from sweeps.store import RunStore
from sweeps.tracker import NoTracker
from sweeps.verification import verify
from sweeps.watcher import Watcher
from tests.test_cli import atlas
from tests.test_driver import run
from tests.test_searching import Shuffled
from tests.test_status import Looking
from tests.test_successive_halving import entrants, study

repository = Path(__file__).parent.parent
text = '''"""A study that halves."""
from lightning_modules.data.moons import Moons
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from sweeps.study import Budget, Study
from sweeps.successive_halving import SuccessiveHalving


def recipe(suggest):
    optimizer = SGD(suggest.log("learning_rate", 1e-4, 1.0))
    return Recipe(
        data=Moons(examples=100), model=MLP((4,)), optimizer=optimizer, schedule=Constant(), epochs=9
    )


study = Study(
    question="Which learning rate?",
    recipe=recipe,
    budgets={
        "default": Budget(
            trials=10, search_seeds=[0, 1], report_seeds=[5], epochs=9, parallel_trials=4, halving=SuccessiveHalving()
        )
    },
)
'''


def test_the_status_counts_what_will_be_trained_to_the_end(tmp_path):
    paths = StudyPaths(tmp_path / "it")
    paths.root.mkdir()
    executor = Looking(paths)
    with Activity(paths.driver, study, "default", 1) as activity:
        run(tmp_path, executor, activity, what=study)
    assert len(executor.seen) > 10
    for status in executor.seen:
        assert status.searched[1] == 2 * entrants[-1]
        assert status.searched[0] <= status.searched[1]
        assert status.dropped <= 10 - entrants[-1]
        assert (status.seconds_left is None) == (status.searched[0] == 0)
    assert executor.seen[-1].searched == (6, 6)
    assert executor.seen[-1].dropped == 7


def test_evidence_that_is_missing_is_found(tmp_path):
    run(tmp_path, what=study)
    lost = sorted((tmp_path / "it").rglob(checkpoint_name))[0].parent
    (lost / checkpoint_name).unlink()
    lost.rmdir()
    (finding,) = verify(StudyPaths(tmp_path / "it"))
    assert finding.path == lost
    assert "is missing, and trial" in finding.fault


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "halves.py"
    path.write_text(text)
    return path


def test_a_command_shows_trains_reports_and_verifies_a_search_by_halving(tmp_path, capsys, monkeypatch, file):
    store = tmp_path / "store"
    _, out, _ = atlas(capsys, monkeypatch, "show", file, "--store", store)
    assert "10 trials to epoch 1, 5 trials to epoch 3, 3 trials to epoch 9" in out
    status, out, _ = atlas(capsys, monkeypatch, "run", file, "--store", store, "--workers", "0")
    assert status == 0
    # Every rung counts: ten trials, five, three, on two seeds.
    assert "search: 36 of 36 runs" in out
    with (store / "halves" / "report" / "tables" / "trials.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["dropped"] for row in rows] == [""] * 3 + ["yes"] * 7
    assert [row["n"] for row in rows] == ["2"] * 3 + ["0"] * 7
    _, out, _ = atlas(capsys, monkeypatch, "status", file, "--store", store)
    assert re.search(r"10 of 10 told, 10 proposed; 7 dropped", out)
    assert "search 6 of 6" in out
    assert atlas(capsys, monkeypatch, "verify", file, "--store", store)[0] == 0


def test_a_cut_schedule_is_a_sentence_and_an_exit_status(tmp_path, capsys, monkeypatch, file):
    file.write_text(text.replace("schedule=Constant()", "schedule=Cosine()"))
    status, _, err = atlas(capsys, monkeypatch, "run", file, "--store", tmp_path / "store", "--workers", "0")
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    assert re.search(r"(?i)cosine.* is within a cycle", err)


def results(store):
    course = read_json(store / "halves" / "study.json") | {"provenance": None}
    files = [path for path in (store / "halves" / "runs").rglob("*") if path.is_file()]
    return course, {path.relative_to(store): path.read_bytes() for path in files}


@pytest.mark.slow
def test_all_processes_killed_again_and_again_end_with_the_same_bits(tmp_path, capsys, monkeypatch, file):
    words = [sys.executable, "-m", "studies", "run", str(file), "--no-wandb"]
    killed = [*words, "--store", str(tmp_path / "killed"), "--workers", "2"]
    options = {"start_new_session": True, "cwd": repository, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for enough in (1, 12):
        process = subprocess.Popen(killed, **options)
        while process.poll() is None and len(list(tmp_path.glob(f"killed/*/runs/*/*/{checkpoint_name}"))) < enough:
            time.sleep(0.01)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    again = subprocess.run(killed, check=False, cwd=repository, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    alone = ("run", file, "--no-wandb", "--store", tmp_path / "alone", "--workers", "0")
    assert atlas(capsys, monkeypatch, *alone)[0] == 0
    assert results(tmp_path / "killed") == results(tmp_path / "alone")
    assert list(verify(StudyPaths(tmp_path / "killed" / "halves"))) == []


regression = Recipe(data=Diabetes(), model=MLP((4,)), optimizer=Adam(1.0), loss=SquaredError(), batch_size=16, epochs=6)
two_classes = Recipe(data=Moons(100), model=MLP((4,)), optimizer=SGD(0.5), epochs=6)
# The best epoch is the first or the second, and patience ends before the training.
stopped = Recipe(
    data=LabelNoise(Moons(100), 0.3),
    model=MLP((16,)),
    optimizer=SGD(0.5, 0.9),
    stopping=EarlyStopping(2),
    batch_size=8,
    epochs=6,
)
wild = Recipe(data=Moons(100), model=MLP((4,)), optimizer=SGD(1e30), epochs=6)
# It grows ninefold at every step, beyond all numbers in the fourth epoch.
growing = Recipe(data=Diabetes(), model=MLP(()), optimizer=SGD(3.0), loss=SquaredError(), epochs=6)


@pytest.mark.parametrize(
    ("recipe", "metric"),
    [
        (regression, "validation_rmse"),
        (regression, "validation_loss"),
        (two_classes, "validation_accuracy"),
        (two_classes, "validation_loss"),
        (stopped, "validation_accuracy"),
        (stopped, "validation_loss"),
        (wild, "validation_accuracy"),
        (wild, "validation_loss"),
        (growing, "validation_rmse"),
    ],
    ids=["rmse", "loss_of_regression", "accuracy", "loss", "best_epoch", "best_loss", "wild", "wild_loss", "growing"],
)
def test_a_run_is_worth_what_its_curves_say_by_its_checkpoint_and_by_its_record(recipe, metric, tmp_path):
    runs = [Run(recipe, Seeds.all(seed)) for seed in range(3)]
    early, late, whole = RunStore(tmp_path / "early"), RunStore(tmp_path / "late"), RunStore(tmp_path / "whole")
    for store, epochs in ((early, 2), (late, 5)):
        for stands in fit_until(runs, epochs):
            write_checkpoint(store.path(stands.run), stands)
    seen = set()
    for result in fit(runs):
        one, record = result.run, whole.save(result, "search")
        chance = objective([replace(record, diverged_step=1, metrics={})], metric)
        for epochs in range(1, 7):
            stores = [store for store, last in ((early, 2), (late, 5), (whole, 6)) if epochs <= last]
            found = {standing_of(store, one, epochs, metric, "auto") for store in stores}
            losses = result.validation_loss[:epochs]
            curve = losses if metric == "validation_loss" else result.validation_score[:epochs]
            diverged = recipe is wild or (recipe is growing and epochs >= 4)
            best = int(np.nanargmin(losses)) if recipe is stopped else epochs - 1
            value = chance if diverged else float(np.float32(curve[best]))
            worth = value if metric == "validation_accuracy" else min(value, chance)
            assert found == {Standing(worth, diverged)}
            seen.add(worth)
        assert standing_of(early, one, 3, metric, "auto") is None
        assert standing_of(early, one, 2, metric, "functional") is None
        assert [rungs_reached(store, one, (1, 3), "auto") for store in (early, late, whole)] == [1, 2, 3]
        # At the end it is what the search is told, but for single precision.
        assert standing_of(whole, one, 6, metric, "auto").value == pytest.approx(objective([record], metric), rel=1e-6)
    # Were all as bad as guessing, nothing would have been compared.
    assert len(seen) > 2 or recipe in (wild, growing)


def test_a_tracker_hears_of_trials_that_have_complete_runs(tmp_path):
    heard = []

    class Hearing(NoTracker):
        def search_trial(self, number, records, objective):
            heard.append((number, len(records)))

    paths = StudyPaths(tmp_path / "it")
    with locked(paths), InProcess() as workers:
        Driver("it", Path("it.py"), study, "default", paths, workers, Hearing(), Watcher()).run()
    trials = read_json(paths.study)["trials"]
    assert heard == [(trial["number"], 2) for trial in trials if not trial["dropped"]]


def test_a_pool_trains_a_run_once_as_far_as_anybody_wants_it(tmp_path):
    runs = [Run(two_classes, Seeds.all(seed)) for seed in range(4)]
    executor = Shuffled(4, 0)
    pool = Pool("search", RunStore(tmp_path), executor, lambda outcome: None)
    pool.add(runs[:3], 1)
    pool.add(runs[1:2], 3)
    pool.add(runs[1:2], 2)
    pool.add(runs[2:3])
    pool.add(runs[2:], 1)
    pool.fill()
    tasks = {task.runs: task.epochs for task in executor._tasks}
    assert tasks == {(runs[2],): None, (runs[1],): 3, (runs[0],): 1, (runs[3],): 1}
    assert [task.epochs for task in executor._tasks] == [None, 3, 1, 1]
    pool.add(runs)
    pool.fill()
    assert len(executor._tasks) == 4
    while not pool.empty:
        pool.next_stack()
    reached = [rungs_reached(RunStore(tmp_path), one, range(1, 6), "auto") for one in runs]
    assert reached == [1, 3, 6, 1]
