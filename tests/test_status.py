"""What `atlas status` says is what the files say, at once, whoever is at work."""

import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scipy import stats

from analysis.results import StudyResults
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Run, Seeds
from lightning_modules.training.result import RunResult
from studies.command import status as shown
from studies.command.loader import built_in, load_study
from studies.command.sparkline import sparkline
from studies.command.train import best_so_far
from sweeps.activity import Activity
from sweeps.best_so_far import best_trial, course_of_groups
from sweeps.course import Course
from sweeps.executors.in_process import InProcess
from sweeps.files import read_json, write_json
from sweeps.groups import group_of
from sweeps.lock import locked
from sweeps.paths import StudyPaths
from sweeps.preview import preview
from sweeps.status import status_of
from sweeps.store import RunStore
from tests.stores import cosine
from tests.test_cli import atlas
from tests.test_driver import run, study

repository = Path(__file__).parent.parent


class Looking(InProcess):
    """Asks for the status before every stack."""

    def __init__(self, paths):
        super().__init__()
        self._paths, self.seen = paths, []

    def next_outcome(self):
        self.seen.append(status_of(self._paths))
        return super().next_outcome()


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched")
    paths = StudyPaths(folder / "it")
    executor = Looking(paths)
    paths.root.mkdir()
    with Activity(paths.driver, study, "default", 1, ["--workers", "0"]) as activity:
        run(folder, executor, activity)
    return paths, executor.seen


def test_a_driver_at_work_is_told_of_while_it_works(watched):
    _, seen = watched
    assert all(status.at_work and status.driver["stacks"] == 1 for status in seen)
    assert all(status.trials == 10 and status.searched[1] == 20 for status in seen)
    assert (seen[0].told, seen[0].searched[0], seen[0].best, seen[0].seconds_left) == (0, 0, None, None)
    assert seen[0].proposed == 8  # `parallel_trials`
    searched = [status.searched[0] for status in seen]
    assert searched == sorted(searched)
    assert searched[1] > 0
    searching = [status for status in seen if status.driver["phase"] == "search"]
    assert all(status.told <= status.proposed <= 10 for status in searching)
    assert all(status.seconds_left > 0 for status in seen[1:])
    last = seen[-1]
    assert (last.driver["phase"], last.told, last.searched) == ("confirm", 10, (20, 20))
    assert last.confirmed[0] < last.confirmed[1]


def test_a_complete_study_agrees_with_its_course(watched):
    paths, _ = watched
    status, course = status_of(paths), read_json(paths.study)
    assert (status.at_work, status.finished, status.failure, status.seconds_left) == (False, True, None, 0)
    assert status.confirmed == (3 * len(course["confirmed"]),) * 2
    assert (status.told, status.proposed, status.dropped, status.diverged) == (10, 10, 0, 0)
    best = max(course["trials"], key=lambda trial: trial["value"])
    assert (status.best.number, status.best.value) == (best["number"], best["value"])
    assert "SGD(learning_rate=" in status.best.label


def test_the_best_has_the_interval_of_its_seeds(watched):
    paths, _ = watched
    best = status_of(paths).best
    course = {each["number"]: each["recipe"] for each in read_json(paths.study)["trials"]}
    found = {r.seeds.init: r for r in RunStore(paths.runs).records() if r.recipe.hash == course[best.number]}
    values = [found[seed].metrics["validation_accuracy"] for seed in (0, 1)]
    assert best.values == tuple(values)
    low, high = stats.t.interval(0.95, 1, loc=np.mean(values), scale=stats.sem(values))
    (line,) = [line for line in shown.lines(status_of(paths)) if line.startswith("best")]
    interval = (
        f"{best.value:.4f} [{max(low, 0):.4f}, {min(high, 1):.4f}] over 2 search seeds, optimistic as the best of"
    )
    assert interval in line


