"""Crossed seeds from the study's file to its report: every run once, none mixed with the report seeds."""

import json
import shutil
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from analysis.comparison.components import components_of, components_of_groups
from analysis.inference.components import variance_components
from analysis.report import write_report
from analysis.results import StudyResults
from analysis.tracked import tell_all
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Seeds
from sweeps.changes import described, study_changes
from sweeps.crossed import Crossed, run_names
from sweeps.files import read_json
from sweeps.paths import StudyPaths
from sweeps.status import status_of
from sweeps.store import RunStore
from sweeps.study import Budget
from sweeps.tracker import Tracker
from sweeps.verification import verify
from tests.test_cli import atlas
from tests.test_driver import run, study

crossed = Crossed(init=[5, 8, 9], order=[5, 8], split=[5, 8])
# Of the twelve combinations 5, 5, 5 is a report seed as well.
budget = Budget(trials=3, search_seeds=[0, 1], report_seeds=[5, 6], epochs=2, crossed=crossed)
with_crossed = replace(study, budgets={"default": budget})


def test_all_combinations_are_there_once():
    assert len(set(crossed.seeds)) == 12
    assert crossed.seeds[:3] == (Seeds(5, 5, 5), Seeds(5, 5, 8), Seeds(5, 8, 5))
    assert Crossed(init=range(4)).varied == ("init",)
    assert Crossed.from_json(json.loads(json.dumps(vars(crossed)))) == crossed
    assert Crossed.from_json(None) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "one combination"),
        ({"init": [1, 1]}, "each once"),
        ({"order": []}, "at least one seed"),
        ({"split": [-1, 2]}, "crossed split seed"),
        ({"init": 3}, "give range"),
        ({"init": [1, 2], "of": "all"}, "give of='best'"),
    ],
    ids=["none", "twice", "empty", "negative", "number", "others"],
)
def test_seeds_that_cross_nothing_are_refused(arguments, said):
    with pytest.raises(InvalidInput, match=said):
        Crossed(**arguments)


def test_crossed_seeds_are_fresh():
    with pytest.raises(InvalidInput, match=r"order seeds overlap in 1: give fresh ones, for example order=range\(2"):
        replace(budget, crossed=Crossed(init=[7, 8], order=[1, 5]))
    with pytest.raises(InvalidInput, match="give Crossed"):
        replace(budget, crossed=(1, 2))
    # A stream that is held still shows nothing, so its seed may be any.
    assert replace(budget, crossed=Crossed(init=[7, 8])).crossed.order == (0,)


def test_crossed_seeds_may_only_grow():
    before = json.loads(json.dumps(described(with_crossed, "default")))
    more = replace(budget, crossed=replace(crossed, order=[5, 8, 9]))
    less = replace(budget, crossed=None)
    grown, shrunk = (described(replace(study, budgets={"default": each}), "default") for each in (more, less))
    assert study_changes(before, grown, 3) == []
    assert (
        study_changes(before, shrunk, 3)[0] == "crossed init seeds were 5, 8, 9 when its search began and are none now"
    )
    assert study_changes({name: each for name, each in before.items() if "crossed" not in name}, grown, 3) == []


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    assert run(folder, what=with_crossed) > 13
    return StudyPaths(folder / "it")


def test_the_best_recipe_is_trained_on_all_combinations_and_the_others_on_none(paths):
    course = read_json(paths.study)
    for each in course["confirmed"]:
        own = {folder.name for folder in (paths.runs / each["recipe"]).iterdir()}
        searched = {Seeds.all(seed).name for seed in (0, 1)}
        names = {name.partition("/")[2] for name in run_names(each, course["budget"])}
        assert own - searched == names
        assert len(own - searched) == (13 if "winner 1" in each["reasons"] else 2)
    results = StudyResults.open(paths)
    assert set(results.crossed) == set(crossed.seeds)
    assert set(results.winners["winner"].records) == {5, 6}


