"""The atlas itself: one page above all studies of a store."""

import os
from pathlib import Path

from analysis.card import card_of
from analysis.pages import rendered
from sweeps.paths import StudyPaths

__all__ = ["studies_in", "write_atlas"]

# Each try is a race with another study's report that was lost.
_tries = 5


def studies_in(store: Path) -> list[StudyPaths]:
    """Return the studies of a store, by name: its folders that hold a study's file."""
    folders = sorted(each for each in store.iterdir() if not each.name.startswith(".")) if store.is_dir() else []
    return [paths for folder in folders if (paths := StudyPaths(folder)).study.is_file()]


def write_atlas(store: Path) -> Path:
    """Write ``STORE/index.html`` from what the studies' reports hold, and return its path.

    Of each study it reads ``report/results.json`` alone. A study whose report
    is missing or damaged is a sentence on its card. Reports of other studies
    may be written at the same time, each with this page after it: so it is
    read once more after it was written, until that changes nothing.

    Arguments:
        store: the folder that holds the studies.
    """
    page, text = store / "index.html", _text(store)
    for _ in range(_tries):
        _write(page, text)
        before, text = text, _text(store)
        if text == before:
            break
    return page


def _text(store: Path) -> str:
    return rendered("atlas.html.j2", cards=[card_of(paths) for paths in studies_in(store)])


def _write(page: Path, text: str) -> None:
    # A name of its own, unlike that of `write_aside`: the reports of two studies may be written at once.
    aside = page.with_name(f".index.{os.getpid()}.html")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(page)
    finally:
        aside.unlink(missing_ok=True)