def test_a_best_whose_seed_counts_as_guessing_has_no_interval(watched, tmp_path):
    paths, _ = watched
    course = read_json(paths.study)
    best = max(course["trials"], key=lambda trial: trial["value"])
    best["value"] += 0.01  # as the mean of other numbers than the records'
    copy = changed(paths, tmp_path, trials=course["trials"])
    assert status_of(copy).best.values == ()
    assert "without an interval, as a seed is missing or counts as guessing" in "".join(shown.lines(status_of(copy)))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.booleans()), max_size=12), st.sampled_from((-1, 1))
)
def test_the_course_of_each_group_is_its_best_after_every_trial(drawn, sign):
    trials = [
        trial_of({"type": "own:Recipe", "schedule": name})
        | {"value": float(value), "dropped": dropped, "diverged_seeds": int(dropped)}
        for name, value, dropped in drawn
    ]
    groups = {group.label: group for group in course_of_groups(trials, ["schedule"], sign)}
    assert set(groups) == {f"schedule={name}" for name, _, _ in drawn}
    for name in {name for name, _, _ in drawn}:
        group = groups[f"schedule={name}"]
        for count, best in enumerate(group.values, 1):
            own = [value for each, value, dropped in drawn[:count] if each == name and not dropped]
            assert best == (sign * max(sign * value for value in own) if own else None)
        assert group.trials == sum(each == name for each, _, _ in drawn)
        assert group.diverged == sum(each == name and dropped for each, _, dropped in drawn)


def test_groups_are_called_what_the_search_calls_them():
    recipes = [cosine, replace(cosine, model=MLP(widths=(3, 4))), replace(cosine, batch_size=7)]
    recipes = [replace(each, data=LabelNoise(Subset(each.data, 150), 0.3)) for each in recipes]
    for fields in (
        ["schedule"],
        ["model.widths"],
        ["optimizer.learning_rate"],
        ["batch_size", "model"],
        ["schedule, batch_size"],
        ["data.examples, data.fraction, schedule.*"],
    ):
        trials = [trial_of(each.to_json()) for each in recipes]
        names = {group.label for group in course_of_groups(trials, fields, 1)}
        assert names == {group_of(each, field) for each in recipes for field in fields}


def test_groups_are_told_in_the_order_of_their_numbers():
    recipes = [replace(cosine, batch_size=size) for size in (128, 16, 64)]
    groups = course_of_groups([trial_of(each.to_json()) for each in recipes], ["batch_size"], 1)
    assert [group.label for group in groups] == ["batch_size=16", "batch_size=64", "batch_size=128"]


def test_groups_of_what_a_study_file_defines_are_told_without_it():
    written = cosine.to_json() | {"model": {"type": "user_studies.mine:Own", "widths": [3, 4], "dropout": 0.5}}
    fields = ["model", "model.dropout", "model.*", "schedule.*"]
    names = {group.label for group in course_of_groups([trial_of(written)], fields, 1)}
    assert names == {
        "model=own",
        "model.dropout=0.5",
        "model.*=own 3×4/0.5",
        group_of(cosine, "schedule.*"),
    }


@pytest.mark.parametrize("name", [file.stem for file in built_in()])
def test_every_built_in_study_is_told_of_by_group(name):
    study = load_study(name).study
    recipe = preview(study, "smoke")
    names = [group.label for group in course_of_groups([trial_of(recipe.to_json())], study.group_by, 1)]
    assert set(names) == {group_of(recipe, field) for field in study.group_by}


def trial_of(recipe):
    return {"recipe_json": recipe, "value": 1.0, "diverged_seeds": 0}


@given(st.lists(st.none() | st.floats(-3, 3), min_size=1, max_size=90), st.integers(1, 50))
def test_a_sparkline_rises_where_its_values_do(values, width):
    line = sparkline(values, -3.0, 3.0, width)
    assert len(line) == min(width, len(values))
    heights = [" ▁▂▃▄▅▆▇█".index(each) for each in line]
    if width >= len(values):
        for value, height in zip(values, heights, strict=True):
            assert height == (0 if value is None else 1 + round((value + 3) / 6 * 7))
    assert (heights[-1] == 0) == (values[-1] is None)
    known = [value for value in values if value is not None]
    if known == values == sorted(known):
        assert heights == sorted(heights)


