"""Where a search is kept: SQLite with a write-ahead log, or what a URL names; no password is ever shown."""

import sqlite3
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from lightning_modules.errors import InvalidInput
from sweeps.course import Course
from sweeps.paths import StudyPaths
from sweeps.search import Search
from sweeps.secrets import without_passwords
from sweeps.verification import verify
from tests.postgresql import binaries, password, server
from tests.test_driver import Failing, content, run, study
from tests.test_search import ask_all, make_study


def test_sqlite_has_a_write_ahead_log(tmp_path):
    for name, place in {"a.db": tmp_path / "a.db", "b.db": f"sqlite:///{tmp_path}/b.db"}.items():
        Search(make_study(), "default", place).ask()
        with sqlite3.connect(tmp_path / name) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()


def test_two_stores_share_a_database_and_no_search(tmp_path):
    url = f"sqlite:///{tmp_path}/shared.db"
    run(tmp_path / "plain")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "one", Failing(3), database=url)
    run(tmp_path / "two", database=url)
    run(tmp_path / "one", database=url)
    assert content(tmp_path / "one") == content(tmp_path / "two") == content(tmp_path / "plain")
    assert not (tmp_path / "one" / "it" / "search.db").exists()
    first, second = [StudyPaths(tmp_path / name / "it").search_identity.read_text() for name in ("one", "two")]
    assert first != second
    assert list(verify(StudyPaths(tmp_path / "one" / "it"))) == []


def test_another_driver_at_the_same_search_is_noticed(tmp_path):
    search, other = [Search(make_study(), "default", tmp_path / "search.db") for _ in range(2)]
    search.ask()
    with pytest.raises(InvalidInput, match="Another atlas is at work on this search"):
        other.ask()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgres", r"--storage is not a URL: give one such as postgresql://"),
        ("postgresql://me:hunter2@127.0.0.1:1/x", r"database postgresql://me:\*\*\*@127\.0\.0\.1:1/x cannot be used"),
        ("oracle+cx_oracle://me:hunter2@host/x", r"driver of oracle\+cx_oracle://me:\*\*\*@host/x is not installed"),
        ("nonsense://me:hunter2@host/x", r"driver of nonsense://me:\*\*\*@host/x is not installed"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_sentence_without_its_password(url, sentence):
    with pytest.raises(InvalidInput, match=sentence) as caught:
        Search(make_study(), "default", url)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "known", "shown"),
    [
        (
            "atlas run --storage postgresql://me:a@b/c:d@host/x y",
            (),
            "atlas run --storage postgresql://me:***@host/x y",
        ),
        ("postgresql://me@host/x?password=abc&y=1", (), "postgresql://me@host/x?password=***&y=1"),
        ("me failed with a b and a%20b and a+b", ("a b",), "me failed with *** and *** and ***"),
        ("sqlite:////tmp/x.db", (None,), "sqlite:////tmp/x.db"),
    ],
)
def test_stars_stand_for_passwords(text, known, shown):
    assert without_passwords(text, *known) == shown


def test_the_course_of_a_study_holds_no_password(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["atlas", "run", "it", "--storage", "postgresql://me:hunter2@host/x"])
    written = Course("it", tmp_path, study, "default", [], [], finished=False).to_json(tmp_path / "journal")
    assert written["provenance"]["command"] == "atlas run it --storage postgresql://me:***@host/x"


@pytest.mark.slow
def test_a_study_on_postgresql_is_what_it_is_on_sqlite(tmp_path):
    assert binaries() is not None, "PostgreSQL is not installed here: apt install postgresql"
    with server() as port:
        url = f"postgresql://atlas:{quote(password, safe='')}@127.0.0.1:{port}/postgres"
        run(tmp_path / "plain")
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "it", Failing(3), database=url)
        run(tmp_path / "it", database=url)
        assert run(tmp_path / "it", database=url) == 0
        assert content(tmp_path / "it") == content(tmp_path / "plain")

        for sampler in ("quasi-random", "cma-es"):
            here = ask_all(Search(make_study(sampler=sampler), "default", tmp_path / f"{sampler}.db"), 12)
            with Search(make_study(sampler=sampler), "default", url, sampler) as search:
                assert ask_all(search, 12) == here
            with Search(make_study(sampler=sampler), "default", url, sampler) as search:
                assert [each.recipe for each in search.proposals()] == here

        wrong = url.replace(quote(password, safe=""), "hunter2")
        with pytest.raises(InvalidInput, match="password authentication failed") as caught:
            Search(make_study(), "default", wrong)
        assert "hunter2" not in str(caught.value)
    with pytest.raises(InvalidInput, match="cannot be used"):
        Search(make_study(), "default", url)
    for file in filter(Path.is_file, tmp_path.rglob("*")):
        assert not any(form.encode() in file.read_bytes() for form in (password, quote(password, safe="")))