def test_status_counts_them_and_verify_misses_them(paths, tmp_path):
    course = read_json(paths.study)
    total = 13 + 2 * (len(course["confirmed"]) - 1)
    assert status_of(paths).confirmed == (total, total)
    assert list(verify(paths)) == []
    best = next(each["recipe"] for each in course["confirmed"] if "winner 1" in each["reasons"])
    folder = paths.runs / best / Seeds(9, 8, 5).name
    aside = folder.rename(tmp_path / "aside")
    try:
        assert [str(each.path) for each in verify(paths)] == [str(folder)]
        assert components_of(StudyResults.open(paths)) is None
        assert status_of(paths).confirmed == (total - 1, total)
    finally:
        aside.rename(folder)


def test_components_are_of_the_records(paths):
    store = RunStore(paths.runs)
    results = StudyResults.open(paths)
    recipe = results.winners["winner"].recipe
    values = np.zeros((3, 2, 2))
    for record in store.records():
        if record.recipe == recipe and record.seeds in set(crossed.seeds):
            place = tuple(getattr(crossed, name).index(getattr(record.seeds, name)) for name in Crossed.streams)
            values[place] = record.metrics["test_accuracy"]
    found = components_of(results)
    assert found.components == variance_components(values, Crossed.streams).components
    mean = values.mean()
    assert found.floor == pytest.approx(np.sqrt(mean * (1 - mean) / 20))


def test_report_and_comparison_show_them(paths, capsys, monkeypatch):
    text = write_report(paths).read_text()
    assert "Variance components of test accuracy" in text
    assert (paths.report / "figures" / "components.png").is_file()
    code, out, _ = atlas(capsys, monkeypatch, "compare", "it", "--store", paths.root.parent)
    assert code == 0
    assert "init × order × split" in out
    assert {"components.csv", "components.tex", "components.pdf"} <= {each.name for each in paths.comparison.iterdir()}
    written = json.loads((paths.comparison / "comparison.json").read_text())["components"]
    assert written["factors"] == {"init": 3, "order": 2, "split": 2}
    assert len(written["components"]) == 7
    # With one group there is nothing to tell apart, and the components are shown all the same.
    assert ("first – second" in out) == (len(StudyResults.open(paths).groups("schedule")) > 1)


def test_the_best_of_each_group_is_trained_on_all_combinations_where_groups_are_asked_for(paths, tmp_path):
    shutil.copytree(paths.root, tmp_path / "it")
    of_groups = replace(budget, crossed=replace(crossed, of="groups"))
    run(tmp_path, what=replace(study, group_by=["model.widths"], budgets={"default": of_groups}))
    results = StudyResults.open(StudyPaths(tmp_path / "it"))
    groups = results.groups("model.widths")
    assert len(groups) > 1
    assert set(results.crossed_groups) == set(groups)
    for key, runs in results.crossed_groups.items():
        assert set(runs) == set(crossed.seeds)
        assert {record.recipe for record in runs.values()} == {groups[key].recipe}
    # What the best alone gave is what it gives among the others.
    assert components_of(results).components == components_of(StudyResults.open(paths)).components
    best = next(key for key, each in groups.items() if each.recipe == results.winners["winner"].recipe)
    assert components_of_groups(results)[best].components == components_of(results).components
    assert status_of(StudyPaths(tmp_path / "it")).confirmed[0] == 13 * len(groups)
    told, kept = Mock(spec=Tracker), RunStore(tmp_path / "it" / "runs").records()
    tell_all(StudyPaths(tmp_path / "it"), told)
    runs = {call.args[0].run for call in told.confirmed_run.call_args_list}
    assert runs == {record.run for record in kept if record.purpose == "confirm"}
    assert len(runs) == 13 * len(groups)


@pytest.mark.parametrize(("of", "taken"), [("best", {"first"}), ("groups", {"first", "of a group"})])
def test_who_is_trained_on_the_crossed_seeds(of, taken):
    reasons = {"first": ("winner 1",), "of a group": ("winner 2", "schedule=cosine"), "second": ("winner 2",)}
    assert {name for name, each in reasons.items() if replace(crossed, of=of).takes(each)} == taken


def test_a_study_that_is_run_again_trains_nothing(paths):
    assert run(paths.root.parent, what=with_crossed) == 0
