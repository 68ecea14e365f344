"""The test scores of a study's combinations, as a map beside it."""

import numpy as np

from analysis.findings import find
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.results import StudyResults
from analysis.shown import shown
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths

__all__ = ["measure_score_map"]


def measure_score_map(paths: StudyPaths, name: str, field: str) -> None:
    """Write the mean test score of each group by several fields, and how many of its runs diverged, with a map.

    Arguments:
        paths: of the study.
        name: of the file of numbers and the figure.
        field: of the study's `group_by`; empty for the last of them.

    Raises:
        InvalidInput: if it is no field of several, or nothing was confirmed.
    """
    from analysis.figures.score_map import draw

    study, results = study_checksum(paths), StudyResults.open(paths)
    field = field or (results.group_by[-1] if results.group_by else "")
    if "," not in field:
        raise InvalidInput("A map needs groups by several fields: give group_by=['initializer, model.widths'].")
    scores = {key: each for key, each in find(results).scores.items() if key.startswith(f"{field}=")}
    if not scores:
        raise InvalidInput(f"{paths.root} has no confirmed recipe by {field}: run the study to its end first.")
    places = {key: tuple(key.partition("=")[2].split(", ", 1)) for key in scores}
    rows = list(dict.fromkeys(row for row, _ in places.values()))
    columns = sorted({column for _, column in places.values()}, key=lambda each: (each.split(", ")[0], len(each), each))
    show = shown(results.score)
    means, lost = np.full((len(rows), len(columns)), np.nan), {}
    for key, (row, column) in places.items():
        place = rows.index(row), columns.index(column)
        means[place] = show.factor * scores[key].estimate.value
        if count := len(scores[key].diverged):
            lost[place] = f"\n{count} div."
    found = {
        key: {"values": listed(np.array(list(each.by_seed.values()))), "diverged": list(each.diverged), "checks": []}
        for key, each in scores.items()
    }
    with written(paths.landscape) as folder:
        with styled():
            save(draw(rows, columns, means, lost, f"test {results.score.title}{show.suffix}"), folder, name)
        caption = (
            f"Mean test {results.score.title} of the best recipe of each combination over the report seeds; div.: runs"
            f" that diverged, which count as {results.score.guessing}."
        )
        best = max(scores.values(), key=lambda each: each.ordered)
        words = f"{best.key.partition('=')[2]}, {best.estimate}"
        alt = f"A map of {len(rows)} by {len(columns)} numbers; the best is {words}."
        write_measured(
            folder,
            name,
            found,
            title=f"Test {results.score.title} of all combinations",
            illustrations=[Illustration(name, caption, alt)],
            study=study,
        )
