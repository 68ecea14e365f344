"""The tables of a report: numbers as they are for a file, rounded for a page."""

from collections.abc import Iterator, Sequence

from analysis.comparison.component_table import components_table
from analysis.estimate import Estimate
from analysis.findings import Findings
from analysis.inference.sign_flip import p_text
from analysis.shown import labelled, shown
from analysis.table import Cell, Table, write_csv
from sweeps.study import sign_of

__all__ = ["Table", "tables", "write_csv"]


def tables(findings: Findings) -> list[Table]:
    """Return the tables of a report, those without rows left out."""
    made = [_scores(findings), _differences(findings), _gains(findings), _trials(findings), _seeds(findings)]
    if findings.components:
        made.insert(2, components_table(findings.components, findings.results))
    return [table for table in made if table.rows]


def _scores(findings: Findings) -> Table:
    score = findings.results.score
    show, floors = shown(score), score.name == "accuracy"
    rows, texts = [], []
    for key, each in findings.scores.items():
        label, lost = findings.results.label(each.recipe), len(each.diverged)
        low, high = min(each.by_seed.values()), max(each.by_seed.values())
        floor: tuple[float | None, ...] = (each.floor,) if floors else ()
        rows.append((key, label, *_numbers(each.estimate), each.deviation, low, high, lost, *floor))
        texts.append(
            (
                _named(key),
                label,
                each.estimate.amount,
                str(each.estimate.n),
                show.text(each.deviation),
                f"{show.text(low)} – {show.text(high)}",
                str(lost),
                *(show.text(value) for value in floor),
            )
        )
    note = " The binomial deviation is what a test set of this size alone would cause in one run."
    in_unit = " In the unit of the targets; less is better."
    return Table(
        f"test_{score.name}",
        f"Test {score.title}",
        f"Mean with its 95 % t-interval over the report seeds.{note if floors else in_unit}",
        ("group", "recipe", "mean", "low", "high", "n", "sd", "min", "max", "diverged")
        + (("binomial_sd",) if floors else ()),
        tuple(rows),
        ("group", "recipe", "mean [95 %]", "n", f"sd{show.suffix}", f"min – max{show.suffix}", "diverged")
        + (("binomial sd (%)",) if floors else ()),
        tuple(texts),
        section="comparison",
    )


def _differences(findings: Findings) -> Table:
    score = findings.results.score
    pairs = [each for family in findings.comparisons.values() for each in family]
    return Table(
        "differences",
        f"Differences in test {score.title}",
        f"The first minus the second, within each seed, with the 95 % t-interval of the paired differences;"
        f" {shown(score).better}. p is of the sign-flip test, corrected by Holm for all pairs of the same field. An"
        " interval across zero, or a corrected p above 0.05, does not tell the two apart.",
        ("first", "second", "difference", "low", "high", "n", "p", "p_corrected"),
        tuple((each.first, each.second, *_numbers(each.difference), each.test.p, each.corrected) for each in pairs),
        ("first", "second", "difference [95 %]", "n", "p", "p (Holm)"),
        tuple(
            (
                _named(each.first),
                _named(each.second),
                each.difference.amount,
                str(each.difference.n),
                p_text(each.test.p),
                p_text(each.corrected),
            )
            for each in pairs
        ),
        section="comparison",
    )


def _gains(findings: Findings) -> Table:
    score = findings.results.score
    found = [(key, gain) for key, each in findings.gains.items() for gain in each[1:]]
    likely = any(gain.nll is not None for _, gain in found)
    of_last = " (RMSE of the last minus RMSE of the average)" if score.sign < 0 else ""
    return Table(
        "ensembles",
        "Snapshot ensembles",
        f"Gain of averaging the last m snapshots' predictions over the last snapshot alone{of_last}, within each run,"
        " with its 95 % t-interval over the report seeds; above zero is better.",
        ("group", "snapshots", f"gain_{score.name}", "low", "high")
        + (("gain_nll", "nll_low", "nll_high") if likely else ())
        + ("n",),
        tuple(
            (key, gain.snapshots, *_numbers(gain.score)[:3], *(_ends(gain.nll) if likely else ()), gain.score.n)
            for key, gain in found
        ),
        ("group", "snapshots m", f"gain in {score.title} [95 %]")
        + (("gain in log-likelihood [95 %]",) if likely else ())
        + ("n",),
        tuple(
            (_named(key), str(gain.snapshots), gain.score.amount)
            + ((gain.nll.amount if gain.nll else "–",) if likely else ())
            + (str(gain.score.n),)
            for key, gain in found
        ),
        section="ensembles",
    )


def _trials(findings: Findings) -> Table:
    results = findings.results
    sign, show = sign_of(results.metric), shown(results.score)
    ranked = sorted(results.trials, key=lambda trial: (trial.dropped, -sign * trial.value, trial.number))
    by_loss = results.metric == "validation_loss"
    rows, texts = [], []
    for trial in ranked:
        label = results.label(trial.recipe)
        lost = sum(record.diverged_step is not None for record in trial.records.values())
        dropped = "yes" if trial.dropped else ""
        rows.append((trial.number, label, trial.value, len(trial.records), lost, dropped, trial.recipe.hash))
        value = f"{trial.value:.4f}" if by_loss else show.text(trial.value)
        texts.append((str(trial.number), label, value, str(len(trial.records)), str(lost), dropped))
    metric = f"validation {results.score.title}{show.suffix}"
    return Table(
        "trials",
        "Trials of the search",
        "From best to worst by the mean over the search seeds. The best of many is too good by selection; that is why"
        " winners are trained again on fresh seeds. A dropped trial was given up, after n runs, and its value is of"
        " fewer seeds or epochs.",
        ("trial", "recipe", results.metric, "n", "diverged", "dropped", "hash"),
        tuple(rows),
        (
            "trial",
            "recipe",
            labelled("validation loss", results.loss_unit) if by_loss else metric,
            "n",
            "diverged",
            "dropped",
        ),
        tuple(texts),
        section="search",
    )


def _seeds(findings: Findings) -> Table:
    score, rows = findings.results.score, list(_seed_rows(findings))
    show = shown(score)
    return Table(
        "seeds",
        f"Test {score.title} of every seed",
        "What the means above are made of.",
        ("group", "seed", f"test_{score.name}", "diverged"),
        tuple(rows),
        ("group", "seed", f"test {score.title}{show.suffix}", "diverged"),
        tuple((_named(key), str(seed), show.text(value), "yes" if lost else "") for key, seed, value, lost in rows),
        section="comparison",
    )


def _seed_rows(findings: Findings) -> Iterator[tuple[str, int, float, int]]:
    for key, each in findings.scores.items():
        for seed, value in each.by_seed.items():
            yield key, seed, value, int(seed in each.diverged)


def _ends(estimate: Estimate | None) -> Sequence[Cell]:
    return _numbers(estimate)[:3] if estimate else (None, None, None)


def _numbers(estimate: Estimate) -> Sequence[Cell]:
    return (estimate.value, estimate.low, estimate.high, estimate.n)


def _named(key: str) -> str:
    return key.replace("=", ": ")
