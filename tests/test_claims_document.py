"""The table of all claims: every claim of every study, with what came of it, and nothing else."""

import re

import pytest

from analysis.claims_document import claims_document
from lightning_modules.errors import InvalidInput
from studies.command import claiming
from sweeps.claim import Claim
from tests.stores import TinyStudy, write_study
from tests.test_cli import atlas

claims = (
    Claim("Guessing | is beaten", "test_accuracy[schedule=cosine]", 0.5, "above"),
    Claim("All is lost.", "test_accuracy[schedule=cosine]", 2.0, "above", reading="No accuracy is above 1."),
    Claim("Nothing is known.", "no_such[estimate]", 0.1, "within"),
)
study = TinyStudy().but(claims=claims, report_seeds=tuple(range(100, 108)))


def rows(text):
    """The cells of every row of claims, by the study's heading."""
    found, name = {}, ""
    for line in text.splitlines():
        if line.startswith("## "):
            found[name := line.removeprefix("## ")] = []
        elif line.startswith("| ") and not line.startswith("| claim |"):
            found[name].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def test_every_claim_is_a_row_with_its_verdict_and_contradictions_have_a_reason(tmp_path):
    text = claims_document([write_study(tmp_path / "tiny", study)], "atlas results")
    (found,) = rows(text).values()
    assert [row[0].replace("\\|", "|") for row in found] == [each.statement for each in claims]
    assert [row[1] for row in found] == [f"`{each.estimate}`" for each in claims]
    assert [row[2] for row in found] == ["> 0.5", "> 2", "±0.1"]
    assert [row[5] for row in found] == ["supported", "contradicted", "undecided"]
    assert re.fullmatch(r"[\d.]+ % \[[\d.]+, [\d.]+\]", found[0][3])
    assert [row[4] for row in found] == ["8", "8", "–"]
    assert "Of 3 claims" in text
    assert "1 supported, 1 contradicted, 1 undecided" in text
    assert re.search(
        r"^- Contradicted: All is lost\. The whole .* below 200 %.* Why: No accuracy is above 1\.$", text, re.M
    )
    assert "- Undecided: Nothing is known. The report has no estimate no_such[estimate]" in text
    assert "torch 2" in text
    assert "2026-01-01" in text
    assert "`atlas results`" in text


def test_a_study_that_is_not_finished_has_no_results(tmp_path):
    paths = write_study(tmp_path / "tiny", TinyStudy().but(finished=False))
    with pytest.raises(InvalidInput, match="has not been run to its end"):
        claims_document([paths], "atlas results")


def test_a_store_without_core_studies_is_told(capsys, monkeypatch, tmp_path):
    status, _, told = atlas(capsys, monkeypatch, "results", "--store", tmp_path)
    assert status == 2
    assert re.fullmatch(r"atlas: The store \S+ holds nothing of .*: `atlas run --all` first\.\n", told)


def test_the_table_is_written_whole_where_it_can_be(capsys, monkeypatch, tmp_path):
    write_study(tmp_path / "tiny", study)
    monkeypatch.setattr(claiming, "core_studies", lambda: ["tiny"])
    output = tmp_path / "new" / "RESULTS.md"
    assert atlas(capsys, monkeypatch, "results", "--store", tmp_path, "--output", output)[0] == 0
    assert [row[5] for row in rows(output.read_text())["tiny"]] == ["supported", "contradicted", "undecided"]
    assert [path.name for path in output.parent.iterdir()] == ["RESULTS.md"]
    status, _, told = atlas(capsys, monkeypatch, "results", "--store", tmp_path, "--output", output.parent)
    assert (status, told) == (2, f"atlas: {output.parent} cannot be written: Is a directory; give another --output.\n")
