"""A dashboard asks W&B for names that its runs hold, and a search's page shows the search and changes nothing."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from analysis.results import StudyResults
from analysis.tracked import tell_study
from sweeps.files import write_json
from sweeps.paths import StudyPaths
from sweeps.search import Search
from sweeps.search_page import search_page
from sweeps.tracking import Tracking, tracker_of
from tests.stores import TinyStudy, constant, cosine, diverging, write_study
from tests.test_cli import atlas
from tests.test_driver import study as searched_study
from tests.test_tracking import read_back

repository = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of a study with its report."""
    folder = tmp_path_factory.mktemp("store")
    confirmed = ((cosine, ("winner 1", "schedule=cosine")), (constant, ("schedule=constant",)))
    paths = write_study(folder / "tiny", TinyStudy(trials=(diverging, constant, cosine), confirmed=confirmed))
    write_json(paths.report / "results.json", {"estimates": {}})
    run = {"run": f"{cosine.hash}/init100-order100-split100", "steps": [0, 5], "top": [[3.5], [2.5]]}
    write_json(paths.landscape / "stability.json", {"found": {"schedule=cosine": run}})
    (paths.report / "tables").mkdir()
    (paths.report / "tables" / "test_accuracy_table.csv").write_text("group,mean\ncosine,0.5\n")
    (paths.report / "figures").mkdir()
    shutil.copy(repository / "studies" / "three_minima.png", paths.report / "figures" / "gain.png")
    return folder


def values(data, key):
    """Every value of a key, wherever it stands in JSON data."""
    if isinstance(data, dict):
        found = [data[key]] if key in data else []
        return found + [each for inner in data.values() for each in values(inner, key)]
    return [each for inner in data for each in values(inner, key)] if isinstance(data, list) else []


def flat(data, prefix=""):
    if not isinstance(data, dict):
        return {prefix}
    return {prefix}.union(*(flat(inner, f"{prefix}.{name}".lstrip(".")) for name, inner in data.items()))


def asked_for(view):
    """The names that a view asks W&B for, by where it looks for them."""
    section = view["spec"]["section"]
    (runs,) = section["runSets"]
    panels = [panel for each in values(section["panelBankConfig"]["sections"], "panels") for panel in each]

    def of(kind, *path):
        found = [panel["config"] for panel in panels if panel["viewType"] == kind]
        for key in path:
            found = [each[key] for each in found]
        return found

    accessors = [*values(panels, "accessor"), *of("Scatter Plot", "xAxis"), *of("Scatter Plot", "yAxis")]
    accessors += runs["runFeed"]["columnOrder"]
    keys = [*runs["grouping"], *values(runs["filters"], "key"), *values(runs["sort"], "key")]
    accessors += [f"{key['section']}:{key['name']}" for key in keys]
    plain = [*of("Parameter Importance", "targetKey"), *values(of("Weave"), "val")]
    plain += chain(*of("Bar Chart", "metrics"), *of("Media Browser", "mediaKeys"))
    found = {
        place: {name.partition(":")[2] for name in accessors if name.startswith(f"{place}:")}
        for place in ("summary", "config")
    }
    found["summary"] |= set(plain)
    lines = "Run History Line Plot"
    return found | {"history": {*chain(*of(lines, "metrics")), *of(lines, "xAxis")}}


