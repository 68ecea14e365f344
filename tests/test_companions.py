"""Companions of confirmed runs are counted, verified and exported like the runs that they accompany."""

import csv
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeps.crossed import run_names
from sweeps.files import read_json, write_json
from sweeps.groups import by_value
from sweeps.paths import StudyPaths
from sweeps.status import status_of
from sweeps.study import Budget
from sweeps.verification import verify
from tests.test_cli import atlas
from tests.test_driver import run, study

budget = Budget(trials=2, search_seeds=[0], report_seeds=[5, 6], epochs=4, members=2)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    run(folder, what=replace(study, budgets={"default": budget}))
    return StudyPaths(folder / "it")


def named(paths):
    course = read_json(paths.study)
    return [name for each in course["confirmed"] for name in each["companions"]]


def test_a_course_names_every_companion_once_and_the_store_has_them(paths):
    names = named(paths)
    assert names
    assert len(set(names)) == len(names)
    assert all((paths.runs / name / "record.json").is_file() for name in names)
    course = read_json(paths.study)
    every = {name for each in course["confirmed"] for name in run_names(each, course["budget"])}
    confirmed = {
        f"{path.parent.parent.name}/{path.parent.name}"
        for path in paths.runs.glob("*/*/record.json")
        if read_json(path)["purpose"] == "confirm"
    }
    assert every == confirmed
    assert status_of(paths).confirmed == (len(every), len(every))
    assert list(verify(paths)) == []


def test_a_companion_that_is_missing_is_told(paths, tmp_path):
    total = status_of(paths).confirmed[1]
    folder = paths.runs / named(paths)[-1]
    aside = folder.rename(tmp_path / "aside")
    try:
        assert [str(each.path) for each in verify(paths)] == [str(folder)]
        assert status_of(paths).confirmed == (total - 1, total)
    finally:
        aside.rename(folder)


def test_the_table_of_runs_tells_companions(paths, tmp_path, capsys, monkeypatch):
    out = tmp_path / "runs.csv"
    status, _, err = atlas(capsys, monkeypatch, "export", "it", "--store", paths.root.parent, "--out", out)
    assert (status, err) == (0, "")
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = {
        f"{row['recipe']}/init{row['seed.init']}-order{row['seed.order']}-split{row['seed.split']}"
        for row in rows
        if row["companion"] == "True"
    }
    assert found == set(named(paths))


def test_a_course_of_before_has_no_companions(paths):
    course = read_json(paths.study)
    before = [{name: value for name, value in each.items() if name != "companions"} for each in course["confirmed"]]
    write_json(paths.study, course | {"confirmed": before})
    try:
        assert status_of(paths).confirmed == (2 * len(before),) * 2
        assert list(verify(paths)) == []
    finally:
        write_json(paths.study, course)


@given(st.lists(st.one_of(st.integers(-99, 999), st.floats(1e-9, 1e9)), max_size=6))
def test_groups_are_sorted_by_their_numbers(values):
    keys = [f"optimizer.rate={value!r}" for value in values]
    assert sorted(keys, key=by_value) == [f"optimizer.rate={value!r}" for value in sorted(values)]


def test_groups_of_words_are_sorted_as_words():
    keys = [
        "model.widths=(128, 16)",
        "model.widths=(16, 128)",
        "model.widths=(16,)",
        "schedule=linear",
        "schedule=cosine",
    ]
    expected = ["model.widths=(16,)", "model.widths=(16, 128)", "model.widths=(128, 16)", *keys[:2:-1]]
    assert sorted(keys, key=by_value) == expected
