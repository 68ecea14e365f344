"""The tables of a report: numbers as they are for a file, rounded for a page."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.estimate import Estimate
from analysis.findings import Findings

__all__ = ["Table", "tables", "write_csv"]

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table with a text for readers beside each number.

    Arguments:
        name: of its file.
        title: of its section.
        note: what the columns mean.
        columns: names for a program.
        rows: values for a program, fractions and nats.
        header: names for a reader.
        texts: the rows for a reader.
    """

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    header: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]


def tables(findings: Findings) -> list[Table]:
    """Return the tables of a report, those without rows left out."""
    made = [_accuracies(findings), _differences(findings), _gains(findings), _trials(findings), _seeds(findings)]
    return [table for table in made if table.rows]


def write_csv(table: Table, path: Path) -> None:
    """Write a table for a program to read."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows(table.rows)


def _accuracies(findings: Findings) -> Table:
    rows, texts = [], []
    for key, accuracy in findings.accuracies.items():
        estimate, label = accuracy.estimate, findings.results.label(accuracy.recipe)
        low, high = min(accuracy.by_seed.values()), max(accuracy.by_seed.values())
        lost = len(accuracy.diverged)
        rows.append((key, label, *_numbers(estimate), accuracy.deviation, low, high, lost, accuracy.floor))
        texts.append(
            (
                _named(key),
                label,
                estimate.amount,
                str(estimate.n),
                _percent(accuracy.deviation),
                f"{_percent(low)} – {_percent(high)}",
                str(lost),
                _percent(accuracy.floor),
            )
        )
    return Table(
        "test_accuracy",
        "Test accuracy",
        "Mean with its 95 % t-interval over the report seeds. The binomial deviation is what a test set of this size"
        " alone would cause in one run.",
        ("group", "recipe", "mean", "low", "high", "n", "sd", "min", "max", "diverged", "binomial_sd"),
        tuple(rows),
        ("group", "recipe", "mean [95 %]", "n", "sd (%)", "min – max (%)", "diverged", "binomial sd (%)"),
        tuple(texts),
    )


def _differences(findings: Findings) -> Table:
    found = [(first, second, each) for (first, second), each in findings.differences.items() if each.value >= 0]
    # Of two equal recipes both orders are there; one is enough.
    kept = [row for row in found if row[2].value > 0 or row[0] < row[1]]
    return Table(
        "differences",
        "Differences in test accuracy",
        "The first minus the second, within each seed, with the 95 % t-interval of the paired differences. An interval"
        " across zero does not tell the two apart. Several pairs are looked at; the intervals do not account for that.",
        ("first", "second", "difference", "low", "high", "n"),
        tuple((first, second, *_numbers(each)) for first, second, each in kept),
        ("first", "second", "difference [95 %]", "n"),
        tuple((_named(first), _named(second), each.amount, str(each.n)) for first, second, each in kept),
    )


def _gains(findings: Findings) -> Table:
    shown = [(key, gain) for key, each in findings.gains.items() for gain in each[1:]]
    return Table(
        "ensembles",
        "Snapshot ensembles",
        "Gain of averaging the last m snapshots' probabilities over the last snapshot alone, within each run, with its"
        " 95 % t-interval over the report seeds; above zero is better.",
        ("group", "snapshots", "gain_accuracy", "low", "high", "gain_nll", "nll_low", "nll_high", "n"),
        tuple((key, gain.snapshots, *_numbers(gain.accuracy)[:3], *_numbers(gain.nll)) for key, gain in shown),
        ("group", "snapshots m", "gain in accuracy [95 %]", "gain in log-likelihood [95 %]", "n"),
        tuple(
            (_named(key), str(gain.snapshots), gain.accuracy.amount, gain.nll.amount, str(gain.nll.n))
            for key, gain in shown
        ),
    )


def _trials(findings: Findings) -> Table:
    results = findings.results
    sign = 1 if results.metric == "validation_loss" else -1
    ranked = sorted(results.trials, key=lambda trial: (sign * trial.value, trial.number))
    rows, texts = [], []
    for trial in ranked:
        label = results.label(trial.recipe)
        lost = sum(record.diverged_step is not None for record in trial.records.values())
        rows.append((trial.number, label, trial.value, len(trial.records), lost, trial.recipe.hash))
        value = f"{trial.value:.4f}" if results.metric == "validation_loss" else _percent(trial.value)
        texts.append((str(trial.number), label, value, str(len(trial.records)), str(lost)))
    metric = results.metric.replace("_", " ")
    unit = "nats" if results.metric == "validation_loss" else "%"
    return Table(
        "trials",
        "Trials of the search",
        "From best to worst by the mean over the search seeds. The best of many is too good by selection; that is why"
        " winners are trained again on fresh seeds.",
        ("trial", "recipe", results.metric, "n", "diverged", "hash"),
        tuple(rows),
        ("trial", "recipe", f"{metric} ({unit})", "n", "diverged"),
        tuple(texts),
    )


def _seeds(findings: Findings) -> Table:
    rows = list(_seed_rows(findings))
    return Table(
        "seeds",
        "Test accuracy of every seed",
        "What the means above are made of.",
        ("group", "seed", "test_accuracy", "diverged"),
        tuple(rows),
        ("group", "seed", "test accuracy (%)", "diverged"),
        tuple((_named(key), str(seed), _percent(value), "yes" if lost else "") for key, seed, value, lost in rows),
    )


def _seed_rows(findings: Findings) -> Iterator[tuple[str, int, float, int]]:
    for key, accuracy in findings.accuracies.items():
        for seed, value in accuracy.by_seed.items():
            yield key, seed, value, int(seed in accuracy.diverged)


def _numbers(estimate: Estimate) -> Sequence[Cell]:
    return (estimate.value, estimate.low, estimate.high, estimate.n)


def _named(key: str) -> str:
    return key.replace("=", ": ")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
