"""How good and how diverse the methods' ensembles are, beside what they cost, as a table."""

from collections.abc import Mapping

import numpy as np

from analysis.ensembles.comparison import Compared, Comparison
from analysis.ensembles.equivalents import Equivalent
from analysis.ensembles.scoring import Metric
from analysis.estimate import Estimate, Unit, t_interval
from analysis.scores import seeds_in_words
from analysis.table import Cell, Table

__all__ = ["diversity_table", "scores_table"]

_measures: Mapping[str, tuple[str, Unit]] = {
    "disagreement": ("disagreement", "fraction"),
    "normalised_disagreement": ("normalised", "target"),
    "jensen_shannon": ("Jensen–Shannon (nats)", "target"),
    "error_correlation": ("error correlation", "target"),
    "nll_ambiguity": ("NLL ambiguity (nats)", "target"),
    "brier_ambiguity": ("Brier ambiguity", "target"),
}


def scores_table(comparison: Comparison, equivalents: Mapping[tuple[str, str], Equivalent]) -> Table:
    """Return every metric of every method under a limit, and how many independent networks it is worth.

    Arguments:
        comparison: of one method at least.
        equivalents: by method and key; may be empty.
    """
    metrics = comparison.rows[0].scored.metrics
    rows, texts = [], []
    for row in comparison.rows:
        worth = equivalents.get((row.scored.method, row.scored.key))
        ends: tuple[Cell, ...] = (worth.value, worth.low, worth.high) if worth else (None, None, None)
        known = tuple(None if end is None or not np.isfinite(end) else end for end in ends)
        values = [row.values[name] for name in metrics]
        rows.append(
            (*_named(row), row.cost.members, *(cell for each in values for cell in _ends(each)))
            + (known if equivalents else ())
        )
        texts.append(
            (*_named(row), str(row.cost.members), *map(_text, values))
            + ((worth.text if worth else "–",) if equivalents else ())
        )
    names = tuple(f"{name}{end}" for name in metrics for end in ("", "_low", "_high"))
    worth_names = ("equivalent", "equivalent_low", "equivalent_high") if equivalents else ()
    note = (
        "Means with 95 % t-intervals over the seeds."
        + (
            " The temperature is fitted on the calibration split of each run and ensemble."
            if "tempered_nll" in metrics
            else ""
        )
        + (
            " Deep equivalent: how many independent networks have the same NLL at their own temperature, with the sizes"
            " that a paired t-test at 0.05 does not reject; an empty end in the files is beyond the largest."
            if equivalents
            else ""
        )
    )
    return Table(
        "scores",
        f"Scores with {comparison.limit}",
        note,
        ("method", "group", "members", *names, *worth_names),
        tuple(rows),
        ("method", "made of", "members", *map(_headed, metrics.values()))
        + (("deep equivalent",) if equivalents else ()),
        tuple(texts),
    )


def diversity_table(comparison: Comparison) -> Table | None:
    """Return how much the members of each method's largest ensembles differ; None where none predict probabilities.

    Arguments:
        comparison: of one method at least.
    """
    several = [row for row in comparison.rows if row.scored.diversity and len(row.scored.costs) > 1]
    if not several:
        return None
    rows, texts = [], []
    for row in several:
        members = len(row.scored.costs)
        found = [_mean(row, name, unit) for name, (_, unit) in _measures.items()]
        rows.append((*_named(row), members, *(cell for each in found for cell in _ends(each))))
        texts.append((*_named(row), str(members), *map(_text, found)))
    return Table(
        "diversity",
        "How much the members differ",
        "Of all members that a run has, means over their pairs; ambiguity: what averaging their probabilities takes off"
        " their mean loss, so that loss of the ensemble = mean loss of its members − ambiguity. Means with 95 %"
        " t-intervals over the seeds. A method that averages weights has no members that predict.",
        ("method", "group", "members", *(f"{name}{end}" for name in _measures for end in ("", "_low", "_high"))),
        tuple(rows),
        ("method", "made of", "members", *(title for title, _ in _measures.values())),
        tuple(texts),
    )


def _mean(row: Compared, name: str, unit: Unit) -> Estimate | None:
    values = row.scored.diversity[name]
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    over = seeds_in_words(len(finite)) + (
        f"; {len(values) - len(finite)} of {len(values)} not finite and left out" * (len(finite) < len(values))
    )
    return t_interval(finite.tolist(), f"{name}[{row.scored.method}, {row.scored.key}]", over, unit)


def _headed(metric: Metric) -> str:
    return f"{metric.title} (nats)" if metric.difference == "nats" else metric.title


def _named(row: Compared) -> tuple[str, str]:
    return row.scored.method, row.scored.key.partition("=")[2] or row.scored.key


def _ends(estimate: Estimate | None) -> tuple[Cell, Cell, Cell]:
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)


def _text(estimate: Estimate | None) -> str:
    return "–" if estimate is None else estimate.amount
