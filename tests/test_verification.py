"""Whatever is done to the files of a study is found and named; once aside and trained again, they are as before."""

import json
import shutil
import sqlite3

import numpy as np
import pytest

from lightning_modules.errors import InvalidInput
from sweeps.files import checksum, read_arrays, read_json, write_arrays, write_json
from sweeps.lock import locked
from sweeps.mending import mend
from sweeps.paths import StudyPaths
from sweeps.verification import verify
from tests.test_cli import atlas
from tests.test_driver import content, run


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run(folder)
    return folder


@pytest.fixture
def store(whole, tmp_path):
    shutil.copytree(whole / "it", tmp_path / "it")
    return tmp_path


def runs(store, purpose):
    """Return the folders of the runs of a purpose."""
    found = sorted((store / "it" / "runs").glob("*/*/record.json"))
    return [path.parent for path in found if read_json(path)["purpose"] == purpose]


def searched(store):
    return runs(store, "search")[0]


def confirmed(store):
    return runs(store, "confirm")[0]


def edit(path, **changes):
    write_json(path, read_json(path) | changes)


def swap(first, second):
    between = first.with_name("between")
    first.rename(between)
    second.rename(first)
    between.rename(second)


def other_arrays(folder, name, change):
    """Write other arrays, and a record that has their checksum."""
    arrays = read_arrays(folder / name)
    change(arrays)
    write_arrays(folder / name, arrays)
    record = read_json(folder / "record.json")
    edit(folder / "record.json", files=record["files"] | {name: checksum(folder / name)})


def wrong(targets):
    """Return predictions of one snapshot of which each is for the other of two classes."""
    return np.eye(2)[None, 1 - targets]


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def of_record(**changes):
    return lambda store: edit(runs(store, "confirm")[0] / "record.json", **changes)


def of_course(change):
    def damage(store):
        course = read_json(store / "it" / "study.json")
        change(course)
        write_json(store / "it" / "study.json", course)

    return damage


