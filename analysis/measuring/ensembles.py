"""How `Ensembles` is measured."""

from collections.abc import Iterator
from typing import Any

from analysis.ensembles.conditions import Condition, conditions, difference, value
from analysis.estimate import Estimate
from analysis.findings import name_of
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.measurements.ensembles import Ensembles
from analysis.results import StudyResults
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

__all__ = ["measure"]


def measure(asked: Ensembles, paths: StudyPaths) -> None:
    """Measure what `Ensembles` asks for; see `Measurement.measure`."""
    study = study_checksum(paths)
    results = StudyResults.open(paths)
    found = {
        name_of(each.name) or "all": each
        for each in conditions(results, RunStore(paths.runs), asked.within, asked.members)
    }
    if not found:
        raise InvalidInput(f"{paths.root} has no confirmed run that converged: run the study to its end first.")
    from analysis.figures import ensemble_conditions

    metrics = list(next(iter(found.values())).metrics)
    epochs = {name: cost.epochs for name, each in found.items() if (cost := each.rows["single"].cost)}
    drawn = [metric for metric in metrics if metric in (metrics[0], "nll")]
    with written(paths.landscape) as aside:
        with styled():
            for metric in drawn:
                save(ensemble_conditions.forest(found, metric, epochs), aside, f"ensembles_{metric}")
            save(ensemble_conditions.against_members(found, metrics[0]), aside, "ensembles_members")
        figures = [_forest(found, metric) for metric in drawn]
        write_measured(
            aside,
            asked.name,
            {name: _found(each) for name, each in found.items()},
            title="Ensembles",
            illustrations=[*figures, _members(found, metrics[0])],
            study=study,
            estimates=[estimate for each in found.values() for estimate in _estimates(asked, each)],
        )


def _estimates(asked: Ensembles, condition: Condition) -> Iterator[Estimate]:
    for metric in condition.metrics:
        for row in condition.rows.values():
            others = [condition.rows[name] for name in asked.against if name in condition.rows and name != row.name]
            found = [value(condition, row, metric), *(difference(condition, row, each, metric) for each in others)]
            yield from (each for each in found if each is not None)


def _found(condition: Condition) -> dict[str, Any]:
    lost = [f"{name}: {count} of {len(condition.seeds)} seeds lost" for name, count in _lost(condition)]
    return {
        "seeds": list(condition.seeds),
        "rows": {
            row.name: {
                "cost": None if row.cost is None else vars(row.cost),
                "scores": {metric: listed(values) for metric, values in row.scores.items()},
            }
            for row in condition.rows.values()
        },
        "missing": dict(condition.found.missing),
        "checks": [f"{'; '.join(lost)} to divergence and left out"] if lost else [],
    }


def _lost(condition: Condition) -> Iterator[tuple[str, int]]:
    for row in condition.rows.values():
        values = next(iter(row.scores.values()))
        if count := int((values != values).sum()):
            yield row.name, count


def _forest(found: dict[str, Condition], metric: str) -> Illustration:
    known = next(iter(found.values())).metrics[metric]
    caption = (
        f"What each method gains in {known.title} on the test set over the single annealed network of the same seed,"
        " with 95 % t-intervals over the report seeds; above zero is better. Filled: within the epochs of one"
        " training; hollow: trained longer; grey: what the members of a snapshot ensemble are worth alone."
    )
    return Illustration(f"ensembles_{metric}", caption, f"Gains in {known.title}. {_said(found, metric)}.")


def _members(found: dict[str, Condition], metric: str) -> Illustration:
    known = next(iter(found.values())).metrics[metric]
    caption = (
        f"The gain in {known.title} over the single network by how many members are averaged, from the last snapshot"
        " back; means over the report seeds with 95 % t-intervals as bands. A line ends where a recipe has no more."
    )
    return Illustration("ensembles_members", caption, f"Gain by number of members. {_said(found, metric)}.")


def _said(found: dict[str, Condition], metric: str) -> str:
    return "; ".join(
        f"{label}, {row.name}: {gain.amount}"
        for label, each in found.items()
        for row in each.rows.values()
        if row.name != "single" and (gain := difference(each, row, each.rows["single"], metric)) is not None
    )
