"""The driver finishes a study from wherever it stands, and always with the same results."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.course import TrialOutcome
from sweeps.driver import Driver
from sweeps.executors.executor import Executor
from sweeps.executors.in_process import InProcess
from sweeps.executors.local import Local
from sweeps.executors.placement import Placement
from sweeps.files import read_json
from sweeps.groups import group_of
from sweeps.lock import locked
from sweeps.objective import objective
from sweeps.paths import StudyPaths
from sweeps.ranking import confirmations, ranked
from sweeps.record import RunRecord
from sweeps.store import RunStore
from sweeps.study import Budget, Study
from sweeps.suggest import Middle
from sweeps.tracker import NoTracker
from sweeps.watcher import Watcher

budget = Budget(trials=10, search_seeds=[0, 1], report_seeds=[5, 6, 7], epochs=2, winners=2)


def recipe(suggest):
    return Recipe(
        data=Moons(examples=100),
        model=MLP(widths=(suggest.integer("width", 2, 4),)),
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", 1e-2, 1.0)),
        schedule=suggest.choice("schedule", [Constant(), Cosine()]),
        epochs=suggest.budget.epochs,
    )


study = Study(question="Is it?", recipe=recipe, budgets={"default": budget}, group_by=["schedule"])


class Recorder(Watcher):
    def __init__(self):
        self.phases, self.runs, self.ends = [], 0, []

    def phase(self, name, done, total):
        self.phases.append((name, done, total))

    def trained(self, runs, seconds):
        self.runs += runs

    def finished(self, trained):
        self.ends.append(trained)


class Failing(Executor):
    """Trains in this process, and is interrupted when it has trained so many stacks."""

    def __init__(self, stacks):
        self.slots, self._left, self._inner = 1, stacks, InProcess()

    def submit(self, task):
        self._inner.submit(task)

    def next_outcome(self):
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._inner.next_outcome()

    def close(self):
        self._inner.close()


class Told(NoTracker):
    """Notes of every confirmed run how many were complete when it was told."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.complete = folder, {}

    def confirmed_run(self, record, groups):
        assert record.run not in self.complete
        self.complete[record.run] = sum(
            read_json(path)["purpose"] == "confirm" for path in self.folder.glob("it/runs/*/*/record.json")
        )


def run(folder, executor=None, watcher=None, what=study, tracker=None, **options):
    paths = StudyPaths(folder / "it")
    with locked(paths), executor or InProcess() as workers:
        tracker = tracker or NoTracker()
        driver = Driver("it", Path("it.py"), what, "default", paths, workers, tracker, watcher or Watcher(), **options)
        return driver.run()


