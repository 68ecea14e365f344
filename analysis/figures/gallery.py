"""The figures of a report, each with the caption that says what is shown, n, and what an interval is over."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from analysis.comparison.components import components_of_groups
from analysis.figures.apart import Apart
from analysis.figures.calibrated import calibration
from analysis.figures.chosen import shades, whole_runs
from analysis.figures.drawing import Drawing
from analysis.figures.surfaces import lines, planes
from analysis.findings import Findings, name_of
from analysis.labels import quoted
from analysis.plate import Plate, png_of
from analysis.results import Trial
from analysis.shown import shown as shown_of
from analysis.style import colours, save, styled
from lightning_modules.score import Score
from sweeps.groups import by_value, group_of
from sweeps.study import sign_of

__all__ = ["kinds", "pictures", "plates"]

_most_lines = 6
"""Of groups in one panel: as many as have a colour of their own."""


def pictures(findings: Findings, folder: Path, apart: Apart | None = None) -> list[Plate]:
    """Draw and write the figures for which there are results, and return what a page says of them.

    Arguments:
        findings: to be shown.
        folder: for PNG and PDF files.
        apart: another process that draws some of them meanwhile; it is of no use thereafter.
    """
    if apart is None:
        return [plate for kind in kinds for plate in plates(kind, findings, folder)]
    return apart.shared([partial(plates, kind, findings, folder) for kind in kinds], folder)


def plates(kind: Callable[[Findings], Iterator[Drawing]], findings: Findings, folder: Path) -> list[Plate]:
    """Draw and write the figures of a kind.

    Arguments:
        kind: one of `kinds`.
        findings: to be shown.
        folder: for PNG and PDF files.
    """
    with styled():
        return [_plate(drawing, *save(drawing.figure, folder, drawing.name)) for drawing in kind(findings)]


def _plate(drawing: Drawing, png: Path, pdf: Path) -> Plate:
    data, width, height = png_of(png)
    return Plate(
        drawing.name,
        f"figures/{png.name}",
        f"figures/{pdf.name}",
        data,
        width,
        height,
        drawing.caption,
        drawing.alt,
        drawing.checks,
        drawing.chart,
        drawing.section,
    )


def _comparisons(findings: Findings) -> Iterator[Drawing]:
    from analysis.figures import test_score

    results, score = findings.results, findings.results.score
    less = " (less is better)" if score.sign < 0 else ""
    families = {field: results.groups(field) for field in results.group_by} or {"winners": results.winners}
    for field, groups in families.items():
        shown = [findings.scores[key] for key in groups if key in findings.scores]
        if not shown:
            continue
        field_name = _in_words(field)
        names = {key: name_of(key) for key in groups}
        drawing = test_score.draw(shown, field_name, names, colours(list(groups)))
        chosen = f"the best recipe of each {field_name}" if field in results.group_by else "the winners of the search"
        caption = (
            f"Test {score.title} of {chosen}{less}. One dot a report seed (× if the run diverged and counts as"
            f" {score.guessing}), beside them the mean and its 95 % t-interval over the seeds;"
            f" {_seeds(shown[0].estimate.n)} each unless the figure says otherwise."
        )
        means = "; ".join(f"{quoted(names[each.key])} {each.estimate}" for each in shown)
        name = f"test_{score.name}_{_slug(field)}"
        yield Drawing(name, drawing, caption, f"Dots of test {score.title}. Means: {means}.", section="comparison")


def _components(findings: Findings) -> Iterator[Drawing]:
    from analysis.figures import variance_components

    score, groups = findings.results.score, components_of_groups(findings.results)
    shown = {
        f"components_{_slug(key)}": (f"the best recipe of {quoted(name_of(key))}", each) for key, each in groups.items()
    }
    if not shown and findings.components is not None:
        shown = {"components": ("the best recipe", findings.components)}
    for name, (whose, found) in shown.items():
        floor = "; dashed, what the draw of the test examples alone would cause" if found.floor is not None else ""
        caption = (
            f"What of the spread of test {score.title} is whose luck: {whose} on crossed seeds, {found.values.size}"
            " runs. Left, the standard deviation that each stream of randomness causes, with its 95 % interval (dark:"
            f" alone, light: together){floor}. Right, every run; short lines are means."
        )
        words = "; ".join(f"{each.name} {shown_of(score).text(each.deviation)}" for each in found.components)
        drawing = variance_components.draw(found, score)
        alt = f"Bars of standard deviations{shown_of(score).difference_suffix}: {words}."
        yield Drawing(name, drawing, caption, alt, section="components")


def _search(findings: Findings) -> Iterator[Drawing]:
    from analysis.figures import search
    from lightning_modules.training.guessing import score_of_guessing

    results = findings.results
    trained = [trial for trial in results.trials if trial.records]
    if not trained:
        return
    groups: dict[str, list[Trial]] = {}
    for trial in trained:
        key = group_of(trial.recipe, results.group_by[0]) if results.group_by else "all trials"
        groups.setdefault(key, []).append(trial)
    # The groups that are compared keep their colours; a group of which nothing is confirmed yet comes after them.
    keys = list(dict.fromkeys([*results.compared, *sorted(groups, key=by_value)])) if results.group_by else list(groups)
    by_name = {name_of(key): colour for key, colour in colours(keys).items()}
    named = {name_of(key): groups[key] for key in keys if key in groups}
    score = results.score
    chances = [score_of_guessing(record.run, "validation") for record in trained[0].records.values()]
    drawing = search.draw(named, by_name, float(np.mean(chances)))
    seeds = len(results.budget["search_seeds"])
    caption = (
        f"The search: {len(trained)} trials, {_seeds(seeds)} each. Small dots are seeds, beside them the mean and its"
        f" 95 % t-interval over the search seeds, {_axis_of_search(score)}"
    )
    best = max(trained, key=lambda trial: sign_of(results.metric) * trial.value)
    rate = best.recipe.optimizer.learning_rate
    alt = f"Validation {score.title} over the learning rate; the best trial has rate {rate:.3g}."
    yield Drawing("search", drawing, caption, alt, section="search")


def _training(findings: Findings) -> Iterator[Drawing]:
    from analysis.figures import training

    records = {key: each[0] for key, each in whole_runs(findings, 1).items()}
    if not records:
        return
    colour_of, unit = shades(findings), findings.results.loss_unit
    drawing = training.draw(
        {name_of(key): record for key, record in records.items()},
        {name_of(key): colour_of[key] for key in records},
        unit,
    )
    seeds = "; ".join(f"{quoted(name_of(key))} seed {record.seeds.init}" for key, record in records.items())
    caption = (
        f"The course of one confirmed run each ({seeds}; n = 1, no interval): above the learning rate, below the"
        " training and validation loss. Dotted lines and diamonds are snapshots."
    )
    ends = "; ".join(
        f"{quoted(name_of(key))} {record.metrics['validation_loss']:.3f} {unit}".rstrip()
        for key, record in records.items()
    )
    alt = f"Learning rate and losses by step. Validation loss at the end: {ends}."
    yield Drawing("training", drawing, caption, alt, section="training")


def _ensembles(findings: Findings) -> Iterator[Drawing]:
    from analysis.figures import ensemble_gain

    known = [each.key for each in findings.ranking if each.key in findings.gains]
    best = known[:_most_lines]
    gains = {key: findings.gains[key] for key in findings.results.compared if key in best}
    if not gains:
        return
    colour_of, score = shades(findings), findings.results.score
    drawing = ensemble_gain.draw(
        {name_of(key): each for key, each in gains.items()}, {name_of(key): colour_of[key] for key in gains}, score
    )
    few = f" The {len(best)} best groups." if len(known) > len(best) else ""
    of_last = " (RMSE of the last minus RMSE of the average)" if score.sign < 0 else ""
    caption = (
        f"What averaging the predictions of a run's last snapshots gains over its last snapshot alone{of_last}, on the"
        " test set. Lines are means over the report seeds (n in the legend), bands the 95 % t-intervals of the paired"
        f" differences; above zero is better.{few}"
    )
    words = "; ".join(f"{quoted(name_of(key))}, all snapshots: {each[-1].score}" for key, each in gains.items())
    yield Drawing("ensemble_gain", drawing, caption, f"Gain by number of snapshots. {words}.", section="ensembles")


def _slug(text: str) -> str:
    return re.sub("[^0-9A-Za-z]+", "_", text).strip("_")


def _in_words(field: str) -> str:
    """Return a field, or several, without where it lies: ``examples, schedule`` of ``data.examples, schedule.*``."""
    names = (name.strip().removesuffix(".*").rpartition(".")[2] for name in field.split(","))
    return ", ".join(names).replace("_", " ")


def _axis_of_search(score: Score) -> str:
    if score.sign > 0:
        return "cut off at 0 and 100 %. The accuracy axis is stretched towards 100 %."
    return f"cut off at 0. An error above that of {score.guessing} counts and is drawn as that."


def _seeds(count: int) -> str:
    return f"n = {count} seed{'' if count == 1 else 's'}"


kinds = (_comparisons, _components, _search, _training, _ensembles, calibration, planes, lines)
"""What yields the figures of a report, in its order."""
