"""The table of a study's runs holds what the records say, and a run is shown by its name."""

import csv
import json
import sys

import numpy as np
import pytest

from lightning_modules.recipe import Recipe
from sweeps.export import flat, rows
from sweeps.files import read_json, write_json
from sweeps.store import RunStore
from tests.stores import TinyStudy, constant, cosine, cyclic, diverging, write_study
from tests.test_cli import atlas


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny", TinyStudy())


def exported(paths, capsys, monkeypatch, *words):
    out = paths.root.parent / "table"
    words = ("export", "tiny", "--store", paths.root.parent, "--out", out, *words)
    status, said, err = atlas(capsys, monkeypatch, *words)
    assert (status, err) == (0, "")
    return out, said


def unflattened(row):
    """Return the recipe's JSON that a row of a CSV file was made of, with the modules of its types."""
    modules = {
        each.partition(":")[2]: each
        for each in map(str, _types(cyclic.to_json()) + _types(constant.to_json()) + _types(cosine.to_json()))
    }
    data = {"type": modules["Recipe"]}
    for name, value in row.items():
        if not name.startswith("recipe.") or value == "":
            continue
        *path, last = name.split(".")[1:]
        place = data
        for each in path:
            place = place.setdefault(each, {})
        place[last] = modules[value] if last == "type" else _value(value)
    return data


def _value(text):
    """A cell's value: a number, a truth value, a list, or as it stands."""
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except json.JSONDecodeError:
        return text


def _types(data):
    found = [data["type"]] if isinstance(data, dict) else []
    return found + [each for value in (data.values() if isinstance(data, dict) else ()) for each in _types(value)]


def test_a_row_for_each_run_from_which_its_recipe_is_rebuilt(paths, capsys, monkeypatch):
    out, said = exported(paths, capsys, monkeypatch)
    with out.open(newline="") as file:
        table = list(csv.DictReader(file))
    records = list(RunStore(paths.runs).records())
    assert said == f"{len(records)} rows: {out}\n"
    assert [row["recipe"] for row in table] == [record.recipe.hash for record in records]
    for row, record in zip(table, records, strict=True):
        assert Recipe.from_json(unflattened(row)) == record.recipe
        assert (row["study"], row["purpose"]) == ("tiny", record.purpose)
        assert [int(row[f"seed.{name}"]) for name in ("init", "order", "split")] == list(vars(record.seeds).values())
        assert int(row["steps"]) == record.steps
        assert row["diverged_step"] == ("" if record.diverged_step is None else str(record.diverged_step))
        metrics = {name: row[name] for name in ("validation_accuracy", "train_loss", "test_accuracy", "test_loss")}
        assert {name: float(value) for name, value in metrics.items() if value} == {
            name: value for name, value in record.metrics.items() if name in metrics
        }
    assert {row["diverged_step"] != "" for row in table if row["recipe"] == diverging.hash} == {True}
    assert table[0].keys() >= {
        "recipe.model.widths",
        "recipe.optimizer.momentum",
        "recipe.schedule.cycles",
        "kept_epoch",
    }


def test_a_row_for_each_snapshot_with_its_scores(paths, capsys, monkeypatch):
    out, _ = exported(paths, capsys, monkeypatch, "--per", "snapshot")
    with out.open(newline="") as file:
        table = list(csv.DictReader(file))
    confirmed = [record for record in RunStore(paths.runs).records() if record.purpose == "confirm"]
    assert len(table) == 3 * (1 + 1 + 3) == sum(len(record.snapshot_steps) for record in confirmed)
    assert list(table[0])[-5:] == [
        "snapshot",
        "snapshot.step",
        "snapshot.validation_accuracy",
        "snapshot.calibration_accuracy",
        "snapshot.test_accuracy",
    ]
    expected = []
    for record in confirmed:
        arrays = record.predictions()
        for index, step in enumerate(record.snapshot_steps):
            right = arrays["test"][index].argmax(axis=1) == arrays["test_targets"]
            expected.append((record.recipe.hash, index, step, float(np.mean(right))))
    names = ("snapshot", "snapshot.step", "snapshot.test_accuracy")
    found = [(row["recipe"], int(row[names[0]]), int(row[names[1]]), float(row[names[2]])) for row in table]
    assert found == expected