@pytest.mark.parametrize("width", [200, 90, 60])
def test_the_line_of_a_group_fits_the_terminal(watched, width):
    status = status_of(watched[0])
    longer = [replace(group, values=(0.25,) * 90, diverged=17) for group in status.groups]
    rows = [line for line in shown.lines(replace(status, groups=longer), width) if line.startswith(" ")]
    label = max(len(group.label) for group in status.groups)
    for row in rows:
        blocks = sum(each in "▁▂▃▄▅▆▇█" for each in row)
        assert blocks == max(8, min(40, width - label - 50))
        assert len(row) <= max(width, label + 8 + 50)


def test_looking_changes_nothing_in_the_store(watched):
    paths, _ = watched

    def seen():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in [paths.root, *paths.root.rglob("*")]}

    with locked(paths):
        before = seen()
        assert len(list(shown.lines(status_of(paths)))) > 6
        assert seen() == before


def changed(paths, tmp_path, **changes):
    copy = StudyPaths(tmp_path / "it")
    write_json(copy.study, read_json(paths.study) | changes)
    write_json(
        copy.driver, read_json(paths.driver) | {"budget": changes.get("budget", read_json(paths.driver)["budget"])}
    )
    copy.runs.symlink_to(paths.runs)
    copy.journal.write_text(paths.journal.read_text())
    return copy


def test_dropped_and_diverged_trials_are_counted_and_never_the_best(watched, tmp_path):
    paths, _ = watched
    course = read_json(paths.study)
    order = sorted(course["trials"], key=lambda trial: -trial["value"])
    order[0]["dropped"] = True
    order[1]["diverged_seeds"] = 1
    seeds = read_json(paths.driver)["budget"] | {"search_seeds": [0, 1, 77]}
    copy = changed(paths, tmp_path, trials=course["trials"], finished=False, budget=seeds)
    status = status_of(copy)
    assert (status.dropped, status.diverged) == (1, 1)
    assert status.best.number != order[0]["number"]
    assert best_so_far(copy, "default", "validation_accuracy").to_json() == next(
        trial["recipe_json"] for trial in order if trial["number"] == status.best.number
    )
    assert status.searched == (20, 29)  # the third seed of the dropped one is never trained


@pytest.mark.parametrize(("metric", "sign"), [("validation_accuracy", 1), ("validation_rmse", -1)])
def test_of_equals_the_one_that_diverged_less_is_the_best_then_the_earlier(metric, sign):
    drawn = [(0.1, 0), (0.9, 1), (0.9, 0), (0.9, 0)]
    trials = [
        {"number": number, "value": sign * value, "diverged_seeds": diverged}
        for number, (value, diverged) in enumerate(drawn)
    ]
    assert best_trial(trials, metric)["number"] == best_trial(trials[::-1], metric)["number"] == 2
    assert best_trial([each | {"dropped": True} for each in trials], metric) is None


def test_the_time_left_is_that_of_the_journal(watched, tmp_path):
    paths, _ = watched
    budget = read_json(paths.driver)["budget"] | {"trials": 12}
    copy = changed(paths, tmp_path, finished=False, confirmed=[], budget=budget)
    lines = [
        {"budget": "default", "purpose": "search", "runs": 4, "seconds": 8.0},
        {"budget": "other", "purpose": "search", "runs": 4, "seconds": 800.0},
    ]
    copy.journal.write_text(
        "".join(json.dumps(line) + "\n" for line in lines) + '[]\n{"budget": "default"}\n{"budget": "default", "pur'
    )
    status = status_of(copy)
    assert status.seconds_left == pytest.approx(
        2.0 * (4 + 2 * 3)
    )  # four runs of the search, two winners on three seeds
    assert "left      at least about 20 s of work" in list(shown.lines(status))
    written = Course("it", tmp_path, study, "default", [], [], finished=False).to_json(copy.journal)["provenance"]
    assert (written["seconds"], written["runs"]) == ({"search": 8.0}, 4)


def test_how_a_driver_ended_is_told(tmp_path):
    for error, failure in (
        (InvalidInput("Trial 3 is wrong: mend it."), "Trial 3 is wrong: mend it."),
        (KeyboardInterrupt(), None),
        (MemoryError(), "MemoryError()"),
    ):
        paths = StudyPaths(tmp_path / "it")
        with pytest.raises(type(error)), Activity(paths.driver, study, "default", 1):
            raise error
        assert status_of(paths).failure == failure
    write_json(paths.driver, read_json(paths.driver) | {"ended": None})
    assert status_of(paths).failure == "the last driver was killed"
    with locked(paths):
        assert status_of(paths).failure is None


