"""What verbs left in a landscape is shown in the report as it lies there, and what is broken is one sentence."""

import csv
import json
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

from analysis.estimate import t_interval
from analysis.measured import Illustration, found_in, measured, study_checksum, write_measured
from analysis.report import write_report
from analysis.report_sources import sources_of
from analysis.style import figure, save
from lightning_modules.errors import InvalidInput
from studies.command.run import _is_reported
from sweeps.files import read_json
from tests.links import broken_links
from tests.stores import TinyStudy, cosine, write_study
from tests.test_report import Page

hostile = '<img src="https://example.org/x.png" onerror="alert(1)">'


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    study = TinyStudy().but(trials=(cosine,), confirmed=((cosine, ("winner 1",)),), group_by=(), report_seeds=(100,))
    return write_study(tmp_path_factory.mktemp("store") / "tiny", study)


@pytest.fixture
def paths(store):
    shutil.rmtree(store.landscape, ignore_errors=True)
    return store


def write(paths, name, found, *, study=None, figures=1):
    paths.landscape.mkdir(exist_ok=True)
    illustrations = [
        Illustration(f"{name}{number}", f"Caption of {name}{number}.", f"Alt of {name}{number}.")
        for number in range(figures)
    ]
    for each in illustrations:
        drawing = figure(1, 1)
        save(drawing, paths.landscape, each.name)
    own = study_checksum(paths) if study is None else study
    write_measured(paths.landscape, name, found, title=f"Title of {name}", illustrations=illustrations, study=own)


class Lists(HTMLParser):
    """The items of all lists of class ``checks``."""

    def __init__(self, text):
        super().__init__()
        self.items, self._inside = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "ul":
            self._inside = dict(attributes).get("class") == "checks"
        elif tag == "li" and self._inside:
            self.items.append("")

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "ul"

    def handle_data(self, data):
        if self._inside and self.items:
            self.items[-1] += data.rstrip("\n")


def test_parts_stand_in_a_stable_order_with_figures_checks_and_links(paths):
    write(paths, "unheard_of", {"a": {"checks": ["of something new"]}})
    write(paths, "spectrum", {"a": {"run": "r/s", "checks": ["first", "second"]}, "b": {"checks": []}}, figures=2)
    write(paths, "slice", {hostile: {"runs": ["x", "y"], "checks": [hostile]}})
    text = write_report(paths).read_text()
    page = Page(text)
    measured_from = page.text.index("What follows was measured")
    for start in (0, measured_from):  # among the contents, and in the section
        places = [page.text.index(f"Title of {name}", start) for name in ("slice", "spectrum", "unheard_of")]
        assert places == sorted(places)
    assert places[-1] < page.text.index("report written by")
    items = Lists(text).items
    assert items[-5:] == [hostile, "first", "second", "nothing was checked", "of something new"]
    assert f"Checks of {hostile} · 2 runs:" in page.text
    assert "Checks of a · run r/s:" in page.text
    assert "gone on since" not in page.text
    figures = [each["id"] for each in page.all("figure") if each["id"].startswith("landscape-")]
    assert figures == [f"landscape-{name}" for name in ("slice0", "spectrum0", "spectrum1", "unheard_of0")]
    for name in ("spectrum0.png", "spectrum0.pdf", "spectrum.json"):
        assert any(each["href"] == f"landscape/{name}" for each in page.all("a"))
    assert broken_links(paths.report / "index.html") == []
    for each in page.all("img"):
        assert each["src"].startswith("data:")


@pytest.mark.usefixtures("undrawn")
def test_a_measurement_of_an_earlier_state_is_marked(paths):
    write(paths, "slice", {"a": {"checks": []}}, study="0" * 64)
    assert "The study has gone on since" in Page(write_report(paths).read_text()).text


@pytest.mark.usefixtures("undrawn")
def test_numbers_are_read_as_written_and_a_study_without_them_has_no_part(paths):
    assert "What follows was measured" not in Page(write_report(paths).read_text()).text
    write(paths, "slice", {"a": {"steps": [1.0], "checks": ["x"]}, "b": {}})
    assert found_in(paths.landscape / "slice.json") == {"a": {"steps": [1.0], "checks": ["x"]}, "b": {"checks": []}}


