import csv
import json
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

import analysis.report
from analysis.figures import gallery
from analysis.findings import find
from analysis.report import write_report
from analysis.results import StudyResults
from lightning_modules.errors import InvalidInput
from sweeps.claim import Claim
from sweeps.files import read_json
from sweeps.paths import StudyPaths
from tests.links import broken_links
from tests.stores import TinyStudy, constant, cosine, cyclic, diverging, write_study

hostile = '<script>alert("x")</script> & <b>bold</b>?'


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.style = [], "", ""
        self._inside = ""
        self.feed(text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._inside = tag

    def handle_data(self, data):
        if self._inside == "style":
            self.style += data
        elif self._inside != "script":
            self.text += data

    def handle_endtag(self, tag):
        self._inside = ""

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


claims = (
    Claim("Better than guessing.", "test_accuracy[winner]", 0.0, "above"),
    Claim("Beyond perfection.", "test_accuracy[winner]", 2.0, "above"),
    Claim("Not measured.", "test_accuracy[schedule=other]", 0.5, "above"),
)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    confirmed = (*TinyStudy().confirmed, (diverging, ("winner 2",)))
    study = TinyStudy().but(question=hostile, claims=claims, confirmed=confirmed)
    paths = write_study(tmp_path_factory.mktemp("store") / "tiny", study)
    assert write_report(paths) == paths.report / "index.html"
    return paths


@pytest.fixture(scope="module")
def page(paths):
    return Page((paths.report / "index.html").read_text())


def test_hostile_text_stays_text(page):
    assert hostile in page.text
    assert [script.get("type", "") for script in page.all("script")] == ["", "application/json", "text/plain", ""]
    assert not page.all("b")


def test_page_needs_nothing_beside_it(page, paths):
    for image in page.all("img"):
        assert image["src"].startswith("data:image/png;base64,")
        assert len(image["alt"]) > 20
        assert int(image["width"]) > 100
    assert not page.all("link")
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert broken_links(paths.report / "index.html") == []


def test_a_figure_speaks_of_the_best_groups_only_where_some_are_left_out(paths, monkeypatch):
    found = find(StudyResults.open(paths))
    (key,) = found.gains
    # The winner is a run of one of the groups: it is no group that would be left out.
    found = replace(found, gains={**found.gains, "winner": found.gains[key]})
    (drawing,) = gallery._ensembles(found)
    assert "best groups" not in drawing.caption
    more = {**found.gains, **dict.fromkeys(found.results.compared, found.gains[key])}
    monkeypatch.setattr(gallery, "_most_lines", 2)
    (drawing,) = gallery._ensembles(replace(found, gains=more))
    assert "The 2 best groups." in drawing.caption


def test_order_is_question_answer_verdicts_warnings_contents_claims_sections_origin(page):
    marks = [
        hostile,
        "is ahead",
        "3 claims undecided",
        "diverged (seed 100, 101, 102)",
        "All 3 claims are undecided",
        "Intervals are 95 % t-intervals",
        "Contents",
        "Written down before",
        "Figure 1. Test accuracy",
        "Test accuracy (5 rows)",
        "Snapshot ensembles (2 rows)",
        "Trials of the search (4 rows)",
        "atlas run tiny",
        "search seeds0–1",
        "report seeds100–102",
        "Recipes that were confirmed",
        "Every estimate by its name",
    ]
    assert [mark for mark in marks if mark not in page.text] == []
    places = [page.text.index(mark, 60) for mark in marks]
    assert places == sorted(places)


def test_headings_descend_one_by_one_and_landmarks_are_named(page):
    levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(after - before for before, after in pairwise(levels)) <= 1
    assert len(page.all("main")) == len(page.all("header")) == 1
    assert page.all("nav")[0]["aria-label"] == "Contents"
    assert page.all("a")[0] == {"class": "skip", "href": "#content"}
    assert page.all("html")[0]["lang"] == "en"
    for section in page.all("section"):
        assert "aria-labelledby" in section


def test_every_figure_and_table_of_the_files_stands_in_one_section(page, paths):
    names = [each["id"] for each in page.all("figure")]
    assert sorted(names) == sorted(path.stem for path in (paths.report / "figures").glob("*.png"))
    for suffix in ("csv", "tex"):
        listed = sorted(f"{path.stem}-table" for path in (paths.report / "tables").glob(f"*.{suffix}"))
        assert listed == sorted(each["id"] for each in page.all("div") if each.get("class") == "fold" and "id" in each)


def test_page_says_how_often_each_group_was_tried(page, paths):
    schedules = [each["recipe_json"]["schedule"]["type"] for each in read_json(paths.study)["trials"]]
    counts = {kind: sum(each.endswith(f":{kind}") for each in schedules) for kind in ("Constant", "CyclicCosine")}
    said = page.text.partition("Trials of the search by schedule: ")[2].partition(".")[0]
    assert f"constant {counts['Constant']}" in said
    assert f"cyclic cosine {counts['CyclicCosine']}" in said
    assert sum(counts.values()) <= len(schedules)


def test_results_hold_every_estimate_and_verdict(paths):
    results = json.loads((paths.report / "results.json").read_text())
    names = {estimate["name"]: estimate for estimate in results["estimates"]}
    assert set(names) >= {
        "test_accuracy[winner]",
        "test_accuracy[schedule=cosine]",
        "test_accuracy[schedule=cyclic cosine]",
        "test_accuracy_difference[schedule=constant - schedule=cosine]",
        "test_accuracy_difference[schedule=cosine - schedule=constant]",
        "ensemble_gain_accuracy[schedule=cyclic cosine]",
        "ensemble_gain_nll[schedule=cyclic cosine]",
    }
    assert len(names) == len(results["estimates"])
    for estimate in results["estimates"]:
        assert set(estimate) == {"name", "value", "low", "high", "n", "over", "method"}
        assert estimate["n"] == 3
        if estimate["low"] is None:  # diverged on every seed: no measurement
            assert (estimate["value"], estimate["high"]) == (0.5, None)
            assert "3 diverged" in estimate["over"]
        else:
            assert estimate["low"] <= estimate["value"] <= estimate["high"]
    one_way = names["test_accuracy_difference[schedule=constant - schedule=cosine]"]
    other_way = names["test_accuracy_difference[schedule=cosine - schedule=constant]"]
    assert one_way["value"] == pytest.approx(-other_way["value"])
    # Three seeds decide nothing, and say how many would.
    assert [claim["verdict"] for claim in results["claims"]] == ["undecided"] * 3
    assert [claim["p"] for claim in results["claims"]] == [0.25, 0.25, None]
    assert [claim["p_corrected"] for claim in results["claims"]] == [0.75, 0.75, None]
    for claim, side in zip(results["claims"], ("above 0 %", "below 200 %"), strict=False):
        assert f"The whole interval lies {side}, but p = 0.75, corrected for 3 claims" in claim["reason"]
        assert "3 seeds cannot decide a claim among 3 claims: the sign-flip test needs 7." in claim["reason"]
        assert claim["seeds_needed"] == 7
    assert "no estimate" in results["claims"][2]["reason"]
    keys = {
        "statement",
        "estimate",
        "bound",
        "direction",
        "verdict",
        "reason",
        "reading",
        "p",
        "p_corrected",
        "seeds_needed",
        "late",
    }
    assert set(results["claims"][0]) == keys


def test_tables_say_what_the_store_says(paths, page):
    with (paths.report / "tables" / "seeds.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == "schedule=cyclic cosine"]
    for row in rows:
        record = json.loads(
            (paths.runs / cyclic.hash / "init{0}-order{0}-split{0}".format(row["seed"]) / "record.json").read_text()
        )
        assert float(row["test_accuracy"]) == pytest.approx(record["metrics"]["test_accuracy"])
    assert len(rows) == 3
    for table in ("test_accuracy", "differences", "ensembles", "trials"):
        with (paths.report / "tables" / f"{table}.csv").open(newline="") as file:
            assert list(csv.DictReader(file)), table
    assert len(page.all("table")) == 7
    with (paths.report / "tables" / "estimates.csv").open(newline="") as file:
        listed = {row["name"]: row for row in csv.DictReader(file)}
    for each in json.loads((paths.report / "results.json").read_text())["estimates"]:
        assert float(listed[each["name"]]["value"]) == each["value"]


def test_figures_are_there_as_png_and_pdf(paths):
    names = {"search", "test_accuracy_schedule", "training", "ensemble_gain", "loss_plane", "loss_surface", "loss_line"}
    names |= {"reliability", "risk_coverage"}
    for suffix in ("png", "pdf"):
        assert {path.stem for path in (paths.report / "figures").glob(f"*.{suffix}")} == names


@pytest.mark.usefixtures("undrawn")
def test_a_failed_report_leaves_the_last_one(paths, monkeypatch):
    before = (paths.report / "index.html").read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(analysis.report, "write_csv", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(paths)
    assert (paths.report / "index.html").read_bytes() == before
    assert not list(paths.root.glob(".report.*"))


@pytest.mark.usefixtures("undrawn")
def test_a_second_report_replaces_the_first(paths, tmp_path):
    shutil.copytree(paths.root, tmp_path / "tiny")
    paths = StudyPaths(tmp_path / "tiny")
    stray = paths.report / "stray"
    stray.touch()
    write_report(paths)
    assert (paths.report / "index.html").is_file()
    assert not stray.exists()
    assert not list(paths.root.glob(".report.*"))


def test_an_unfinished_search_is_reported_as_such(tmp_path):
    paths = write_study(tmp_path / "tiny", TinyStudy().but(trials=(constant, diverging), confirmed=(), finished=False))
    text = Page(write_report(paths).read_text()).text
    assert "There is no answer yet" in text
    assert "not finished" in text
    assert "2 of 4 runs of the search diverged" in text


def test_one_seed_and_no_groups_give_no_interval(tmp_path):
    study = TinyStudy().but(
        trials=(constant, cosine),
        confirmed=((cosine, ("winner 1",)), (constant, ("winner 2",))),
        report_seeds=(100,),
        group_by=(),
        claims=claims[:1],
    )
    paths = write_study(tmp_path / "tiny", study)
    text = Page(write_report(paths).read_text()).text
    assert "One seed cannot tell it from the runner-up" in text
    assert "There is one report seed" in text
    results = json.loads((paths.report / "results.json").read_text())
    assert results["claims"][0]["verdict"] == "undecided"
    assert {estimate["low"] for estimate in results["estimates"]} == {None}


def test_runs_that_are_missing_are_counted(tmp_path):
    paths = write_study(
        tmp_path / "tiny", TinyStudy().but(trials=(cosine,), confirmed=((cosine, ("winner 1",)),), group_by=())
    )
    gone = paths.runs / cosine.hash / "init101-order101-split101" / "record.json"
    gone.unlink()
    text = Page(write_report(paths).read_text()).text
    assert "1 of 3 report seeds are not trained yet" in text
    assert "(n = 2 seeds)" in text


def test_a_store_without_the_study_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no study"):
        write_report(StudyPaths(tmp_path))
