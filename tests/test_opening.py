"""`atlas open` shows a report where there is a browser, and says where it is where there is none."""

import webbrowser

import pytest

from sweeps.paths import StudyPaths
from tests.test_cli import atlas


@pytest.fixture
def store(tmp_path):
    for page in (StudyPaths(tmp_path / "it").report / "index.html", tmp_path / "index.html"):
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("<!DOCTYPE html>")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "place"),
    [(["it"], "it/report/index.html"), (["elsewhere/it.py"], "it/report/index.html"), ([], "index.html")],
    ids=["name", "file", "all"],
)
def test_a_page_is_opened_by_its_address(store, capsys, monkeypatch, words, place):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    status, out, _ = atlas(capsys, monkeypatch, "open", *words, "--store", store)
    assert (status, out) == (0, f"Opened: {store / place}\n")
    assert opened == [(store / place).as_uri()]


def _fails(_):
    raise webbrowser.Error


@pytest.mark.parametrize("browser", [lambda _: False, _fails], ids=["none", "broken"])
def test_without_a_browser_the_path_is_said(store, capsys, monkeypatch, browser):
    monkeypatch.setattr(webbrowser, "open", browser)
    status, out, err = atlas(capsys, monkeypatch, "open", "it", "--store", store)
    assert (status, err) == (0, "")
    assert out.rstrip().endswith(str(store / "it/report/index.html"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["it"], "There is no report of the study 'it' at {0}/it/report/index.html: `atlas report it` writes it."),
        ([], "There is no page of all studies at {0}/index.html: `atlas report STUDY` writes it."),
        (["a b"], "'a b' cannot name a study"),
    ],
    ids=["no report", "no index", "no name"],
)
def test_what_is_not_there_is_one_sentence(tmp_path, capsys, monkeypatch, words, sentence):
    monkeypatch.setattr(webbrowser, "open", _fails)
    status, out, err = atlas(capsys, monkeypatch, "open", *words, "--store", tmp_path)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert sentence.format(tmp_path) in err
