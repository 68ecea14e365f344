"""What a reader should know before trusting a report: of its runs, its claims and its landscape, a sentence each."""

from collections.abc import Sequence

from analysis.findings import Findings
from analysis.landscape_part import Part

__all__ = ["cautions"]


def cautions(findings: Findings, parts: Sequence[Part], faults: Sequence[str]) -> tuple[str, ...]:
    """Return the warnings that stand at the top of a report.

    Arguments:
        findings: with warnings of their own: runs that diverged or are missing.
        parts: of the landscape.
        faults: files of the landscape that cannot be shown, a sentence each.
    """
    said = list(findings.warnings)
    claims = findings.judgements
    undecided = sum(each.verdict == "undecided" for each in claims)
    if undecided:
        which = "The claim is" if len(claims) == 1 else f"{_of(undecided, len(claims))}"
        said.append(
            f"{which} undecided: neither supported nor contradicted; what would decide stands beside the claim."
        )
    if late := sum(each.late for each in claims):
        said.append(
            f"{_of(late, len(claims))} written down, or changed, after the study was first run: no test of what was"
            " expected."
        )
    said += [f"{each.title}: measured before the study went on, so it shows an earlier state." for each in _old(parts)]
    broken = len(faults) + sum(len(each.faults) for each in parts)
    if broken:
        said.append(f"{broken} of the landscape's files cannot be shown; what is wrong is said in that section.")
    return tuple(said)


def _of(count: int, total: int) -> str:
    if count == total:
        return f"All {total} claims are"
    return f"{count} of {total} claims {'is' if count == 1 else 'are'}"


def _old(parts: Sequence[Part]) -> list[Part]:
    return [each for each in parts if each.stale]
