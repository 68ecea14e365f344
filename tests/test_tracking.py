"""W&B's own reader finds in the offline files what the store holds, once."""

import base64
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import md5
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wandb.util import get_core_path

from lightning_modules.data.moons import Moons
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit
from sweeps.describing import Detail
from sweeps.files import write_json
from sweeps.mirror import confirmed_run, search_run
from sweeps.mirrored_run import Curves, MirroredRun, Predictions
from sweeps.mirroring import Mirroring
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord
from sweeps.store import RunStore
from sweeps.tracking import Tracking, tracker_of
from sweeps.writers.wandb_writer import WandbWriter
from tests.process_groups import assert_nobody_is_left, group_members

tiny = Recipe(
    data=Moons(60),
    model=MLP((4,)),
    initializer=HeNormal(),
    optimizer=SGD(0.1),
    schedule=Cosine(),
    epochs=3,
    batch_size=16,
)
# Finite in its first epoch of three steps, not in its second.
diverging = replace(tiny, optimizer=SGD(1e9))
results = {"estimates": {"gap": {"value": 0.25, "low": 0.125, "high": None}}, "claims": [{"verdict": "undecided"}]}
tables = {"groups": [{"group": "cosine", "accuracy": 0.5, "n": 3}, {"group": 1, "accuracy": None}]}


@dataclass(frozen=True)
class Mirrored:
    """What W&B's reader finds in one offline run; in the summary ``name.path`` is where the file of `name` lies."""

    run: dict[str, Any]
    history: list[dict[str, Any]]
    summary: dict[str, Any]
    folder: Path
    kinds: frozenset[str]
    artifacts: dict[str, dict[str, str]]

    def table(self, name: str) -> Any:
        return json.loads((self.folder / "files" / self.summary[f"{name}.path"]).read_text())


def mirror_of(paths: StudyPaths, mode: str = "offline", detail: Detail = "trials") -> Mirroring:
    return Mirroring("restarts", paths, WandbWriter(paths.tracking, mode), detail)


def inspected(file: Path) -> list[dict[str, Any]]:
    # What `wandb leet inspect --json` calls, without the second that it takes to get there.
    command = [
        get_core_path(),
        "leet",
        "inspect",
        "--no-observability",
        "--json",
        "--run-file",
        file,
        file.parent.parent,
    ]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def read_back(paths: StudyPaths) -> dict[str, Mirrored]:
    """Return everything mirrored by W&B id, and fail if an id appears twice."""
    found: dict[str, Mirrored] = {}
    for file in sorted(paths.tracking.glob("offline-run-*/*.wandb")):
        records = inspected(file)
        (run,) = [record["run"] for record in records if record["type"] == "run"]
        assert [record["exit"]["exit_code"] for record in records if record["type"] == "exit"] == [0]
        assert run["run_id"] not in found
        found[run["run_id"]] = Mirrored(
            run=run,
            history=[record["history"]["item"] for record in records if record["type"] == "history"],
            summary={
                k: v for each in records if each["type"] == "summary" for k, v in each["summary"]["update"].items()
            },
            folder=file.parent,
            kinds=frozenset(record["type"] for record in records),
            artifacts={
                each["artifact"]["type"]: {
                    file["path"]: file["digest"] for file in each["artifact"]["manifest"]["contents"]
                }
                for each in records
                if each["type"] == "artifact" and each["artifact"]["type"] != "run_table"
            },
        )
    return found


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    return StudyPaths(tmp_path / "store" / "restarts")


def trained(paths: StudyPaths, recipe: Recipe, seeds: range, purpose: Any) -> list[RunRecord]:
    runs = [Run(recipe, Seeds.all(seed)) for seed in seeds]
    return [RunStore(paths.runs).save(result, purpose) for result in fit(runs)]


def by_epoch(records: list[RunRecord]) -> dict[str, list[list[float]]]:
    """Return every curve as epochs × runs, straight from the store and with a loop."""
    rows: dict[str, list[list[float]]] = {}
    for epoch in range(3):
        for record in records:
            curves = record.curves()
            steps = record.steps_per_epoch
            values = {
                "train_loss": float(np.mean(curves["train_loss"][epoch * steps : (epoch + 1) * steps], dtype=float)),
                "validation_loss": float(curves["validation_loss"][epoch]),
                "validation_accuracy": float(curves["validation_accuracy"][epoch]),
                "gradient_norm": float(curves["gradient_norm"][epoch]),
                "weight_norm": float(curves["weight_norm"][epoch]),
                "learning_rate": float(record.learning_rates()[(epoch + 1) * steps - 1]),
            }
            for name, value in values.items():
                rows.setdefault(name, [[], [], []])[epoch].append(value)
    return rows