def test_every_name_is_one_that_the_runs_hold(store, tmp_path, capsys, monkeypatch):
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = StudyPaths(store / "tiny")
    results = StudyResults.open(paths)
    with tracker_of("tiny", paths, Tracking("offline")) as tracker:
        trial = results.trials[1]
        tracker.search_trial(1, list(trial.records.values()), trial.value)
        tracker.confirmed_run(results.confirmed[0].records[100], results.confirmed[0].reasons)
        tell_study(paths, tracker)
    runs = list(read_back(paths).values())

    status, out, _ = atlas(capsys, monkeypatch, "dashboard", "tiny", "--store", store)
    assert status == 0
    confirmed, search = json.loads(out)
    for view, kinds in ((confirmed, ("confirm", "study")), (search, ("search",))):
        shown = [run for run in runs if run.run["job_type"] in kinds]
        held = {
            "history": {name for run in shown for row in run.history for name in row},
            "summary": {name.removesuffix(".path") for run in shown for name in run.summary},
            "config": {
                name.replace(first, f"{first}.value", 1)
                for run in shown
                for first, value in run.run["config"]["update"].items()
                for name in flat(value, first)
            },
        }
        held["config"] |= {name.removesuffix(".value") for name in held["config"]}
        asked = asked_for(view)
        for place, names in asked.items():
            assert names, place
            assert names <= held[place], place
        tests = view["spec"]["section"]["runSets"][0]["filters"]["filters"]
        told = {each["key"]["name"]: each["value"] for each in tests}
        assert told == {"study": "tiny", "jobType": list(kinds) if len(kinds) > 1 else kinds[0]}

    assert values(search, "sort") == [
        {"keys": [{"key": {"section": "summary", "name": "objective"}, "ascending": False}]}
    ]
    # Nothing that a run holds is left out, and no group is of seeds.
    final = set.union(*(set(each.metrics) for every in results.confirmed for each in every.records.values()))
    assert asked_for(confirmed)["summary"] == final | {"test_accuracy_table", "grouped", "figures/gain"}
    assert "lambda_max" in asked_for(confirmed)["history"]
    grouping = confirmed["spec"]["section"]["runSets"][0]["grouping"]
    assert grouping == [
        {"section": "config", "name": "recipe.value.schedule.type"},
        {"section": "run", "name": "group"},
    ]
    assert asked_for(search)["config"] >= {"recipe.value.optimizer.learning_rate", "recipe.value.schedule.type"}

    # W&B's own package reads it.
    from wandb_workspaces.workspaces import internal

    from sweeps.dashboard import ws

    for view in (confirmed, search):
        own = ws.Workspace._from_model(internal.View.model_validate(view))
        assert (own.name, own.project) == (view["displayName"], "lossatlas")
        assert own.runset_settings.filters.startswith("Config(\"study\") == 'tiny' and Metric")

    file = tmp_path / "views" / "tiny.json"
    assert atlas(capsys, monkeypatch, "dashboard", "tiny", "--store", store, "--output", file)[0] == 0
    assert json.loads(file.read_text()) == json.loads(out)


