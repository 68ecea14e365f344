"""A study's claims as they stood when it was first run: what was written down beforehand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning_modules.errors import InvalidInput
from sweeps.files import read_json

__all__ = ["first_claims"]


def first_claims(path: Path, budget_name: str, claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the claims with which a study was first run under a budget, without readings, which come later.

    Arguments:
        path: of the study's file as it is in the store, before it is written anew.
        budget_name: under which the study is run; another budget is another study.
        claims: as they are now.
    """
    try:
        earlier = read_json(path)
        if earlier["budget_name"] == budget_name:
            claims = earlier.get("first_claims", earlier["claims"])
    except (OSError, InvalidInput, KeyError, TypeError, AttributeError):
        pass  # missing or damaged: this is the first time that is known of
    return [{name: value for name, value in claim.items() if name != "reading"} for claim in claims]
