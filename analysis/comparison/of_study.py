"""The comparison of a study's groups by one field, as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.comparison.component_table import components_table
from analysis.comparison.components import components_of
from analysis.comparison.examples import differences_over_examples
from analysis.comparison.latex import write_latex
from analysis.comparison.pairs import Comparison, compare
from analysis.comparison.ranks import alike, mean_ranks
from analysis.comparison.tables import differences_table, groups_table
from analysis.findings import name_of
from analysis.results import StudyResults
from analysis.scores import test_score
from analysis.style import colours, save, styled
from analysis.subjects import written
from analysis.table import Table, write_csv
from lightning_modules.errors import InvalidInput
from sweeps.files import write_json
from sweeps.paths import StudyPaths

__all__ = ["StudyComparison", "compare_study"]


@dataclass(frozen=True)
class StudyComparison:
    """What was compared, and where it was written.

    Arguments:
        tables: the groups, if there are two or more their differences, and of crossed seeds the variance components.
        comparisons: of all pairs of groups that share a seed.
        names: of the groups, by key.
        notes: what a reader should know, a sentence each.
        files: that were written, names within the folder.
        folder: that holds them.
    """

    tables: tuple[Table, ...]
    comparisons: tuple[Comparison, ...]
    names: dict[str, str]
    notes: tuple[str, ...]
    files: tuple[str, ...]
    folder: Path


def compare_study(paths: StudyPaths, field: str | None = None) -> StudyComparison:
    """Compare the best recipes of a field's groups, paired by the report seeds, and write what was found.

    Written are each table as CSV and LaTeX, ``comparison.json``, and the
    figures ``differences`` and ``ranks`` as PNG and PDF; of crossed seeds also
    the variance components (table and figure ``components``).

    Arguments:
        paths: of the study.
        field: by which recipes are grouped, one of the study's; the first of them unless it is given, or the winners
            of a study without groups.

    Raises:
        InvalidInput: for a field by which the study does not group, fewer than two groups with a complete run (but for
            a study with crossed seeds), or a folder that cannot be written.
    """
    from analysis.figures import forest, ranks, variance_components

    results = StudyResults.open(paths)
    if field is not None and field not in results.group_by:
        choice = f"choose from {', '.join(results.group_by)}" if results.group_by else "leave --by out"
        raise InvalidInput(f"The study does not group by {field!r}, so its groups were not confirmed: {choice}.")
    chosen = results.groups(field) if field else results.compared
    scores = [found for key, each in chosen.items() if (found := test_score(each, key)) is not None]
    components = components_of(results)
    if len(scores) < 2 and not components:
        raise InvalidInput(
            f"{paths.root} has complete report runs of {len(scores)} of the {len(chosen)} groups: two are needed to"
            " compare."
        )
    comparisons, order = compare(scores), mean_ranks(scores)
    names = {each.key: name_of(each.key) for each in scores}
    labels = {each.key: results.label(each.recipe) for each in scores}
    tables = [groups_table(scores, labels, names, order)]
    over_examples, why = differences_over_examples(chosen, comparisons)
    if comparisons:
        tables.append(differences_table(comparisons, names, scores[0].score, over_examples))
    if components:
        tables.append(components_table(components, results))
    with written(paths.comparison) as folder:
        for table in tables:
            write_csv(table, folder / f"{table.name}.csv")
            write_latex(table, folder / f"{table.name}.tex")
        with styled():
            if comparisons:
                save(forest.draw(comparisons, names, scores[0].score), folder, "differences")
            if len(order) > 1:
                drawing = ranks.draw(order, alike(list(order), comparisons), names, colours(list(chosen)))
                save(drawing, folder, "ranks")
            if components:
                save(variance_components.draw(components, scores[0].score), folder, "components")
        write_json(
            folder / "comparison.json",
            {
                "by": field or (results.group_by[0] if results.group_by else "winners"),
                "score": scores[0].score.name,
                "groups": [each.estimate.to_json() | {"recipe": labels[each.key]} for each in scores],
                "pairs": [each.to_json() for each in comparisons],
                "over_examples": [each.to_json() for each in over_examples.values()],
                "ranks": [each.to_json() for each in order.values()],
                "components": components and components.to_json(),
            },
        )
        files = tuple(sorted(each.name for each in folder.iterdir()))
    notes = _notes(comparisons, names, len(scores)) + ([why] if why else [])
    if results.crossed_seeds and not components:
        missing = len(results.crossed_seeds.seeds) - len(results.crossed)
        notes.append(f"{missing} runs on crossed seeds are not trained yet, so there are no variance components.")
    return StudyComparison(tuple(tables), comparisons, names, tuple(notes), files, paths.comparison)


def _notes(comparisons: Sequence[Comparison], names: dict[str, str], groups: int) -> list[str]:
    said: dict[str, list[str]] = {}
    for each in comparisons:
        text = each.conclusion
        if text == "The first is better.":
            text = f"{names[each.first]} is better."
        said.setdefault(text, []).append(f"{names[each.first]} – {names[each.second]}")
    notes = [f"{'; '.join(pairs)}: {text}" for text, pairs in said.items()]
    missing = groups * (groups - 1) // 2 - len(comparisons)
    if missing:
        notes.append(f"{missing} pairs of groups share no seed and are not compared: run the study to its end.")
    return notes
