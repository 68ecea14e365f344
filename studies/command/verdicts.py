"""What the command line says of a study's claims once its report is written."""

from collections import Counter
from pathlib import Path

from sweeps.files import read_json

__all__ = ["verdicts"]


def verdicts(page: Path) -> list[str]:
    """Return how many claims have which verdict, and a sentence for each that names an estimate that there is not.

    Such a claim stays undecided however long the study runs, so that a slip in
    its name is to be seen after the smallest budget.

    Arguments:
        page: of the report, beside which ``results.json`` lies.
    """
    results = read_json(page.parent / "results.json")
    claims, names = results["claims"], {each["name"] for each in results["estimates"]}
    if not claims:
        return []
    counts = Counter(claim["verdict"] for claim in claims)
    told = ", ".join(f"{counts[each]} {each}" for each in ("supported", "contradicted", "undecided") if counts[each])
    lacking = [claim for claim in claims if claim["estimate"] not in names]
    return [f"Claims: {told}.", *(f"Claim {each['statement']!r}: {each['reason']}" for each in lacking)]
