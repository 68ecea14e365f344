"""`atlas report`: one study or all of a store, and a PDF by a browser that is there or not."""

import json
import shutil
import sys

import pytest

from sweeps.paths import StudyPaths
from tests.stores import TinyStudy, cosine, write_study
from tests.test_cli import atlas

pytestmark = pytest.mark.usefixtures("undrawn")

browser = """#!{python}
import sys
options = dict(each.partition("=")[::2] for each in sys.argv[1:])
assert "--headless" in options and options["--user-data-dir"]
page = open(sys.argv[-1].removeprefix("file://")).read()
print("a browser's complaint", file=sys.stderr)
if {works}:
    open(options["--print-to-pdf"], "w").write("%PDF" + page[:200])
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    study = TinyStudy().but(trials=(cosine,), confirmed=((cosine, ("winner 1",)),), group_by=(), report_seeds=(100,))
    return write_study(tmp_path_factory.mktemp("store") / "one", study).root


@pytest.fixture
def store(written, tmp_path):
    shutil.copytree(written, tmp_path / "store" / "one")
    return tmp_path / "store"


def install(folder, monkeypatch, *, works):
    """Make `folder` all that is searched for programs, with a browser in it."""
    folder.mkdir()
    program = folder / "chromium-browser"
    program.write_text(browser.format(python=sys.executable, works=works))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_all_reports_are_written_and_one_that_cannot_be_is_a_sentence(store, capsys, monkeypatch):
    shutil.copytree(store / "one", store / "two")
    StudyPaths(store / "one").study.write_text("{")
    status, out, err = atlas(capsys, monkeypatch, "report", "--all", "--store", store)
    assert status == 2
    assert out.splitlines() == [f"Report: {store / 'two/report/index.html'}", f"Atlas: {store / 'index.html'}"]
    first, last = err.splitlines()
    assert first.startswith("one: ")
    assert last == "atlas: 1 of 2 reports could not be written: one."
    assert "There is no report yet: atlas report one writes it." in (store / "index.html").read_text()


def test_the_verdicts_are_counted_and_a_claim_without_its_estimate_is_named(store, capsys, monkeypatch):
    paths = StudyPaths(store / "one")
    content = json.loads(paths.study.read_text())
    claims = [("Far above.", "test_accuracy[winner]", 0.0), ("A slip.", "test_acuracy[winner]", 0.5)]
    content["claims"] = [dict(zip(("statement", "estimate", "bound"), each, strict=True)) for each in claims]
    content["claims"] = [{**each, "direction": "above", "reading": ""} for each in content["claims"]]
    paths.study.write_text(json.dumps(content))
    status, out, _ = atlas(capsys, monkeypatch, "report", "one", "--store", store)
    assert status == 0
    first, second, last = out.splitlines()
    # One seed has no interval, and decides nothing.
    assert first == "Claims: 2 undecided."
    assert second.startswith("Claim 'A slip.': The report has no estimate test_acuracy[winner]: did you mean test_acc")
    assert last.startswith("Report: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Give a study, or --all for every study of the store, not both."),
        (("one", "--all"), "Give a study, or --all for every study of the store, not both."),
        (("--all", "--store", "nowhere"), "The store nowhere holds no study: `atlas run STUDY` first."),
    ],
)
def test_what_is_wrong_is_one_sentence(words, sentence, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert atlas(capsys, monkeypatch, "report", *words) == (2, "", f"atlas: {sentence}\n")


def test_a_pdf_is_printed_by_a_browser_found_by_its_name(store, tmp_path, capsys, monkeypatch):
    install(tmp_path / "bin", monkeypatch, works=True)
    status, out, _ = atlas(capsys, monkeypatch, "report", "one", "--pdf", "--store", store)
    made = StudyPaths(store / "one").report / "report.pdf"
    assert status == 0
    assert f"PDF: {made}" in out
    assert made.read_text().startswith("%PDF<!DOCTYPE html>")


def test_a_browser_that_prints_nothing_is_a_sentence_with_its_last_words(store, tmp_path, capsys, monkeypatch):
    install(tmp_path / "bin", monkeypatch, works=False)
    status, _, err = atlas(capsys, monkeypatch, "report", "one", "--pdf", "--store", store)
    assert status == 2
    assert "printed nothing (a browser's complaint): print the page from a browser." in err
    assert len(err.splitlines()) == 1
    assert (StudyPaths(store / "one").report / "index.html").is_file()


def test_without_a_browser_nothing_is_written(store, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = atlas(capsys, monkeypatch, "report", "one", "--pdf", "--store", store)
    assert (status, out) == (2, "")
    assert err.startswith("atlas: A PDF is printed by Chromium, and none is here (chromium, chromium-browser,")
    assert not StudyPaths(store / "one").report.exists()
