"""`atlas track` and other trackers: what they hold is what the store holds, run by run."""

import csv
import json
import shutil
import statistics
from pathlib import Path
from typing import Any

import pytest
import yaml
from scipy.stats import t

from analysis.tracked import tell_all
from lightning_modules.errors import InvalidInput
from studies.command.app import main
from sweeps.describing import Collecting
from sweeps.mirrored_run import MirroredRun
from sweeps.offline_runs import read_offline_run
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord
from sweeps.store import RunStore
from sweeps.tracking import Tracking
from sweeps.writers.csv_writer import CsvWriter
from sweeps.writers.mlflow_writer import MlflowWriter
from sweeps.writers.tensorboard_writer import TensorBoardWriter
from sweeps.writers.wandb_writer import run_folders
from tests.test_cli import atlas

source = """
from lightning_modules.data.moons import Moons
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.study import Budget, Study


def recipe(suggest):
    rate = suggest.log("learning_rate", 0.05, 0.5)
    parts = dict(data=Moons(60), model=MLP((3,)), optimizer=SGD(rate), schedule=CyclicCosine(2))
    return Recipe(**parts, batch_size=16, epochs=2)


budget = Budget(trials=2, search_seeds=range(2), report_seeds=range(10, 13), epochs=2)
study = Study(question="Is it tracked?", recipe=recipe, budgets={"default": budget})
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> StudyPaths:
    """A study whose driver mirrored it, offline."""
    folder = tmp_path_factory.mktemp("tracked")
    (folder / "tiny.py").write_text(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("WANDB_MODE", raising=False)
        words = ["run", str(folder / "tiny.py"), "--store", str(folder / "store"), "--workers", "0"]
        # Drawn in seconds, and mirrored in tests/test_tracking.py.
        patch.setattr("analysis.report.pictures", lambda *_: [])
        patch.setattr("sys.argv", ["atlas", *words, "--tracker", "csv"])
        with pytest.raises(SystemExit) as done:
            main()
        assert done.value.code == 0
    return StudyPaths(folder / "store" / "tiny")


@pytest.fixture
def paths(original: StudyPaths, tmp_path: Path) -> StudyPaths:
    """A copy of it, to be harmed."""
    shutil.copytree(original.root, tmp_path / "store" / "tiny")
    return StudyPaths(tmp_path / "store" / "tiny")


@pytest.fixture
def track(paths, capsys, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)

    def call(verb: str, *words: object) -> tuple[int, str, str]:
        return atlas(capsys, monkeypatch, "track", verb, "tiny", "--store", paths.root.parent, *words)

    return call


def told_of(paths: StudyPaths) -> list[MirroredRun]:
    told = Collecting("tiny", paths, "trials")
    tell_all(paths, told)
    return list(told.runs.values())


def confirmed_of(paths: StudyPaths) -> list[RunRecord]:
    return [record for record in RunStore(paths.runs).records() if record.purpose == "confirm"]


def test_what_the_driver_mirrored_is_what_the_store_holds(track, paths):
    # Two trials, three confirmed runs and the study; two of the last have the same recipe as a trial's.
    assert track("verify") == (0, f"6 W&B runs hold what {paths.root} holds.\n", "")
    status, out, _ = track("publish")
    assert (status, out) == (0, f"W&B: 0 runs written, 6 were there: {paths.tracking}\n")


def test_the_tables_of_the_study_are_those_of_its_store(original):
    (study,) = [run for run in told_of(original) if run.job_type == "study"]
    held = read_offline_run(run_folders(original.tracking)[study.id])
    records, confirmed = list(RunStore(original.runs).records()), confirmed_of(original)
    runs = {(row["recipe"], row["seed.init"]): row for row in held.table("runs")}
    assert len(held.table("runs")) == len(runs) == len(records) == 7
    for record in records:
        row = runs[record.recipe.hash, record.seeds.init]
        assert {name: row[name] for name in record.metrics} == record.metrics
        assert row["recipe.optimizer.learning_rate"] == record.recipe.optimizer.learning_rate
    assert len(held.table("snapshots")) == 2 * len(confirmed)
    told = json.loads((original.report / "results.json").read_text())["estimates"]
    assert [(row["name"], row["value"], row["low"], row["high"], row["n"]) for row in held.table("estimates")] == [
        tuple(each[name] for name in ("name", "value", "low", "high", "n")) for each in told
    ]
    rows = {(row["purpose"], row["recipe"], row["metric"], row["snapshot"]): row for row in held.table("grouped")}
    for name in ("test_accuracy", "test_loss", "validation_loss"):
        values = [record.metrics[name] for record in confirmed]
        row = rows["confirm", confirmed[0].recipe.hash, name, None]
        mean, deviation = statistics.mean(values), statistics.stdev(values)
        half = t.ppf(0.975, 2) * deviation / 3**0.5
        assert (row["n"], row["runs"], row["diverged"]) == (3, 3, 0)
        assert (row["mean"], row["sd"]) == (pytest.approx(mean), pytest.approx(deviation))
        ends = [mean - half, mean + half]
        wanted = [max(ends[0], 0), min(ends[1], 1)] if name == "test_accuracy" else ends
        assert [row["low"], row["high"]] == pytest.approx(wanted)
    assert ("confirm", confirmed[0].recipe.hash, "snapshot.test_accuracy", 0) in rows


def test_what_is_damaged_is_told_and_written_again(track, paths):
    folders, told = run_folders(paths.tracking), told_of(paths)
    shutil.rmtree(folders[next(run.id for run in told if run.job_type == "search")])
    (harmed,) = [folders[run.id] for run in told if run.config.get("seeds") == {"init": 11, "order": 11, "split": 11}]
    (torn,) = harmed.glob("*.wandb")
    torn.write_bytes(torn.read_bytes()[:1500])
    (record,) = [each for each in confirmed_of(paths) if each.seeds.init == 10]
    changed = json.loads((record.folder / "record.json").read_text())
    changed["metrics"]["test_loss"] += 1e-9
    (record.folder / "record.json").write_text(json.dumps(changed))
    status, out, _ = track("verify")
    assert status == 1
    *faults, hint = out.splitlines()
    assert sum("holds no W&B run" in line for line in faults) == 1
    assert sum(str(harmed) in line and ("cut short" in line or "no W&B run" in line) for line in faults) == 1
    assert any("has another test_loss in its summary than the store" in line for line in faults)
    assert hint == "`atlas track publish tiny --anew` writes all of them once more."
    # The one that is gone, the one whose record changed, and the study, whose tables are of that.
    status, out, _ = track("publish")
    assert out.startswith("W&B: 3 runs written, 3 were there")
    status, out, _ = track("verify")
    assert [str(harmed) in line for line in out.splitlines()] == [True, False]
    assert track("publish", "--anew")[1].startswith("W&B: 6 runs written, 0 were there")
    assert track("verify")[0] == 0


def test_a_lost_folder_is_written_from_the_store(track, paths):
    shutil.rmtree(paths.tracking)
    status, _, err = track("verify")
    assert (status, err) == (
        2,
        f"atlas: {paths.tracking} holds no W&B runs: `atlas track publish tiny` writes them.\n",
    )
    assert track("publish", "--wandb-runs", "all")[1].startswith("W&B: 8 runs written")
    assert track("verify")[1] == f"8 W&B runs hold what {paths.root} holds.\n"
    status, out, _ = track("verify", "--wandb-runs", "trials")
    assert status == 1
    assert out.count("holds no W&B run") == 2
    assert "4 W&B runs besides are not of the study as it ran last." in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--wandb", "onlin"], "W&B's mode is 'onlin': give --wandb online or offline, or --no-wandb."),
        (["--wandb", "online", "--no-wandb"], "--wandb and --no-wandb contradict each other: give one of them."),
        (["--wandb-runs", "seeds"], "W&B runs are for 'seeds': give --wandb-runs trials or all."),
        (["--tracker", "neptune"], "There is no tracker 'neptune': give --tracker csv, tensorboard, mlflow."),
    ],
    ids=["mode", "contradiction", "runs", "tracker"],
)
def test_what_cannot_be_tracked_is_one_sentence(capsys, monkeypatch, tmp_path, words, sentence):
    for verb in (["run"], ["track", "publish"]):
        status, _, err = atlas(capsys, monkeypatch, *verb, "smoke", "--store", tmp_path, *words)
        assert (status, err) == (2, f"atlas: {sentence}\n")
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_the_study_is_one_sentence(capsys, monkeypatch, tmp_path):
    for verb in ("verify", "publish"):
        status, _, err = atlas(capsys, monkeypatch, "track", verb, "smoke", "--store", tmp_path)
        assert (status, err) == (
            2,
            f"atlas: The store {tmp_path} holds nothing of the study 'smoke': `atlas run smoke` first.\n",
        )


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_a_tracker_that_is_not_installed_names_its_extra(monkeypatch, name):
    monkeypatch.setattr("sweeps.tracking.find_spec", lambda _: None)
    with pytest.raises(InvalidInput, match=rf"pip install 'lossatlas\[{name}\]'"):
        Tracking(others=("csv", name))


def test_an_option_given_twice_is_resumed_twice(original):
    words = json.loads(original.driver.read_text())["words"]
    assert words == ["--workers", "0", "--tracker", "csv"]


def logged(run: MirroredRun) -> tuple[dict[str, list[float]], dict[str, float]]:
    """The curves and the last numbers of a run, as a tracker should have them."""
    rows = run.history()
    names = {name for row in rows for name in row} - {"step"}
    final = {name: value for name, value in run.summary().items() if isinstance(value, float)}
    return {name: [row[name] for row in rows if name in row] for name in names}, final


def test_csv_files_hold_what_the_store_holds(original):
    for run in told_of(original):
        folder = original.trackers / "csv" / run.job_type / run.name.replace(" ", "-")
        settings = yaml.safe_load((folder / "hparams.yaml").read_text())
        assert (settings["id"], settings["study"]) == (run.id, "tiny")
        with (folder / "metrics.csv").open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        curves, final = logged(run)
        for name, values in curves.items():
            assert [float(row[name]) for row in rows if row[name]] == values
        for name, value in final.items():
            assert [float(row[f"final/{name}"]) for row in rows if row[f"final/{name}"]] == [value]
        if run.job_type == "study":
            for each in json.loads((original.report / "results.json").read_text())["estimates"]:
                found = {name: rows[-1].get(f"estimate/{each['name']}{name}", "") for name in ("", "/low", "/n")}
                wanted = {"": each["value"], "/low": each["low"], "/n": each["n"]}
                assert {name: float(text) for name, text in found.items() if text} == {
                    name: value for name, value in wanted.items() if value is not None
                }


def a_run(paths: StudyPaths) -> MirroredRun:
    return next(run for run in told_of(paths) if run.job_type == "confirm")


def test_csv_files_are_written_in_place_of_old_ones(original, tmp_path):
    for _ in range(2):
        CsvWriter(tmp_path).write(a_run(original))
    (file,) = tmp_path.rglob("metrics.csv")
    assert file.read_text() == next(original.trackers.glob(f"csv/confirm/{file.parent.name}/metrics.csv")).read_text()


def test_tensorboard_reads_what_the_store_holds(original, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = a_run(original)
    for _ in range(2):
        TensorBoardWriter(tmp_path).write(run)
    (file,) = tmp_path.rglob("events.out.tfevents.*")
    events = EventAccumulator(str(file)).Reload()
    curves, final = logged(run)
    for name, values in curves.items():
        assert [each.value for each in events.Scalars(name)] == pytest.approx(values, rel=1e-6)
    assert [each.step for each in events.Scalars("train_loss")] == [3, 6]
    for name, value in final.items():
        assert [each.value for each in events.Scalars(f"final/{name}")] == pytest.approx([value], rel=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # in MLflow's own queries
def test_mlflow_reads_what_the_store_holds(original, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    from mlflow.tracking import MlflowClient

    run, writer = a_run(original), MlflowWriter(tmp_path)
    for _ in range(2):
        writer.write(run)
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny")
    (found,) = client.search_runs([experiment.experiment_id])
    assert (found.data.tags["lossatlas.id"], found.info.status) == (run.id, "FINISHED")
    curves, final = logged(run)
    for name, values in curves.items():
        points: list[Any] = sorted(client.get_metric_history(found.info.run_id, name), key=lambda each: each.step)
        assert [(each.step, each.value) for each in points] == list(zip([3, 6], values, strict=True))
    assert {name: found.data.metrics[f"final/{name}"] for name in final} == final
