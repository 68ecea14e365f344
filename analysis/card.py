"""A study in one look: what its report's `results.json` holds for the page above all studies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.claims import Verdict
from analysis.findings import Findings
from analysis.plate import Plate
from analysis.report_sources import file_checksum
from lightning_modules.errors import InvalidInput
from sweeps.files import read_json
from sweeps.paths import StudyPaths

__all__ = ["Card", "card_content", "card_of"]

_verdicts: tuple[Verdict, ...] = ("supported", "contradicted", "undecided")


@dataclass(frozen=True)
class Card:
    """What the page above all studies says of one.

    Arguments:
        name: of the study's folder.
        page: its report, from the store; empty if there is none to open.
        question: that it asks; empty if that is not known.
        answer: in a sentence or two, or why there is none.
        verdicts: how many claims have each, in one order.
        figure: a PNG, from the store; empty if there is none.
        alt: for those who cannot see it.
        cautions: how many warnings the report begins with.
        fault: what is wrong, a sentence; empty if nothing is.
    """

    name: str
    page: str = ""
    question: str = ""
    answer: str = ""
    verdicts: tuple[tuple[Verdict, int], ...] = ()
    figure: str = ""
    alt: str = ""
    cautions: int = 0
    fault: str = ""


def card_content(findings: Findings, plates: Sequence[Plate], cautions: int) -> dict[str, Any]:
    """Return what a report's ``results.json`` holds for the page above all studies.

    Arguments:
        findings: of the report.
        plates: its figures; the first of them stands on the card.
        cautions: how many warnings it begins with.
    """
    first = plates[0] if plates else None
    return {
        "question": findings.results.question,
        "answer": findings.answer,
        "figure": Path(first.png).name if first else None,
        "alt": first.alt if first else "",
        "cautions": cautions,
    }


def card_of(paths: StudyPaths) -> Card:
    """Return a study's card, read from its report; what is wrong with that is a sentence on the card."""
    name = paths.root.name
    file = paths.report / "results.json"
    if not file.is_file():
        return Card(name, fault=f"There is no report yet: atlas report {name} writes it.")
    try:
        return _read(paths, read_json(file))
    except OSError as error:
        return Card(name, fault=f"Its report cannot be read ({error.strerror}): atlas report {name} writes it again.")
    except (InvalidInput, KeyError, TypeError, AttributeError):
        return Card(name, fault=f"Its report is damaged, or older than this page: atlas report {name} writes it again.")


def _read(paths: StudyPaths, content: Any) -> Card:
    card, claims = content["card"], [each["verdict"] for each in content["claims"]]
    texts = [card["question"], card["answer"], card["alt"]]
    if not all(isinstance(each, str) for each in texts) or not isinstance(card["cautions"], int):
        raise TypeError
    if set(claims) - set(_verdicts):
        raise KeyError
    root, stale = quote(paths.root.name), content["study_sha256"] != file_checksum(paths)
    return Card(
        paths.root.name,
        f"{root}/report/index.html" if (paths.report / "index.html").is_file() else "",
        card["question"],
        card["answer"],
        tuple((each, claims.count(each)) for each in _verdicts if each in claims),
        _figure(paths, root, card["figure"]),
        card["alt"],
        card["cautions"],
        f"The study has gone on since: atlas report {paths.root.name} writes its report anew." if stale else "",
    )


def _figure(paths: StudyPaths, root: str, name: str | None) -> str:
    """Return the way to a figure from the store, empty if it is not there; a name that leads elsewhere is none."""
    if name is None or Path(name).name != name or not (paths.report / "figures" / name).is_file():
        return ""
    return f"{root}/report/figures/{quote(name)}"
