"""The page above all studies of a store: a card each, made of the reports alone, that no damaged study breaks."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.atlas import write_atlas
from analysis.card import card_of
from analysis.origin import ranges
from analysis.report import write_report
from sweeps.claim import Claim
from sweeps.files import read_json, write_json
from sweeps.paths import StudyPaths
from tests.links import broken_links
from tests.stores import TinyStudy, constant, cosine, write_study
from tests.test_report import Page, hostile

claims = (Claim("Better than guessing.", "test_accuracy[schedule=cosine]", 0.0, "above"),)


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    confirmed = ((cosine, ("winner 1", "schedule=cosine")), (constant, ("schedule=constant",)))
    study = TinyStudy().but(trials=(constant, cosine), confirmed=confirmed, question=hostile, claims=claims)
    paths = write_study(tmp_path_factory.mktemp("store") / "tiny", study)
    write_report(paths)
    return paths


@pytest.fixture
def store(reported, tmp_path):
    """Two studies with a report, as copies."""
    for name in ("first", "second <i>"):
        shutil.copytree(reported.root, tmp_path / name)
    return tmp_path


def test_a_report_writes_the_page_above_it(reported):
    page = Page((reported.root.parent / "index.html").read_text())
    assert hostile in page.text
    assert broken_links(reported.root.parent / "index.html") == []


def test_every_study_is_a_card_with_question_verdicts_answer_and_figure(store, reported):
    page = write_atlas(store)
    assert page == store / "index.html"
    found = Page(page.read_text())
    assert broken_links(page) == []
    assert len(found.all("article")) == 2
    assert "2 studies" in found.text
    assert found.text.count(hostile) == 2
    assert found.text.count("1 undecided") == 2
    assert found.text.count("is ahead") == 2
    assert "second <i>" in found.text
    assert not found.all("i")
    assert [each["src"] for each in found.all("img")] == [
        f"{name}/report/figures/test_accuracy_schedule.png" for name in ("first", "second%20%3Ci%3E")
    ]
    assert all(len(each["alt"]) > 20 for each in found.all("img"))
    told = read_json(reported.report / "results.json")["card"]
    assert card_of(reported).answer == told["answer"]
    assert card_of(reported).cautions == told["cautions"] == 1


def damage(paths, how):
    results = paths.report / "results.json"
    content = read_json(results)
    if how == "torn":
        results.write_bytes(results.read_bytes()[:100])
    elif how == "no report":
        shutil.rmtree(paths.report)
    elif how == "a list":
        results.write_text("[]")
    elif how == "of an older program":
        write_json(results, {name: value for name, value in content.items() if name != "card"})
    elif how == "another verdict":
        write_json(results, content | {"claims": [{"verdict": "proved"}]})
    elif how == "no texts":
        write_json(results, content | {"card": content["card"] | {"answer": 3}})
    elif how == "a way out":
        write_json(results, content | {"card": content["card"] | {"figure": "../../../secret.png"}})
    elif how == "no figure":
        shutil.rmtree(paths.report / "figures")
    elif how == "gone on":
        paths.study.write_bytes(paths.study.read_bytes() + b"\n")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("torn", "Its report is damaged, or older than this page: atlas report first writes it again."),
        ("no report", "There is no report yet: atlas report first writes it."),
        ("a list", "Its report is damaged"),
        ("of an older program", "Its report is damaged"),
        ("another verdict", "Its report is damaged"),
        ("no texts", "Its report is damaged"),
        ("a way out", ""),
        ("no figure", ""),
        ("gone on", "The study has gone on since: atlas report first writes its report anew."),
    ],
)
def test_a_damaged_study_is_a_sentence_on_its_card_and_the_others_are_whole(store, how, sentence):
    damage(StudyPaths(store / "first"), how)
    page = write_atlas(store)
    found = Page(page.read_text())
    assert broken_links(page) == []
    assert len(found.all("article")) == 2
    assert sentence in found.text
    assert ("Its report" in found.text or "gone on" in found.text or "no report" in found.text) == bool(sentence)
    assert len(found.all("img")) == (2 if how == "gone on" else 1)
    assert "secret" not in found.text


def test_what_is_no_study_has_no_card(store):
    (store / "notes").mkdir()
    (store / ".hidden").mkdir()
    (store / "file").touch()
    assert len(Page(write_atlas(store).read_text()).all("article")) == 2
    assert not list(store.glob(".index*"))


def test_an_empty_store_says_so(tmp_path):
    assert "holds no study yet" in write_atlas(tmp_path).read_text()


@given(st.sets(st.integers(0, 40)))
def test_ranges_hold_every_number_once(numbers):
    found = []
    for each in ranges(sorted(numbers)).split(", ") if numbers else ():
        first, _, last = each.partition("–")
        found += range(int(first), int(last or first) + 1)
    assert found == sorted(numbers)
    assert len(ranges(list(numbers)).split(", ")) == max(1, sum(each - 1 not in numbers for each in numbers))