class Taking(BaseHTTPRequestHandler):
    """As much of W&B's server as keeps a view."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/graphql":
            self.send_error(404)
            return
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        asked = json.loads(body).get("variables") or {}
        if "spec" in asked:
            self.server.views.append(asked)
        view = {"id": asked.get("displayName"), "name": asked.get("name")}
        answer = {"viewer": {"id": "me", "entity": "me", "username": "me", "teams": {"edges": []}}}
        content = json.dumps({"data": answer | {"upsertView": {"view": view, "inserted": True}}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def test_without_a_key_nothing_is_pushed(store, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    status, out, err = atlas(capsys, monkeypatch, "dashboard", "tiny", "--store", store, "--push")
    assert (status, out) == (2, "")
    assert err == "atlas: W&B has no key of yours: `wandb login` first, or give --output FILE in place of --push.\n"
    assert not (store / "tiny" / "wandb" / "dashboard.json").exists()


def test_a_dashboard_is_pushed_with_a_key_and_pushed_again_in_its_own_place(store, tmp_path, capsys, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    server.views = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    own = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")} | {
        "HOME": str(tmp_path),
        "WANDB_API_KEY": "0" * 40,
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_BASE_URL": f"http://127.0.0.1:{server.server_port}",
    }
    code = (
        f"import sys; sys.argv = ['atlas', 'dashboard', 'tiny', '--store', {str(store)!r}, '--push']\n"
        "from studies.command.app import app\n"
        "for _ in range(2): app(standalone_mode=False)\n"
    )
    words = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(words, env=own, cwd=repository, capture_output=True, text=True, check=True)
    server.shutdown()
    server.server_close()
    assert done.stdout.count("Pushed: http://127.0.0.1") == 4
    first, second = server.views[:2], server.views[2:]
    assert [each["displayName"] for each in first] == ["tiny: confirmed runs", "tiny: search"]
    assert {(each["entityName"], each["projectName"]) for each in first} == {("me", "lossatlas")}
    assert [(each["name"], each["id"]) for each in second] == [(each["name"], each["displayName"]) for each in first]
    assert [each["spec"] for each in second] == [each["spec"] for each in first]
    out = atlas(capsys, monkeypatch, "dashboard", "tiny", "--store", store)[1]
    assert [each["spec"] for each in json.loads(out)] == [json.loads(each["spec"]) for each in first]


def test_the_page_of_a_search_answers_and_changes_nothing(tmp_path, capsys, monkeypatch):
    paths = StudyPaths(tmp_path / "it")
    paths.root.mkdir()
    with Search(searched_study, "default", paths.search) as search:
        for value in (0.5, 0.75):
            search.tell(search.ask().number, value)
    with search_page(paths.search, "127.0.0.1", 0) as (server, address):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urlopen(f"{address}dashboard") as answer:
            assert b"<html" in answer.read()
        with urlopen(f"{address}api/studies") as answer:
            (summary,) = json.load(answer)["study_summaries"]
        assert summary["study_name"] == "default"
        with urlopen(f"{address}api/studies/{summary['study_id']}?after=0") as answer:
            told = [trial["values"] for trial in json.load(answer)["trials"]]
        refused = Request(f"{address}api/studies/{summary['study_id']}", method="DELETE")
        with pytest.raises(HTTPError, match="403") as error:
            urlopen(refused)
        error.value.close()
        words = ("dashboard", "it", "--store", tmp_path, "--search", "--port")
        taken = atlas(capsys, monkeypatch, *words, server.server_port)
        server.shutdown()
    assert [[float(value) for value in each] for each in told] == [[0.5], [0.75]]
    assert taken[:2] == (2, "")
    assert "give another --port, or 0 for a free one" in taken[2]
    with Search(searched_study, "default", paths.search) as search:
        assert [each.value for each in search.proposals()] == [0.5, 0.75]
    # Ctrl-C is how it ends.
    monkeypatch.setattr("sweeps.search_page._Server.serve_forever", lambda _: signal.raise_signal(signal.SIGINT))
    status, out, err = atlas(capsys, monkeypatch, *words, 0)
    assert (status, err) == (0, "")
    assert out.startswith("Search: http://127.0.0.1:")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "holds no complete trial of a study: `atlas run` it first"),
        (["--search"], "There is no search in"),
        (["--search", "--push"], "--search, --push and --output are three things to do: give one of them"),
        (["--search", "--storage", "nowhere://x"], "The driver of nowhere://x is not installed"),
    ],
    ids=["nothing run", "no search", "two things", "no such database"],
)
def test_what_cannot_be_shown_is_one_sentence(tmp_path, capsys, monkeypatch, words, sentence):
    status, out, err = atlas(capsys, monkeypatch, "dashboard", "smoke", "--store", tmp_path, *words)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert sentence in err


@pytest.mark.parametrize("words", [(), ("--search",)], ids=["dashboard", "search"])
def test_without_its_extra_it_says_how_to_install_it(store, capsys, monkeypatch, words):
    for package, ours in (("wandb_workspaces", "dashboard"), ("optuna_dashboard", "search_page")):
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.delitem(sys.modules, f"sweeps.{ours}", raising=False)
    status, out, err = atlas(capsys, monkeypatch, "dashboard", "tiny", "--store", store, *words)
    assert (status, out) == (2, "")
    assert "which is not installed: pip install 'lossatlas[dashboard]'." in err