def content(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file that holds results."""
    files = [path for path in (folder / "it" / "runs").rglob("*") if path.is_file()]
    course = read_json(folder / "it" / "study.json") | {"provenance": None}
    return {str(path.relative_to(folder)): path.read_bytes() for path in files} | {"study": json.dumps(course).encode()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    recorder = Recorder()
    trained = run(folder, watcher=recorder)
    return folder, trained, recorder


def test_a_study_is_searched_and_confirmed(whole):
    folder, trained, recorder = whole
    course = read_json(folder / "it" / "study.json")
    assert course["finished"]
    assert [trial["number"] for trial in course["trials"]] == list(range(10))
    records = {(r.recipe.hash, r.seeds.init): r for r in RunStore(folder / "it" / "runs").records()}
    for trial in course["trials"]:
        accuracies = [records[trial["recipe"], seed].metrics["validation_accuracy"] for seed in (0, 1)]
        assert trial["value"] == pytest.approx(sum(accuracies) / 2)
    best = sorted(course["trials"], key=lambda trial: -trial["value"])
    reasons = {each["recipe"]: each["reasons"] for each in course["confirmed"]}
    assert "winner 1" in reasons[best[0]["recipe"]]
    assert {reason for each in reasons.values() for reason in each} == {
        "winner 1",
        "winner 2",
        "schedule=constant",
        "schedule=cosine",
    }
    for each in reasons:
        assert all(records[each, seed].purpose == "confirm" for seed in (5, 6, 7))
    assert trained == len(records) == recorder.runs == course["provenance"]["runs"]
    assert recorder.phases == [("search", 0, 20), ("confirm", 0, 3 * len(reasons))]


def test_a_finished_study_trains_nothing(whole):
    folder, _, _ = whole
    before = (folder / "it" / "study.json").read_bytes()
    recorder = Recorder()
    assert run(folder, watcher=recorder) == 0
    assert recorder.phases[0] == ("search", 20, 20)
    assert recorder.phases[1][1] == recorder.phases[1][2]
    assert (folder / "it" / "study.json").read_bytes() == before


@pytest.mark.parametrize("stacks", [0, 2, 5])
def test_an_interrupted_study_ends_as_if_it_had_not_been(tmp_path, whole, stacks):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Failing(stacks))
    run(tmp_path)
    assert content(tmp_path) == content(whole[0])


class Eager(InProcess):
    """Has trained a task before it is asked how it ended, as a fast worker has whose answer is still on its way."""

    def __init__(self):
        super().__init__()
        self.slots, self._done = 2, deque()

    def submit(self, task):
        super().submit(task)
        self._done.append(super().next_outcome())

    def next_outcome(self):
        return self._done.popleft()


def test_outcomes_that_arrive_after_their_runs_are_taken_by_their_own_phase(tmp_path, whole):
    recorder = Recorder()
    assert run(tmp_path, Eager(), recorder) == recorder.runs == whole[1]
    assert content(tmp_path) == content(whole[0])


@pytest.mark.parametrize("kills", [(6,), pytest.param((1, 9, 15), marks=pytest.mark.slow)], ids=["once", "thrice"])
def test_a_driver_and_its_workers_killed_end_with_the_same_bits(tmp_path, whole, kills):
    script = (
        f"import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parent.parent)!r}]\n"
        "from test_driver import run\n"
        "from sweeps.executors.local import Local\n"
        "from pathlib import Path\n"
        "if __name__ == '__main__':\n"
        f"    run(Path({str(tmp_path)!r}), Local(2))\n"
    )
    file = tmp_path / "drive.py"
    file.write_text(script)
    for enough in kills:
        process = subprocess.Popen([sys.executable, str(file)], start_new_session=True)
        while process.poll() is None and len(list(tmp_path.glob("it/runs/*/*/record.json"))) < enough:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    run(tmp_path, Local(2))
    assert content(tmp_path) == content(whole[0])


def test_a_second_driver_is_refused(tmp_path):
    paths = StudyPaths(tmp_path / "it")
    with locked(paths), pytest.raises(InvalidInput, match="Another atlas is at work"):
        run(tmp_path)


def test_a_store_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "it").write_text("a file where a folder should be")
    with pytest.raises(InvalidInput, match=r"cannot be written.* another --store"):
        run(tmp_path)


def test_a_group_that_recipes_do_not_have_is_refused_before_anything_is_trained(tmp_path):
    wrong = Study(question="Is it?", recipe=recipe, budgets={"default": budget}, group_by=["model.depth"])
    with pytest.raises(InvalidInput, match=r"groups by 'model\.depth'"):
        run(tmp_path, what=wrong)
    assert not list((tmp_path / "it" / "runs").iterdir())


def test_diverged_runs_count_as_chance(tmp_path):
    def wild(suggest):
        return Recipe(**(vars(recipe(suggest)) | {"optimizer": SGD(learning_rate=1e30)}))

    few = Budget(trials=1, search_seeds=[0, 1], report_seeds=[5], epochs=2)
    run(tmp_path, what=Study(question="Is it?", recipe=wild, budgets={"default": few}))
    trial = read_json(tmp_path / "it" / "study.json")["trials"][0]
    assert (trial["value"], trial["diverged_seeds"]) == (0.5, 2)


def test_a_confirmed_run_is_told_once_and_before_the_last_ones_are_trained(tmp_path):
    told = Told(tmp_path)
    run(tmp_path, InProcess(placement=Placement(stack_size=1)), tracker=told)
    total = len(told.complete)
    assert total >= 6
    assert sorted(told.complete.values()) == list(range(1, total + 1))
    again = Told(tmp_path)
    run(tmp_path, tracker=again)  # everything is there already, and may be new to the tracker
    assert again.complete == dict.fromkeys(told.complete, total)


def test_confirmations_by_hand():
    def outcome(number, schedule, value, width=2):
        each = Recipe(
            data=Moons(),
            model=MLP((width,)),
            initializer=HeNormal(),
            optimizer=SGD(0.1),
            schedule=schedule,
        )
        return TrialOutcome(number, each, value, 0)

    trials = [
        outcome(0, Constant(), 0.8),
        outcome(1, Cosine(), 0.9, width=3),
        outcome(2, Cosine(), 0.9, width=4),
        outcome(3, Cosine(), 0.9, width=3),  # the same recipe as trial 1
    ]
    confirmed = confirmations(trials, study, winners=2)
    assert [(each.recipe, each.reasons) for each in confirmed] == [
        (trials[1].recipe, ("winner 1", "schedule=cosine")),
        (trials[2].recipe, ("winner 2",)),
        (trials[0].recipe, ("schedule=constant",)),
    ]
    assert group_of(trials[1].recipe, "model.widths") == "model.widths=3"
    assert group_of(trials[1].recipe, "initializer, model.widths") == "initializer, model.widths=he normal, 3"


@pytest.mark.parametrize(
    ("damaged", "sentence"),
    [
        ("search.db", r"search\.db is not a search's database .*: move it away and run again"),
        ("runs/*/*/record.json", r"record\.json cannot be read .*: move its folder away and run again"),
    ],
)
def test_a_damaged_file_is_named_and_once_away_the_study_is_what_it_was(tmp_path, whole, damaged, sentence):
    shutil.copytree(whole[0] / "it", tmp_path / "it")
    file = sorted((tmp_path / "it").glob(damaged))[0]
    file.write_text("not what it was")
    with pytest.raises(InvalidInput, match=sentence):
        run(tmp_path)
    file.unlink()
    run(tmp_path)
    assert content(tmp_path) == content(whole[0])


def test_a_damaged_course_is_written_anew(tmp_path, whole):
    shutil.copytree(whole[0] / "it", tmp_path / "it")
    (tmp_path / "it" / "study.json").write_text("{")
    with pytest.raises(InvalidInput, match=r"study\.json is not JSON"):
        read_json(tmp_path / "it" / "study.json")
    assert run(tmp_path) == 0
    assert content(tmp_path) == content(whole[0])


def test_a_diverged_recipe_does_not_win_by_loss():
    diverged, poor = Run(recipe(Middle(budget)), Seeds.all(0)), Run(recipe(Middle(budget)), Seeds.all(1))

    def record(each, metrics, step):
        return RunRecord(Path(), each, "search", 1, step, None, metrics, (), {})

    lost = objective([record(diverged, {}, 3)], "validation_loss")
    trained = objective([record(poor, {"validation_loss": 134.0}, None)], "validation_loss")
    assert trained <= lost == pytest.approx(0.6931472)
    by_loss = replace(study, metric="validation_loss")
    other = Recipe(**(vars(recipe(Middle(budget))) | {"batch_size": 7}))
    order = ranked([TrialOutcome(0, diverged.recipe, lost, 1), TrialOutcome(1, other, trained, 0)], by_loss)
    assert [trial.number for trial in order] == [1, 0]


def test_a_field_that_some_recipes_lack_is_refused_before_training(tmp_path):
    def mixed(suggest):
        each = recipe(suggest)
        return Recipe(**(vars(each) | {"schedule": suggest.choice("cycles", [CyclicCosine(2), Cosine()])}))

    what = Study(question="Is it?", recipe=mixed, budgets={"default": budget}, group_by=["schedule.cycles"])
    with pytest.raises(InvalidInput, match=r"groups by 'schedule\.cycles'"):
        run(tmp_path, what=what)
    assert not list((tmp_path / "it" / "runs").iterdir())