seen_quickly = {
    "a torn record": (lambda store: halve(searched(store) / "record.json"), "cannot be read"),
    "an empty record": (lambda store: (runs(store, "search")[3] / "record.json").write_text(""), "cannot be read"),
    "a record of nothing": (lambda store: (searched(store) / "record.json").write_text("[]"), "cannot be read"),
    "another format": (of_record(format=7), "its format is 7"),
    "no record": (lambda store: (searched(store) / "record.json").unlink(), "holds no record"),
    "no curves": (lambda store: (searched(store) / "curves.safetensors").unlink(), "curves.safetensors, which is"),
    "a record too many": (
        lambda store: shutil.copytree(searched(store), searched(store).with_name("init9-order9-split9")),
        "is of seeds init",
    ),
    "swapped records": (
        lambda store: swap(searched(store) / "record.json", runs(store, "search")[-1] / "record.json"),
        "and lies in the folder of another",
    ),
    "swapped seeds": (
        lambda store: swap(confirmed(store), runs(store, "confirm")[1]),
        "and lies in the folder of others",
    ),
    "another recipe": (
        lambda store: edit(
            path := searched(store) / "record.json", recipe=read_json(path)["recipe"] | {"batch_size": 63}
        ),
        "and lies in the folder of another",
    ),
    "an invalid recipe": (
        lambda store: edit(
            path := searched(store) / "record.json", recipe=read_json(path)["recipe"] | {"epochs": 0}
        ),
        "epochs is 0",
    ),
    "no such step": (of_record(diverged_step=10_000), "diverged at step 10000 of"),
    "no such epoch": (of_record(kept_epoch=2), "kept epoch 2 of 2"),
    "no such purpose": (of_record(purpose="single"), "has the purpose 'single'"),
    "no steps": (of_record(steps_per_epoch="2"), "tells of '2' steps in an epoch"),
    "no metrics": (of_record(metrics=None), "holds what no record does"),
    "no such metric": (of_record(metrics={"luck": 1.0}), "has the metrics luck"),
    "no number": (of_record(metrics={"test_loss": "low"}), "has the test_loss 'low'"),
    "missing snapshots": (of_record(snapshot_steps=[1]), "tells of snapshots at the steps (1,), its recipe has them"),
    "a file not named": (
        of_record(files={}),
        "names the files none, a run of its kind has curves.safetensors, snapshots.safetensors, predictions",
    ),
    "a missing run": (lambda store: shutil.rmtree(confirmed(store)), "is missing, and the study, which is"),
    "a missing search run": (lambda store: shutil.rmtree(searched(store)), "is missing, and trial"),
    "a torn file": (lambda store: (searched(store) / ".record.json.aside").write_text("{"), "was killed"),
    "a torn report": (lambda store: (store / "it" / ".report.x").mkdir(), "was killed"),
    "torn figures": (lambda store: (store / "it" / ".figures.x").mkdir(), "was killed"),
    "a torn landscape": (lambda store: (store / "it" / ".landscape.x").mkdir(), "was killed"),
    "a foreign file": (lambda store: (store / "it" / "notes.txt").write_text("!"), "is not part of a study"),
    "a foreign folder": (lambda store: (store / "it" / "runs" / "old").mkdir(), "is not the folder of a recipe"),
    "a foreign run": (lambda store: (searched(store).parent / "old").mkdir(), "is not the folder of a run"),
    "a file beside a run": (lambda store: (searched(store) / "x.png").write_text(""), "not in its run's record"),
    "a torn course": (lambda store: halve(store / "it" / "study.json"), "study.json cannot be read"),
    "a foreign database": (lambda store: (store / "it" / "search.db").write_text("?" * 9999), "a search's database"),
    "a torn state": (lambda store: (store / "it" / "driver.json").write_text("{"), "is not what a driver writes"),
    "a changed value": (of_course(lambda course: course["trials"][3].update(value=0.123)), "trial 3 the value 0.123"),
    "a diverged seed": (of_course(lambda course: course["trials"][3].update(diverged_seeds=1)), "it did on 0"),
    "another trial's recipe": (
        of_course(lambda course: course["trials"][3].update(recipe="0" * 12)),
        "gives trial 3 a recipe that is not 000000000000",
    ),
    "a forgotten trial": (of_course(lambda course: course["trials"].pop()), "is finished with 9 of 10 trials"),
    "a renumbered trial": (of_course(lambda course: course["trials"][3].update(number=4)), "not number its trials"),
    "another winner": (of_course(lambda course: course["confirmed"][0].update(recipe="f" * 12)), "confirms a recipe"),
}  # fmt: skip
seen_in_full = {
    "a flipped bit": (lambda store: flip(confirmed(store) / "snapshots.safetensors"), "checksum of its record"),
    "half a file": (lambda store: halve(confirmed(store) / "predictions.safetensors"), "checksum of its record"),
    "swapped curves": (
        lambda store: swap(searched(store) / "curves.safetensors", runs(store, "search")[1] / "curves.safetensors"),
        "curves.safetensors does not have the checksum of its record",
    ),
    "shorter curves": (
        lambda store: other_arrays(
            searched(store), "curves.safetensors", lambda each: each.update(train_loss=each["train_loss"][1:])
        ),
        "holds train_loss of shape",
    ),
    "other curves": (
        lambda store: other_arrays(
            searched(store), "curves.safetensors", lambda each: each.update(validation_loss=np.ones(2, "f4"))
        ),
        "has the validation_loss 1.0 where its record says",
    ),
    "a weight too many": (
        lambda store: other_arrays(
            confirmed(store), "snapshots.safetensors", lambda each: each.update({"1/x": np.ones(2)})
        ),
        "has other arrays than its record promises (1/x)",
    ),
    "a part too few": (
        lambda store: other_arrays(confirmed(store), "predictions.safetensors", lambda each: each.pop("test")),
        "lacks the part test",
    ),
    "other predictions": (
        lambda store: other_arrays(
            confirmed(store), "predictions.safetensors", lambda each: each.update(test=wrong(each["test_targets"]))
        ),
        "has the test_accuracy",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", [*seen_quickly, *seen_in_full])
def test_damage_is_found_named_and_mended_bit_for_bit(store, whole, case):
    paths = StudyPaths(store / "it")
    damage, fault = (seen_quickly | seen_in_full)[case]
    damage(store)
    findings = list(verify(paths))
    assert any(fault in str(finding) for finding in findings), [str(finding) for finding in findings]
    assert len(findings) <= 3
    for finding in findings:
        assert str(store) in str(finding)
        assert "run the study again" in str(finding)
    quick = [str(finding) for finding in verify(paths, quick=True)]
    assert quick == ([] if case in seen_in_full else [str(finding) for finding in findings])
    moved = mend(paths, findings)
    assert all(path.is_relative_to(paths.damaged) and path.exists() for path in moved)
    assert all(finding.aside is None for finding in verify(paths))
    run(store)
    assert content(store) == content(whole)
    assert list(verify(paths)) == []


def test_a_sound_study_has_no_findings_whether_it_is_complete_or_not(whole, tmp_path, capsys, monkeypatch):
    for words in ([], ["--quick"], ["--mend"]):
        status, out, err = atlas(capsys, monkeypatch, "verify", "it", "--store", whole, *words)
        assert (status, out, err) == (0, f"Nothing is wrong in {whole / 'it'}.\n", "")
    paths = StudyPaths(tmp_path / "it")
    paths.runs.mkdir(parents=True)
    assert list(verify(paths)) == []  # nothing is trained yet
    shutil.copytree(whole / "it" / "runs", paths.runs, dirs_exist_ok=True)
    assert list(verify(paths)) == []  # killed before its first trial had a value


def test_the_verb_names_each_finding_and_leaves_with_one(store, capsys, monkeypatch):
    broken = searched(store)
    flip(broken / "curves.safetensors")
    (store / "it" / "notes.txt").write_text("mine")
    words = ("verify", "it", "--store", store)
    status, out, err = atlas(capsys, monkeypatch, *words)
    assert (status, err) == (1, "")
    assert out.splitlines() == [
        f"{store / 'it' / 'notes.txt'} is not part of a study: move it away (`--mend` does) and run the study again.",
        f"{broken / 'curves.safetensors'} does not have the checksum of its record:"
        f" move {broken} away (`--mend` does) and run the study again.",
    ]
    status, out, err = atlas(capsys, monkeypatch, *words, "--mend")
    assert (status, err) == (1, "")
    damaged = store / "it" / "damaged"
    assert out.splitlines()[2] == f"Moved 2 files or folders into {damaged}: `atlas run it` mends the rest."
    assert (damaged / "notes.txt").read_text() == "mine"
    assert (damaged / broken.relative_to(store / "it") / "curves.safetensors").is_file()
    (store / "it" / "notes.txt").write_text("again")
    mend(StudyPaths(store / "it"), list(verify(StudyPaths(store / "it"))))
    assert (damaged / "notes.txt.1").read_text() == "again"


def test_what_cannot_be_verified_is_one_sentence(store, capsys, monkeypatch):
    with locked(StudyPaths(store / "it")):
        status, out, err = atlas(capsys, monkeypatch, "verify", "it", "--store", store)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "Another atlas is at work" in err
    status, out, err = atlas(capsys, monkeypatch, "verify", "it", "--store", store / "nowhere")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "There is no folder" in err
    path = searched(store) / "record.json"
    recipe = read_json(path)["recipe"]
    edit(path, recipe=recipe | {"model": recipe["model"] | {"type": "user_studies.mine:Model"}})
    with pytest.raises(InvalidInput, match=r"'user_studies.mine:Model' is not known here: name the study file"):
        list(verify(StudyPaths(store / "it")))


def test_a_database_that_a_kill_left_with_its_log_is_sound(store):
    paths = StudyPaths(store / "it")
    connection = sqlite3.connect(paths.search)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE extra (x)")
    connection.commit()
    assert (store / "it" / "search.db-wal").exists()
    assert list(verify(paths)) == []
    connection.close()
    assert json.loads(paths.study.read_text())["finished"]