broken = {
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "a list": b"[]",
    "an older form": b'{"cosine": {"checks": []}}',
    "checks that are no list": b'{"format": 1, "title": "x", "figures": [], "study_sha256": null,'
    b' "found": {"a": {"checks": 3}}}',
    "a way out": b'{"format": 1, "title": "x", "figures": [{"name": "../x", "caption": "", "alt": ""}],'
    b' "study_sha256": null, "found": {}}',
}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("content", broken.values(), ids=broken.keys())
def test_a_broken_file_is_one_sentence_and_the_rest_is_shown(paths, content):
    write(paths, "slice", {"a": {"checks": ["sound"]}})
    (paths.landscape / "spectrum.json").write_bytes(content)
    fault, sound = sorted(measured(paths.landscape), key=lambda each: not isinstance(each, str))
    assert fault.startswith("spectrum.json is not ")
    assert fault.endswith("measure it again.")
    assert sound.name == "slice"
    with pytest.raises(InvalidInput, match=r"spectrum\.json"):
        found_in(paths.landscape / "spectrum.json")
    text = Page(write_report(paths).read_text()).text
    assert fault in text
    assert "sound" in text


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("damage", ["missing", "torn"])
def test_a_figure_that_is_gone_is_one_sentence_and_its_checks_stay(paths, damage):
    write(paths, "slice", {"a": {"checks": ["still said"]}})
    png = paths.landscape / "slice0.png"
    if damage == "missing":
        png.unlink()
    else:
        png.write_bytes(png.read_bytes()[:-20])
    text = Page(write_report(paths).read_text()).text
    assert f"The figure slice0.png {'cannot be read' if damage == 'missing' else 'is damaged'}" in text
    assert "still said" in text


@pytest.mark.usefixtures("undrawn")
def test_a_report_is_of_the_study_and_of_the_landscape(paths):
    write_report(paths)
    assert _is_reported(paths)
    write(paths, "slice", {"a": {"checks": []}})
    assert not _is_reported(paths)
    write_report(paths)
    assert _is_reported(paths)
    (paths.landscape / "slice0.png").write_bytes(b"other")
    assert not _is_reported(paths)
    told = read_json(paths.report / "results.json")
    assert told["study_sha256"] == sources_of(paths)["study_sha256"]
    (paths.landscape / "chunks").mkdir()
    (paths.landscape / ".slice.json.aside").touch()
    write_report(paths)
    assert _is_reported(paths)


@pytest.mark.usefixtures("undrawn")
def test_a_plane_can_be_turned_and_the_page_asks_the_network_for_nothing(paths):
    steps = np.linspace(-1, 1, 5)
    losses = (0.1 + steps[:, None] ** 2 + steps[None] ** 2).tolist()
    losses[0][0] = None
    plane = {"x": steps.tolist(), "y": steps.tolist(), "losses": losses, "accuracies": None, "unit": "</script>"}
    paths.landscape.mkdir()
    save(figure(1, 1), paths.landscape, "surface_a")
    shown = [Illustration("surface_a", "Caption.", "Alt of the surface.", "a")]
    write_measured(
        paths.landscape,
        "plane",
        {"a": {**plane, "checks": ["of a"]}, "no plane": {"x": 3, "losses": "x", "checks": []}},
        title="Planes",
        illustrations=shown,
        study="",
    )
    text = write_report(paths).read_text()
    page = Page(text)
    (chart,) = [each for each in page.all("script") if each.get("id") == "landscape-surface_a-chart"]
    assert chart["type"] == "application/json"
    content = text.partition('id="landscape-surface_a-chart">')[2].partition("</script>")[0]
    heights = json.loads(content)["data"][0]["z"]
    assert heights[0][0] is None
    assert heights[2][2] == pytest.approx(-1)
    # The picture stands on its own; what can be turned shows itself only where it can be drawn.
    (turned,) = [each for each in page.all("div") if each.get("class") == "turned"]
    assert "hidden" in turned
    (stage,) = [each for each in page.all("div") if each.get("class") == "stage"]
    assert stage["aria-label"] == "Alt of the surface."
    assert len(page.all("button")) == 5
    assert sum(each.get("id") == "plotly" for each in page.all("script")) == 1
    for _, attributes in page.elements:
        for name in ("src", "href", "srcset", "action", "data"):
            assert not str(attributes.get(name, "")).startswith(("http", "//"))
    (policy,) = [each["content"] for each in page.all("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


@pytest.mark.usefixtures("undrawn")
def test_estimates_of_a_measurement_stand_in_a_table_of_their_part(paths):
    paths.landscape.mkdir()
    found = [t_interval([0.1, 0.2, 0.4], f"barrier[{hostile}]", "3 pairs", "nats")]
    study = study_checksum(paths)
    write_measured(paths.landscape, "b c", {}, title="Barriers", illustrations=[], study=study, estimates=found)
    page = Page(write_report(paths).read_text())
    part = page.text.partition("What follows was measured")[2]
    assert "Estimates: Barriers (1 row)" in part
    assert part.count(f"barrier[{hostile}]{found[0].amount}3") == 2  # here and among all of the study
    assert broken_links(paths.report / "index.html") == []
    with (paths.report / "tables" / "measured-b c.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["name"], float(row["low"]), row["unit"]) == (found[0].name, found[0].low, "nats")