def test_the_verb_says_it_in_few_lines_without_the_slow_libraries(watched):
    paths, _ = watched
    code = (
        f"import sys; sys.argv = ['atlas', 'status', 'it', '--store', {str(paths.root.parent)!r}]\n"
        "from studies.command.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'optuna', 'wandb', 'pytorch_lightning', 'sklearn', 'matplotlib', 'scipy.stats'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository)
    *lines, heavy = done.stdout.splitlines()
    assert heavy == "[]"
    heads = ["driver", "trials", "runs", "best", "groups", "left", "failures"]
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == heads
    assert sum(line.startswith(" ") for line in lines) == 2  # groups
    assert "trials    10 of 10 told, 10 proposed; 0 dropped, 0 with diverged runs" in lines


def test_watching_renews_the_lines_until_nobody_is_at_work(watched, monkeypatch):
    paths, _ = watched
    console = Console(force_terminal=True, file=io.StringIO(), width=200)
    looks = iter([replace(status_of(paths), at_work=True, told=told) for told in (3, 4)] + [status_of(paths)])
    monkeypatch.setattr(shown, "status_of", lambda _: next(looks))
    monkeypatch.setattr(shown, "_seconds_between_looks", 0.0)
    shown.watch(paths, console)
    said = console.file.getvalue()
    places = [said.index(f" {told} of 10 told") for told in (3, 4, 10)]
    assert places == sorted(places)
    assert next(looks, None) is None


def test_what_cannot_be_told_is_one_sentence(tmp_path, watched, capsys, monkeypatch):
    status, out, err = atlas(capsys, monkeypatch, "status", "smoke", "--store", tmp_path)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "holds nothing of a study: `atlas run` it first" in err
    status, _, err = atlas(capsys, monkeypatch, "status", "it", "--store", watched[0].root.parent, "--watch")
    assert (status, err) == (2, "atlas: --watch needs a terminal: leave it out to say the status once.\n")
    for content in ({"trials": 3}, [], {"budget_name": "default", "budget": []}):
        write_json(tmp_path / "smoke" / "study.json", content)
        status, out, err = atlas(capsys, monkeypatch, "status", "smoke", "--store", tmp_path)
        assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_thousands_of_runs_are_opened_and_told_of_within_seconds(tmp_path):
    """A tenth of ten thousand runs, in a tenth of the time that they may take, on a machine that does other things."""
    paths = StudyPaths(tmp_path / "it")
    store, trials = RunStore(paths.runs), []
    for number in range(100):
        recipe = replace(cosine, optimizer=SGD(0.01 + number / 1000))
        for seed in range(10):
            ones = np.ones(3)
            store.save(
                RunResult(Run(recipe, Seeds.all(seed)), 4, None, None, np.ones(12), ones, ones, ones, ones, (), {}),
                "search",
            )
        trials.append(
            {
                "number": number,
                "recipe": recipe.hash,
                "recipe_json": recipe.to_json(),
                "value": 1.0,
                "diverged_seeds": 0,
            }
        )
    course = {
        "format": 1, "name": "it", "question": "?", "budget_name": "default", "metric": "validation_accuracy",
        "budget": {"trials": 100, "search_seeds": list(range(10)), "report_seeds": [50], "winners": 1},
        "group_by": [], "claims": [], "finished": False, "trials": trials, "confirmed": [], "provenance": {},
    }  # fmt: skip
    write_json(paths.study, course)
    begin = time.process_time()
    assert status_of(paths).searched == (1000, 1000)
    assert time.process_time() - begin < 0.2
    begin = time.process_time()
    results = StudyResults.open(paths)
    assert time.process_time() - begin < 0.4
    assert sum(len(trial.records) for trial in results.trials) == 1000
    for trial in results.trials[::37]:
        assert trial.records[3].run == Run(trial.recipe, Seeds.all(3))
