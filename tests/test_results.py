"""The committed table of claims is that of the core studies: every claim with its bound, and no other."""

from pathlib import Path

from studies.command.loader import load_study
from studies.command.running_all import core_studies
from tests.test_claims_document import rows

document = (Path(__file__).parent.parent / "studies" / "RESULTS.md").read_text(encoding="utf-8")
sides = {"above": "> ", "below": "< ", "within": "±"}


def test_the_tables_claims_are_those_of_the_studies():
    found = rows(document)
    assert set(found) == set(core_studies())
    for name, cells in found.items():
        told = [(row[0].replace("\\|", "|"), row[1].strip("`"), row[2]) for row in cells]
        claims = load_study(name).study.claims
        assert told == [(each.statement, each.estimate, f"{sides[each.direction]}{each.bound:g}") for each in claims]


def test_the_table_says_of_which_budget_and_when_it_is():
    assert "--budget default`" in document
    assert "Versions: lossatlas" in document
