"""The claims of several studies with their verdicts, as one Markdown document."""

from collections import Counter
from collections.abc import Sequence

from analysis.claims import Judgement
from analysis.findings import Findings, find
from analysis.measured import measured_now
from analysis.results import StudyResults
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths

__all__ = ["claims_document"]

_columns = ("claim", "estimate", "bound", "value [95 % interval]", "n", "verdict")
_sides = {"above": "> ", "below": "< ", "within": "±"}


def claims_document(studies: Sequence[StudyPaths], command: str) -> str:
    """Return a table of claims for each study, and below it why claims were contradicted.

    Every claim of a study is a row, in the study's order, whatever came of it.

    Arguments:
        studies: that were run.
        command: that writes this document, as it was given.

    Raises:
        InvalidInput: if one of the studies has not been run to its end.
    """
    found = [_findings(paths) for paths in studies]
    verdicts = Counter(each.verdict for findings in found for each in findings.judgements)
    total = sum(verdicts.values())
    counts = ", ".join(f"{verdicts[name]} {name}" for name in ("supported", "contradicted", "undecided"))
    late = sum(each.late for findings in found for each in findings.judgements)
    days = sorted({str(each.results.provenance.get("time", ""))[:10] for each in found})
    budgets = sorted({each.results.budget_name for each in found})
    lines = [
        "# What the core studies found",
        "",
        f"Of {total} claims, {_when(late, total)}, {counts}. A claim is supported or"
        " contradicted if its whole interval lies on one side of the bound and its p-value, corrected by Holm for all"
        " claims of the study, is at most 0.05.",
        "",
        f"- Runs: `atlas run --all --budget {' / '.join(budgets)}`, {' to '.join(dict.fromkeys((days[0], days[-1])))}",
        f"- This table: `{command}`",
        f"- Versions: {_versions(found)}",
        f"- Hardware: {'; '.join(sorted({str(each.results.provenance.get('hardware')) for each in found}))}",
    ]
    for findings in found:
        lines += ["", *_study(findings)]
    return "\n".join(lines) + "\n"


def _when(late: int, total: int) -> str:
    if not late:
        return "each written down with its bound before its study ran"
    return f"{total - late} of them written down with their bounds before their studies ran and {late} later"


def _findings(paths: StudyPaths) -> Findings:
    results = StudyResults.open(paths)
    if not results.finished:
        raise InvalidInput(f"The study {results.name} has not been run to its end: `atlas run {results.name}` first.")
    return find(results, [estimate for each in measured_now(paths) for estimate in each.estimates])


def _study(findings: Findings) -> list[str]:
    results = findings.results
    lines = [
        f"## {results.name}",
        "",
        results.question,
        "",
        "| " + " | ".join(_columns) + " |",
        "|" + "---|" * len(_columns),
        *(f"| {' | '.join(map(_cell, _row(each)))} |" for each in findings.judgements),
    ]
    for verdict, words in (("contradicted", "Contradicted"), ("undecided", "Undecided")):
        told = [each for each in findings.judgements if each.verdict == verdict]
        lines += ["", *(f"- {words}: {_told(each)}" for each in told)] if told else []
    return lines


def _row(judgement: Judgement) -> tuple[str, ...]:
    claim, estimate = judgement.claim, judgement.estimate
    bound = f"{_sides[claim.direction]}{claim.bound:g}"
    value, n = ("–", "–") if estimate is None else (estimate.amount, str(estimate.n))
    verdict = f"{judgement.verdict}, written later" if judgement.late else judgement.verdict
    return claim.statement, f"`{claim.estimate}`", bound, value, n, verdict


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _told(judgement: Judgement) -> str:
    claim = judgement.claim
    sentences = (_stopped(claim.statement), judgement.reason, *((f"Why: {claim.reading}",) if claim.reading else ()))
    return _cell(" ".join(sentences))


def _stopped(statement: str) -> str:
    return statement if statement.endswith((".", "?", "!")) else f"{statement}."


def _versions(found: Sequence[Findings]) -> str:
    versions: dict[str, dict[str, None]] = {}
    for each in found:
        for name, version in dict(each.results.provenance.get("versions", {})).items():
            versions.setdefault(name, {})[str(version)] = None
    return ", ".join(f"{name} {' / '.join(each)}" for name, each in versions.items())
