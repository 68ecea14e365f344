"""The ensembles of a study, compared at equal cost, as files in its store."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis.comparison.latex import write_latex
from analysis.ensembles import table
from analysis.ensembles.average import Average
from analysis.ensembles.comparison import Comparison, compare, equal_limits, gains
from analysis.ensembles.equivalents import Equivalent, equivalents
from analysis.ensembles.methods import methods_named
from analysis.ensembles.score_table import diversity_table, scores_table
from analysis.ensembles.scored import ScoredEnsembles, ScoredMethod, scored_ensembles
from analysis.ensembles.unfamiliar import Unfamiliar
from analysis.estimate import Estimate
from analysis.json_numbers import listed
from analysis.style import save, styled
from analysis.subjects import written
from analysis.table import Table, write_csv
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from sweeps.files import write_json
from sweeps.paths import StudyPaths

__all__ = ["StudyEnsembles", "measure_ensembles"]


@dataclass(frozen=True)
class StudyEnsembles:
    """What was made of a study's runs, and where it was written.

    Arguments:
        found: every method, scored.
        comparisons: of them at equal epochs, members and storage.
        tables: all metrics at equal members, and how much members differ, if they predict probabilities.
        folder: that holds the files.
        files: names within it.
    """

    found: ScoredEnsembles
    comparisons: tuple[Comparison, ...]
    tables: tuple[Table, ...]
    folder: Path
    files: tuple[str, ...]


def measure_ensembles(
    paths: StudyPaths,
    names: Sequence[str] = (),
    average: Average = "probabilities",
    members: int | None = None,
    unfamiliar: Sequence[Unfamiliar] = (),
    settings: Mapping[str, float] = MappingProxyType({}),
) -> StudyEnsembles:
    """Make and compare the ensembles of a study, write them, and return them with their folder and files.

    Written are ``ensembles.json``, ``ensembles.csv``, ``ensembles.tex``, the
    tables ``scores`` and ``diversity`` as CSV and LaTeX, and the figures
    ``gain``, ``gain_nll``, ``budget``, ``reliability`` and ``risk_coverage`` as
    PNG and PDF, as far as the predictions have them.

    Arguments:
        paths: of a study that has confirmed runs.
        names: of methods; all of them without any.
        average: of predictions.
        members: at most; without, all that there are.
        unfamiliar: inputs that probabilities are to be told from.
        settings: of the methods that have such: ``samples``, ``rank``, ``decay``.

    Raises:
        InvalidInput: for a name that no method has, fewer than one member, a setting that none can have, or a store
            without such a study, without runs, or without what any of the methods named is made of.
    """
    if members is not None:
        require_integer("The members", members, at_least=1)
    found = scored_ensembles(paths, methods_named(names, settings), average, members, unfamiliar)
    if names and not any(each.method in names for each in found.scored):
        raise InvalidInput(" ".join(found.missing.values()))
    comparisons = tuple(compare(found, limit) for limit in equal_limits(found, members))
    alike = next(each for each in comparisons if each.limit.kind == "members")
    worth = equivalents(found, alike)
    diverse = diversity_table(alike)
    tables = (scores_table(alike, worth), *((diverse,) if diverse else ()))
    with written(paths.ensembles) as folder:
        write_json(folder / "ensembles.json", _content(found, comparisons, worth))
        with (folder / "ensembles.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(table.columns(comparisons[0]))
            for each in comparisons:
                writer.writerows(table.rows(each))
        (folder / "ensembles.tex").write_text("\n".join(map(table.latex, comparisons)), encoding="utf-8")
        for made in tables:
            write_csv(made, folder / f"{made.name}.csv")
            write_latex(made, folder / f"{made.name}.tex")
        _draw(found, alike, folder)
        files = tuple(sorted(each.name for each in folder.iterdir()))
    return StudyEnsembles(found, comparisons, tables, paths.ensembles, files)


def _draw(found: ScoredEnsembles, alike: Comparison, folder: Path) -> None:
    from analysis.figures import ensemble_budget, ensemble_calibration, ensemble_members

    metrics = list(found.scored[0].scores)
    with styled():
        made = {"budget": ensemble_budget.draw(found)}
        if any(len(each.costs) > 1 for each in found.scored):
            made["gain"] = ensemble_members.draw(found, metrics[0])
            if "nll" in metrics:
                made["gain_nll"] = ensemble_members.draw(found, "nll")
        if alike.rows[0].scored.curves:
            made["reliability"] = ensemble_calibration.reliability_of(alike)
            made["risk_coverage"] = ensemble_calibration.risk_of(alike)
        for name, drawing in made.items():
            save(drawing, folder, name)


def _content(
    found: ScoredEnsembles, comparisons: Sequence[Comparison], worth: Mapping[tuple[str, str], Equivalent]
) -> dict[str, Any]:
    return {
        "study": found.results.name,
        "average": found.average,
        "missing": dict(found.missing),
        "methods": [_method(each) for each in found.scored],
        "deep_ensemble_equivalents": [
            {"method": method, "group": key, **each.to_json()} for (method, key), each in worth.items()
        ],
        "comparisons": [
            {
                "limit": vars(each.limit),
                "beyond": list(each.beyond),
                "single_network_alone": list(each.alone),
                "rows": [
                    {
                        "method": row.scored.method,
                        "group": row.scored.key,
                        "cost": vars(row.cost),
                        "lost": row.lost,
                        "values": {name: _json(value) for name, value in row.values.items()},
                        "gains_over_single": {name: _json(value) for name, value in row.gains.items()},
                        "before_reestimation": {name: _json(value) for name, value in row.before.items()},
                    }
                    for row in each.rows
                ],
            }
            for each in comparisons
        ],
    }


def _method(each: ScoredMethod) -> dict[str, Any]:
    return {
        "method": each.method,
        "group": each.key,
        "recipe": each.recipe.hash,
        "seeds": list(each.seeds),
        "costs": [vars(cost) for cost in each.costs],
        "scores": {name: listed(values) for name, values in each.scores.items()},
        "last_network": {name: listed(values) for name, values in each.own.items()},
        "before_reestimation": {name: listed(values) for name, values in each.before.items()},
        "diversity": {name: listed(values) for name, values in each.diversity.items()},
        "gains_over_last_network": {
            name: [_json(estimate) for estimate in gains(each, name)]
            for name, metric in each.metrics.items()
            if metric.sign
        },
    }


def _json(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate.to_json()
