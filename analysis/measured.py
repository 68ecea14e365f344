"""What a verb found, as files of one shape: numbers as JSON, its figures beside them, and what a report reads of both.

``NAME.json`` holds ``format``, ``title`` (of a report's part), ``figures`` (each
with ``name``, ``caption``, ``alt`` and ``of``), ``study_sha256`` (`study_checksum` when
it was measured; null for checkpoints) and ``found``: by label the numbers of one
subject, among them ``checks``, the sentences one has to know to trust them. A
study's measurement adds ``estimates``, which its claims may cite.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.estimate import Estimate
from lightning_modules.errors import InvalidInput
from sweeps.files import read_json, write_json
from sweeps.paths import StudyPaths

__all__ = [
    "Illustration",
    "Measured",
    "found_in",
    "measured",
    "measured_now",
    "study_checksum",
    "write_measured",
]

_format = 1
_measured = ("budget", "metric", "group_by", "finished", "trials", "confirmed")
_order = ("slice", "plane", "paths", "diversity", "spectrum", "sharpness", "trajectory", "stability", "critical")
_origins = ("run", "runs", "checkpoint", "checkpoints")


@dataclass(frozen=True)
class Illustration:
    """A figure beside the numbers.

    Arguments:
        name: of its files ``NAME.png`` and ``NAME.pdf``.
        caption: for readers.
        alt: for those who cannot see it.
        of: the only label that it shows, under which its checks stand; empty if it shows several.
    """

    name: str
    caption: str
    alt: str
    of: str = ""


@dataclass(frozen=True)
class Measured:
    """What a report says of one file.

    Arguments:
        name: of the file, without its suffix.
        title: of its part of a report.
        illustrations: its figures.
        checks: by label, in words.
        origins: by label: the run or the checkpoint, or how many.
        study: its checksum when this was measured; empty for checkpoints.
        day: when the file was written, as its file system tells.
        estimates: that the study's claims may cite.
    """

    name: str
    title: str
    illustrations: tuple[Illustration, ...]
    checks: Mapping[str, tuple[str, ...]]
    origins: Mapping[str, str]
    study: str
    day: str
    estimates: tuple[Estimate, ...] = ()


def write_measured(
    folder: Path,
    name: str,
    found: Mapping[str, Mapping[str, Any]],
    *,
    title: str,
    illustrations: Sequence[Illustration],
    study: str,
    estimates: Sequence[Estimate] = (),
) -> None:
    """Write ``NAME.json``.

    Arguments:
        folder: that holds the figures as well.
        name: of the file, without its suffix.
        found: by label, JSON data with ``checks``, a list of sentences, in each.
        title: of its part of a report.
        illustrations: its figures.
        study: `study_checksum` from before it was measured; empty for checkpoints.
        estimates: that the study's claims may cite, each of a name of its own.
    """
    content = {
        "format": _format,
        "title": title,
        "figures": [vars(each) for each in illustrations],
        "study_sha256": study or None,
        "found": {label: {"checks": [], **each} for label, each in found.items()},
        "estimates": [each.written() for each in estimates],
    }
    write_json(folder / f"{name}.json", content)


def found_in(path: Path) -> dict[str, dict[str, Any]]:
    """Return the numbers by label that `write_measured` wrote.

    Raises:
        InvalidInput: if the file cannot be read or holds something else.
    """
    found: dict[str, dict[str, Any]] = _content(path)["found"]
    return found


def measured(folder: Path) -> list[Measured | str]:
    """Return what lies in a folder in a stable order: for a file that cannot be read a sentence that says so."""
    files = {path.stem: path for path in folder.glob("*.json") if path.is_file() and not path.name.startswith(".")}
    names = [name for name in _order if name in files] + sorted(files.keys() - set(_order))
    found: list[Measured | str] = []
    for name in names:
        try:
            found.append(_read(files[name]))
        except InvalidInput as error:
            found.append(str(error))
    return found


def measured_now(paths: StudyPaths) -> Iterator[Measured]:
    """Yield what was measured of a study as it is now; what is older, damaged or of checkpoints is left out."""
    study = study_checksum(paths)
    for each in measured(paths.landscape):
        if not isinstance(each, str) and study and each.study == study:
            yield each


def study_checksum(paths: StudyPaths) -> str:
    """Return one SHA-256 for what a study holds that is measured, empty where there is no study.

    These are its budget, its metric and groups, its trials and the recipes that
    were confirmed: a question or a claim may change without anything being
    measured again. To be taken before the study's file is read.

    Raises:
        InvalidInput: for a file that is no study.
    """
    if not paths.study.is_file():
        return ""
    content = read_json(paths.study)
    if not isinstance(content, dict):
        raise InvalidInput(f"{paths.study} holds no study: move it away and run again.")
    measured = {name: content.get(name) for name in _measured}
    return hashlib.sha256(json.dumps(measured, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> Measured:
    content = _content(path)
    found, study = content["found"], content["study_sha256"] or ""
    return Measured(
        path.stem,
        content["title"],
        tuple(Illustration(**each) for each in content["figures"]),
        {label: tuple(each["checks"]) for label, each in found.items()},
        {label: _origin(each) for label, each in found.items()},
        study,
        datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat(),
        _estimates(path, content.get("estimates", [])),
    )


def _estimates(path: Path, content: Sequence[Any]) -> tuple[Estimate, ...]:
    try:
        return tuple(map(Estimate.read, content))
    except InvalidInput as error:
        raise InvalidInput(f"{path.name}: {error}") from error


def _content(path: Path) -> dict[str, Any]:
    """Return a file's content, of the shape that `write_measured` gives it."""
    try:
        content = read_json(path)
    except OSError as error:
        raise InvalidInput(f"{path.name} cannot be read ({error.strerror}): measure it again.") from error
    except InvalidInput as error:
        raise InvalidInput(f"{path.name} is not JSON, it is damaged: measure it again.") from error
    if not isinstance(content, dict) or content.get("format") != _format or not _is_whole(content):
        raise InvalidInput(f"{path.name} is not of the form that this program writes: measure it again.")
    return content


def _is_whole(content: dict[str, Any]) -> bool:
    figures, found, study = content.get("figures"), content.get("found"), content.get("study_sha256", "")
    return (
        isinstance(content.get("title"), str)
        and (study is None or bool(study and isinstance(study, str)))
        and isinstance(figures, list)
        and all(isinstance(each, dict) and _is_figure(each) for each in figures)
        and isinstance(found, dict)
        and all(isinstance(each, dict) and _are_sentences(each.get("checks")) for each in found.values())
        and isinstance(content.get("estimates", []), list)
    )


def _is_figure(content: dict[str, Any]) -> bool:
    texts = all(isinstance(each, str) for each in content.values())
    # The name of a file in the same folder, not the way to another.
    known = {"name", "caption", "alt"} <= content.keys() <= {"name", "caption", "alt", "of"}
    return known and texts and Path(content["name"]).name == content["name"] != ""


def _are_sentences(content: object) -> bool:
    return isinstance(content, list) and all(isinstance(each, str) for each in content)


def _origin(content: Mapping[str, Any]) -> str:
    """Return where one subject's numbers come from, in words; empty where it is not said."""
    for name in _origins:
        value = content.get(name)
        if isinstance(value, str):
            other = content.get("to")
            return f"{name} {value} to {other}" if isinstance(other, str) else f"{name} {value}"
        if isinstance(value, list):
            noun = name.removesuffix("s")
            return f"{len(value)} {noun}{'' if len(value) == 1 else 's'}"
    return ""