def assert_same_curves(mirrored: Mirrored, records: list[RunRecord]) -> None:
    epochs = [item for item in mirrored.history if "validation_loss" in item]
    assert [item["epoch"] for item in epochs] == [1, 2, 3]
    assert [item["step"] for item in epochs] == [item["_step"] for item in epochs] == [3, 6, 9]
    for name, expected in by_epoch(records).items():
        np.testing.assert_allclose([item[name] for item in epochs], np.mean(expected, axis=1), rtol=1e-12)


def test_a_study_is_mirrored_once_and_whole(paths: StudyPaths, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    searched = trained(paths, tiny, range(3), "search")
    confirmed = trained(paths, tiny, range(10, 12), "confirm")
    # Step 9 is the end of the last of three epochs of three steps, step 4 lies within the second.
    measured = {"run": "/".join(confirmed[0].folder.parts[-2:]), "steps": [4, 9], "top": [[2.5, 1.0], [0.75, 0.5]]}
    write_json(paths.landscape / "stability.json", {"found": {"cosine": measured}})
    figures = [tmp_path / "gap.png", tmp_path / "drawn.svg"]
    for file in figures:
        Figure(figsize=(2, 1)).savefig(file)

    def drive() -> None:
        with mirror_of(paths) as tracker:
            tracker.search_trial(7, searched, 0.75)
            for record in confirmed:
                tracker.confirmed_run(record, ["schedule=cosine", "a label that is far too long " * 4])
            tracker.study(results, tables, figures, {"figures": figures})

    drive()
    found = read_back(paths)
    assert len(found) == 4
    assert {each.run["project"] for each in found.values()} == {"lossatlas"}
    by_type = {
        kind: [each for each in found.values() if each.run["job_type"] == kind] for kind in ("search", "confirm")
    }

    (trial,) = by_type["search"]
    assert trial.run["run_group"] == tiny.hash
    assert trial.run["tags"] == ["restarts"]
    config = trial.run["config"]["update"]
    assert Recipe.from_json(config["recipe"]) == tiny
    assert config["seeds"] == [{"init": seed, "order": seed, "split": seed} for seed in range(3)]
    assert config["trial"] == 7
    assert_same_curves(trial, searched)
    assert [item["finite_runs"] for item in trial.history if "finite_runs" in item] == [3, 3, 3]
    assert trial.summary["objective"] == 0.75
    assert trial.summary["diverged"] == 0
    table = trial.table("seeds")
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert rows == [{**vars(each.seeds), **each.metrics, "diverged_step": None} for each in searched]

    assert len(by_type["confirm"]) == 2
    for record in confirmed:
        mirrored = found[confirmed_run("restarts", record, [], {}).id]
        assert mirrored.run["run_group"] == tiny.hash
        assert mirrored.run["tags"][:2] == ["restarts", "schedule=cosine"]
        assert len(mirrored.run["tags"][2]) <= 64
        assert mirrored.run["config"]["update"]["seeds"] == vars(record.seeds)
        assert Recipe.from_json(mirrored.run["config"]["update"]["recipe"]) == tiny
        assert_same_curves(mirrored, [record])
        assert {name: mirrored.summary[name] for name in record.metrics} == record.metrics
        assert "test_accuracy" in mirrored.summary
        predictions = record.predictions()
        (snapshot,) = mirrored.summary["snapshots"]
        assert snapshot["step"] == 9
        for part in ("validation", "calibration", "test"):
            right = predictions[part][0].argmax(axis=1) == predictions[f"{part}_targets"]
            assert snapshot[f"{part}_accuracy"] == pytest.approx(right.mean(), rel=1e-12)
    sharp = found[confirmed_run("restarts", confirmed[0], [], {}).id].history
    assert [(item["step"], item["lambda_max"]) for item in sharp if "lambda_max" in item] == [(4, 2.5), (9, 0.75)]
    assert [item["epoch"] for item in sharp] == [1, 4 / 3, 2, 3]
    assert "lambda_max" not in str(found[confirmed_run("restarts", confirmed[1], [], {}).id].history)

    (study,) = [each for each in found.values() if each.run["job_type"] == "study"]
    assert study.summary["estimates"] == results["estimates"]
    assert study.summary["claims"] == results["claims"]
    assert study.table("groups") == {
        "columns": ["group", "accuracy", "n"],
        "data": [["cosine", 0.5, 3], [1, None, None]],
    }
    copies = [study.folder / "files" / study.summary[f"figures/{file.stem}.path"] for file in figures]
    assert copies[0].read_bytes() == figures[0].read_bytes()
    assert "<svg" in copies[1].read_text()
    assert study.artifacts == {
        "figures": {file.name: base64.b64encode(md5(file.read_bytes()).digest()).decode() for file in figures}
    }

    kinds = frozenset[str]().union(*(each.kinds for each in found.values()))
    assert not kinds & {"stats", "output", "output_raw"}  # nothing of the machine or the terminal

    written = {file: file.stat().st_mtime_ns for file in paths.tracking.rglob("*") if file.is_file()}
    drive()
    assert {file: file.stat().st_mtime_ns for file in paths.tracking.rglob("*") if file.is_file()} == written


def test_the_mean_is_over_the_seeds_that_are_still_finite(paths: StudyPaths) -> None:
    good = trained(paths, tiny, range(2), "search")
    (bad,) = trained(paths, diverging, range(2, 3), "search")
    assert bad.diverged_step is not None
    with mirror_of(paths) as tracker:
        tracker.search_trial(0, [*good, bad], 0.1)
    (trial,) = read_back(paths).values()
    assert trial.summary["diverged"] == 1
    assert trial.table("seeds")["data"][2][-1] == bad.diverged_step
    finite = [np.isfinite(by_epoch([bad])["train_loss"][epoch][0]) for epoch in range(3)]
    assert not all(finite)
    assert [item["finite_runs"] for item in trial.history[:3]] == [2 + int(each) for each in finite]
    last = by_epoch(good)["validation_loss"][2]
    assert trial.history[2]["validation_loss"] == pytest.approx(np.mean(last), rel=1e-12)


def test_every_training_of_the_search_can_have_a_run(paths: StudyPaths) -> None:
    good = trained(paths, tiny, range(1), "search")
    (bad,) = trained(paths, diverging, range(2, 3), "search")
    with mirror_of(paths, detail="all") as tracker:
        tracker.search_trial(0, good, 0.5)
        tracker.search_trial(1, [bad], 0.1)
    found = read_back(paths)
    assert set(found) == {search_run("restarts", record).id for record in (*good, bad)}
    mirrored = found[search_run("restarts", good[0]).id]
    assert mirrored.run["tags"] == ["restarts", "search"]
    assert mirrored.run["config"]["update"]["seeds"] == vars(good[0].seeds)
    assert_same_curves(mirrored, good)
    assert {name: mirrored.summary[name] for name in good[0].metrics} == good[0].metrics
    lost = found[search_run("restarts", bad).id].summary
    # Not its last finite values, as if they were what came out.
    assert [lost[name] for name in ("train_loss", "validation_loss", "validation_accuracy")] == [None] * 3
    assert lost["diverged_step"] == bad.diverged_step


def test_what_was_cut_short_or_has_changed_is_replaced(paths: StudyPaths) -> None:
    first, second = trained(paths, tiny, range(2), "search")
    with mirror_of(paths) as tracker:
        tracker.search_trial(0, [first], 0.5)
    (before,) = read_back(paths)
    cut_short = confirmed_run("restarts", second, [], {}).id
    (paths.tracking / f"offline-run-20200101_000000-{cut_short}").mkdir()
    with (paths.tracking / "finished.txt").open("a") as finished:
        finished.write(cut_short)  # a torn line
    with mirror_of(paths) as tracker:
        tracker.search_trial(0, [first, second], 0.75)
        tracker.confirmed_run(second, [])
    found = read_back(paths)
    assert set(found) == {before, cut_short}
    assert found[before].summary["objective"] == 0.75
    assert found[before].summary["runs"] == 2
    assert len(list(paths.tracking.glob("offline-run-*"))) == 2
    assert len(mirror_of(paths)._finished) == 2
    # What is in another place, or gone, is not there.
    assert mirror_of(paths, "online")._finished == {}
    shutil.rmtree(found[before].folder)
    assert set(mirror_of(paths)._finished) == {cut_short}


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def break_folder(root: Path) -> None:
    (root / "wandb").write_text("not a folder")


def break_import(root: Path) -> None:
    (root / "wandb.py").write_text("raise ImportError('no W&B here')")


@pytest.mark.parametrize(
    ("mode", "accident", "reason"),
    [
        ("offline", break_folder, "FileExistsError"),
        ("offline", break_import, "no W&B here"),
        ("online", None, "No API key configured"),
        ("ofline", None, "offline"),
    ],
)
def test_a_tracker_that_fails_warns_once_and_never_fails_the_study(
    paths: StudyPaths,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mode: str,
    accident: Callable[[Path], None] | None,
    reason: str,
) -> None:
    records = trained(paths, tiny, range(2), "confirm")
    monkeypatch.syspath_prepend(paths.root)
    if accident is not None:
        accident(paths.root)
    with mirror_of(paths, mode) as tracker:
        for record in records:
            tracker.confirmed_run(record, [])
    with tracker:
        tracker.study(results, tables, [], {})
    (warning,) = warnings_of(caplog)
    assert warning.startswith("W&B tracking stopped (")
    assert reason in warning
    assert active_children() == []


def test_a_tracker_whose_process_is_killed_warns_once(paths: StudyPaths, caplog: pytest.LogCaptureFixture) -> None:
    records = trained(paths, tiny, range(3), "confirm")
    with mirror_of(paths) as tracker:
        tracker.confirmed_run(records[0], [])
        (process,) = active_children()
        process.kill()
        process.join()
        tracker.confirmed_run(records[1], [])
        tracker.confirmed_run(records[2], [])
    (warning,) = warnings_of(caplog)
    assert "exit status -9" in warning
    caplog.clear()
    with mirror_of(paths) as tracker:
        for record in records:
            tracker.confirmed_run(record, [])
    assert len(read_back(paths)) == 3
    assert warnings_of(caplog) == []


def test_what_cannot_be_described_warns_too(paths: StudyPaths, caplog: pytest.LogCaptureFixture) -> None:
    with mirror_of(paths) as tracker:
        tracker.study(results, tables, [paths.root / "missing.png"], {})
    (warning,) = warnings_of(caplog)
    assert "missing.png" in warning
    assert not paths.tracking.exists()


def test_disabled_tracks_nothing(paths: StudyPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Tracking().writers(paths) == [WandbWriter(paths.tracking, "offline")]
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert Tracking("online").writers(paths) == [WandbWriter(paths.tracking, "online")]
    (record,) = trained(paths, tiny, range(1), "confirm")
    with tracker_of("restarts", paths, Tracking()) as tracker:
        tracker.search_trial(0, [record], 0.5)
        tracker.confirmed_run(record, [])
        tracker.study(results, tables, [], {})
    assert not paths.tracking.exists()


driver = """
import sys, time
from pathlib import Path
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from sweeps.mirroring import Mirroring
from sweeps.writers.wandb_writer import WandbWriter

if __name__ == "__main__":
    paths = StudyPaths(Path(sys.argv[1]))
    (record,) = RunStore(paths.runs).records()
    with Mirroring("restarts", paths, WandbWriter(paths.tracking, "offline")) as tracker:
        tracker.confirmed_run(record, [])
        finished = paths.tracking / "finished.txt"
        while not (finished.exists() and finished.read_text().split()):
            time.sleep(0.05)
        assert not {"wandb", "torch"} & set(sys.modules)
        print("mirrored", flush=True)
        time.sleep(60)
"""


@pytest.fixture
def process(paths: StudyPaths, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    trained(paths, tiny, range(1), "confirm")
    script = tmp_path / "driver.py"
    script.write_text(driver)
    process = subprocess.Popen(
        [sys.executable, str(script), str(paths.root)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    if group_members(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_killed_driver_leaves_no_process_behind(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "mirrored\n"
    assert len(group_members(process.pid)) >= 3  # the driver, the mirror, W&B's own service
    process.kill()
    process.wait()
    assert_nobody_is_left(process.pid)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another"},
        {"tags": ("it",)},
        {"config": {"study": "it"}},
        {"curves": (Curves(Path("curves"), "checksum", 3, (0.1,)),)},
        {"sharpness": ((5, 2.5),)},
        {"predictions": Predictions(Path("predictions"), "checksum", (5,), "classification")},
        {"numbers": {"test_loss": 0.5}},
        {"tables": {"seeds": [{"init": 1}]}},
        {"figures": {Path("figure.png"): "checksum"}},
        {"artifacts": {"report": {Path("index.html"): "checksum"}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_of_a_run_it_is_mirrored_again(change: dict[str, Any]) -> None:
    run = MirroredRun(key=("it", "run"), name="run", group="recipe", job_type="confirm", tags=(), config={})
    assert replace(run).digest == run.digest
    changed = replace(run, **change)
    assert changed.digest != run.digest
    assert changed.id == run.id
