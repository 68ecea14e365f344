"""Every core study says what it expects before it runs, and its smallest budget goes through to a whole report."""

import json
from html import escape

import pytest

from studies.command.loader import load_study
from studies.command.running_all import core_studies
from sweeps.paths import StudyPaths
from tests.test_cli import atlas

names = core_studies()


@pytest.mark.parametrize("name", names)
def test_a_core_study_declares_budgets_and_claims(name):
    study = load_study(name).study
    assert set(study.budgets) == {"smoke", "default", "full"}
    assert study.question.endswith("?")
    assert len({(each.estimate, each.direction, each.bound) for each in study.claims}) == len(study.claims) >= 3
    # A sign-flip test of six runs is the least that can decide anything.
    assert len(study.budgets["default"].report_seeds) >= 6


def run_smallest(capsys, monkeypatch, store, name):
    """Run a study by its verb under its smallest budget, and return its paths and what its report tells."""
    words = ("--budget", "smoke", "--store", store, "--no-wandb", "--executor", "in-process")
    status, out, err = atlas(capsys, monkeypatch, "run", name, *words)
    assert (status, "Not measured" in out, err) == (0, False, "")
    paths = StudyPaths(store / name)
    return paths, json.loads((paths.report / "results.json").read_text())


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", names)
def test_the_smallest_budget_of_a_core_study_ends_in_a_whole_report(capsys, monkeypatch, tmp_path, name):
    study = load_study(name).study
    paths, told = run_smallest(capsys, monkeypatch, tmp_path, name)
    assert [each["statement"] for each in told["claims"]] == [each.statement for each in study.claims]
    # A claim whose estimate is missing by its name can never be decided, whatever the budget.
    assert [each["reason"] for each in told["claims"] if "has no estimate" in each["reason"]] == []
    assert {each["verdict"] for each in told["claims"]} <= {"supported", "contradicted", "undecided"}
    page = (paths.report / "index.html").read_text()
    assert page.count("<h1") == 1
    for each in study.budget("smoke").measurements:
        content = json.loads((paths.landscape / f"{each.name}.json").read_text())
        assert content["found"]
        assert escape(content["title"], quote=False) in page.replace("&#39;", "'")
        for figure in content["figures"]:
            assert (paths.report / "landscape" / f"{figure['name']}.png").read_bytes().startswith(b"\x89PNG")
            assert f"landscape-{figure['name']}" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", names)
def test_the_report_of_a_core_study_has_its_figures(capsys, monkeypatch, tmp_path, name):
    paths, _ = run_smallest(capsys, monkeypatch, tmp_path, name)
    page = (paths.report / "index.html").read_text()
    figures = list((paths.report / "figures").glob("*.png"))
    assert figures
    assert all(f'id="{each.stem}"' in page for each in figures)