def test_parquet_holds_what_csv_does_with_its_types(paths, capsys, monkeypatch):
    from pyarrow import parquet

    out, _ = exported(paths, capsys, monkeypatch, "--format", "parquet")
    table = parquet.read_table(out)
    wanted = list(rows(paths, "run"))
    assert table.num_rows == len(wanted)
    for row, expected in zip(table.to_pylist(), wanted, strict=True):
        assert {name: value for name, value in row.items() if value is not None} == {
            name: value for name, value in expected.items() if value is not None
        }
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds["recipe.optimizer.learning_rate"] == "double"
    assert kinds["seed.init"] == kinds["recipe.schedule.cycles"] == "int64"


def test_json_is_flattened_by_dots():
    data = {"type": "a.b:C", "x": 1, "y": [1, 2], "z": {"type": "d:E", "w": None}}
    assert flat(data, "r") == {"r.type": "C", "r.x": 1, "r.y": "[1, 2]", "r.z.type": "E", "r.z.w": None}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--format", "xlsx"], "The format is 'xlsx': give --format csv or parquet."),
        (["--per", "epoch"], "A row is for each 'epoch': give --per run or snapshot."),
        (["--out", "/dev/null/x"], "/dev/null/x cannot be written"),
        (["--store", "/nonexistent"], "holds no runs to export: `atlas run` the study first."),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(paths, tmp_path, capsys, monkeypatch, words, sentence):
    given = ("export", "tiny", "--store", paths.root.parent, "--out", tmp_path / "table", *words)
    status, out, err = atlas(capsys, monkeypatch, *given)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert sentence in err
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_a_sentence_says_how_to_get_it(paths, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    given = ("export", "tiny", "--store", paths.root.parent, "--out", tmp_path / "table", "--format", "parquet")
    status, out, err = atlas(capsys, monkeypatch, *given)
    assert (status, out) == (2, "")
    assert err.startswith("atlas: Parquet needs pyarrow, which is not installed: pip install 'lossatlas[parquet]', or")
    assert len(err.splitlines()) == 1


def test_a_run_is_shown_by_its_folder_and_by_its_name(paths, capsys, monkeypatch):
    name = f"{cyclic.hash}/init101-order101-split101"
    status, out, _ = atlas(capsys, monkeypatch, "show", name, "--store", paths.root.parent)
    assert status == 0
    assert atlas(capsys, monkeypatch, "show", f"{paths.runs / name}/")[:2] == (0, out)
    record = read_json(paths.runs / name / "record.json")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert f"run {paths.runs / name}" in lines
    assert "purpose confirm" in lines
    assert "recipe.schedule.type CyclicCosine" in lines
    assert f"metric test_accuracy {record['metrics']['test_accuracy']:.6g}" in lines
    assert f"curve validation_loss {record['metrics']['validation_loss']:.6g} at the last of 3" in lines
    assert f"snapshots {', '.join(f'step {step}' for step in record['snapshot_steps'])}" in lines
    assert f"file curves.safetensors sha256 {record['files']['curves.safetensors']}" in lines
    status, out, _ = atlas(capsys, monkeypatch, "show", paths.runs / diverging.hash / "init0-order0-split0")
    assert status == 0
    assert "diverged  at step" in out
    assert "snapshots none" in out


def test_a_run_that_cannot_be_shown_is_one_sentence(tmp_path, capsys, monkeypatch):
    name = f"{cyclic.hash}/init1-order1-split1"
    status, out, err = atlas(capsys, monkeypatch, "show", name, "--store", tmp_path)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert f"There is no complete run {name} in {tmp_path}" in err
    for content in ({}, [], {"purpose": "search", "recipe": {"type": 3}}):
        write_json(tmp_path / "it" / "runs" / name / "record.json", content)
        status, _, err = atlas(capsys, monkeypatch, "show", name, "--store", tmp_path)
        assert (status, len(err.splitlines())) == (2, 1)
        assert "cannot be read" in err
