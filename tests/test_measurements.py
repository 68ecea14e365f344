"""What a study measures when its runs are complete: once, again when the study goes on, and claims that cite it."""

import json

import pytest

from analysis.estimate import t_interval
from analysis.measured import measured_now, study_checksum, write_measured
from lightning_modules.errors import InvalidInput
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths
from sweeps.study import Budget
from tests.test_cli import atlas

pytestmark = pytest.mark.usefixtures("undrawn")

study = '''"""A study that measures the norm of what it trained."""
from dataclasses import dataclass

import numpy as np

from analysis.estimate import t_interval
from analysis.measured import study_checksum, write_measured
from analysis.results import StudyResults
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from sweeps.claim import Claim
from sweeps.measurement import Measurement
from sweeps.study import Budget, Study


@dataclass(frozen=True)
class Losses(Measurement):
    name = "losses"

    def measure(self, paths):
        with (paths.root / "measured.txt").open("a") as file:
            file.write("once\\n")
        study = study_checksum(paths)
        records = StudyResults.open(paths).winners["winner"].records
        losses = [float(each.metrics["validation_loss"]) for each in records.values()]
        paths.landscape.mkdir(exist_ok=True)
        found = t_interval(losses, "validation_loss[winner]", "report seeds", "nats")
        write_measured(
            paths.landscape, "losses", {"winner": {"losses": losses}}, title="Losses", illustrations=[],
            study=study, estimates=[found],
        )


@dataclass(frozen=True)
class Impossible(Measurement):
    name = "impossible"

    def measure(self, paths):
        raise InvalidInput("There is nothing of the kind: train something else.")


def recipe(suggest):
    return Recipe(
        data=Moons(examples=200), model=MLP(widths=(8,)), initializer=HeNormal(),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", 0.05, 0.5)), schedule=Constant(), epochs=2,
    )


study = Study(
    question="What is the loss?",
    recipe=recipe,
    budgets={"default": Budget(trials=2, search_seeds=[0], report_seeds=range(1, SEEDS), epochs=2,
                               measurements=[Impossible(), Losses()])},
    claims=[Claim("It is positive.", estimate="validation_loss[winner]", bound=0.0, direction="above")],
)
'''


def run(capsys, monkeypatch, tmp_path, seeds):
    (tmp_path / "losses.py").write_text(study.replace("SEEDS", str(seeds)))
    options = ("--store", tmp_path / "runs", "--no-wandb", "--executor", "in-process")
    status, output, errors = atlas(capsys, monkeypatch, "run", tmp_path / "losses.py", *options)
    assert status == 0, errors
    paths = StudyPaths(tmp_path / "runs" / "losses")
    return output, json.loads((paths.report / "results.json").read_text()), paths


def test_a_study_measures_once_until_it_goes_on_and_its_claims_cite_what_was_found(capsys, monkeypatch, tmp_path):
    output, told, paths = run(capsys, monkeypatch, tmp_path, seeds=9)
    assert "Not measured, impossible: There is nothing of the kind: train something else." in output
    found = next(each for each in told["estimates"] if each["name"] == "validation_loss[winner]")
    assert found["n"] == 8
    assert found["low"] < found["value"] < found["high"]
    assert told["claims"][0]["verdict"] == "supported"
    assert told["claims"][0]["p"] == pytest.approx(2 / 2**8)  # exact, of eight positive values: they were kept
    run(capsys, monkeypatch, tmp_path, seeds=9)
    assert (paths.root / "measured.txt").read_text() == "once\n"
    told = run(capsys, monkeypatch, tmp_path, seeds=11)[1]
    assert (paths.root / "measured.txt").read_text() == "once\nonce\n"
    assert next(each for each in told["estimates"] if each["name"] == "validation_loss[winner]")["n"] == 10


def test_what_was_measured_of_an_earlier_state_decides_nothing(capsys, monkeypatch, tmp_path):
    paths = run(capsys, monkeypatch, tmp_path, seeds=4)[2]
    assert [each.name for each in measured_now(paths)] == ["losses"]
    content = json.loads(paths.study.read_text())
    for name in ("question", "claims", "provenance"):
        # What is asked of the numbers changes none of them.
        paths.study.write_text(json.dumps(content | {name: "another"}))
        assert [each.name for each in measured_now(paths)] == ["losses"]
    budget = content["budget"] | {"epochs": content["budget"]["epochs"] + 1}
    for other in ({"finished": False}, {"trials": content["trials"][1:]}, {"confirmed": []}, {"budget": budget}):
        paths.study.write_text(json.dumps(content | other))
        assert list(measured_now(paths)) == []


def test_an_estimate_in_a_file_is_the_one_that_was_written(tmp_path):
    paths = StudyPaths(tmp_path)
    paths.landscape.mkdir()
    paths.study.write_text("{}")
    estimates = [t_interval(values, f"e[{len(values)}]", "seeds", "number") for values in ([0.5], [1.0, 2.5, 4.0])]
    study = study_checksum(paths)
    write_measured(paths.landscape, "x", {}, title="X", illustrations=[], study=study, estimates=estimates)
    assert next(measured_now(paths)).estimates == tuple(estimates)
    text = (paths.landscape / "x.json").read_text()
    (paths.landscape / "x.json").write_text(text.replace('"number"', '"furlong"'))
    assert list(measured_now(paths)) == []


class Named(Measurement):
    name = "named"

    def measure(self, paths):
        raise AssertionError


def test_measurements_of_one_name_and_things_that_are_none_are_refused():
    spent = {"trials": 1, "search_seeds": [0], "report_seeds": [1], "epochs": 1}
    with pytest.raises(InvalidInput, match=r"2 measurements of the name 'named'.*give one"):
        Budget(**spent, measurements=[Named(), Named()])
    for wrong in (["named"], 3):
        with pytest.raises(InvalidInput, match="give a list of measurements"):
            Budget(**spent, measurements=wrong)
