"""The figures of a report, each with the caption that says what is shown, n, and what an interval is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.findings import Findings, name_of
from analysis.results import StudyResults, Trial
from analysis.style import colours, save, styled
from sweeps.groups import group_of
from sweeps.record import RunRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture", "pictures"]

# Beyond so many columns or lines a figure is not legible; the best groups are shown.
_most_groups = 4
_slice_seeds, _slice_directions = 5, 3


@dataclass(frozen=True)
class Picture:
    """A figure as files.

    Arguments:
        name: of the files.
        png: two pixels for each of a screen's.
        pdf: for a paper.
        width: in a screen's pixels.
        height: in a screen's pixels.
        caption: for readers.
        alt: for those who cannot see it.
    """

    name: str
    png: Path
    pdf: Path
    width: int
    height: int
    caption: str
    alt: str


def pictures(findings: Findings, folder: Path) -> list[Picture]:
    """Draw and write the figures for which there are results.

    Arguments:
        findings: to be shown.
        folder: for PNG and PDF files.
    """
    made = []
    with styled():
        for name, drawing, caption, alt in _drawings(findings):
            png, pdf = save(drawing, folder, name)
            width, height = (round(96 * side) for side in drawing.get_size_inches())
            made.append(Picture(name, png, pdf, width, height, caption, alt))
    return made


def _drawings(findings: Findings) -> "Iterator[tuple[str, Figure, str, str]]":
    """Yield each figure with its name, its caption and its text for those who cannot see it."""
    yield from _comparisons(findings)
    yield from _search(findings.results)
    yield from _training(findings)
    yield from _ensembles(findings)
    yield from _planes(findings)
    yield from _lines(findings)


def _comparisons(findings: Findings) -> "Iterator[tuple[str, Figure, str, str]]":
    from analysis.figures import test_accuracy

    results = findings.results
    families = {field: results.groups(field) for field in results.group_by} or {"winners": results.winners}
    for field, groups in families.items():
        shown = [findings.accuracies[key] for key in groups if key in findings.accuracies]
        if not shown:
            continue
        field_name = field.rpartition(".")[2].replace("_", " ")
        names = {key: name_of(key) for key in groups}
        drawing = test_accuracy.draw(shown, field_name, names, colours(list(groups)))
        chosen = f"the best recipe of each {field_name}" if field in results.group_by else "the winners of the search"
        caption = (
            f"Test accuracy of {chosen}. One dot a report seed (× if the run diverged and counts as guessing), beside"
            f" them the mean and its 95 % t-interval over the seeds; {_seeds(shown[0].estimate.n)} each unless the"
            " figure says otherwise."
        )
        means = "; ".join(f"{names[each.key]} {each.estimate}" for each in shown)
        yield f"test_accuracy_{field.replace('.', '_')}", drawing, caption, f"Dots of test accuracy. Means: {means}."


def _search(results: StudyResults) -> "Iterator[tuple[str, Figure, str, str]]":
    from analysis.figures import search
    from lightning_modules.training.stack_data import classes_of

    trained = [trial for trial in results.trials if trial.records]
    if not trained:
        return
    groups: dict[str, list[Trial]] = {}
    for trial in trained:
        key = group_of(trial.recipe, results.group_by[0]) if results.group_by else "all trials"
        groups.setdefault(key, []).append(trial)
    # The groups that are compared keep their colours; a group of which nothing is confirmed yet comes after them.
    keys = list(dict.fromkeys([*results.compared, *sorted(groups)])) if results.group_by else list(groups)
    by_name = {name_of(key): colour for key, colour in colours(keys).items()}
    named = {name_of(key): groups[key] for key in keys if key in groups}
    drawing = search.draw(named, by_name, 1 / classes_of(trained[0].recipe.data))
    seeds = len(results.budget["search_seeds"])
    caption = (
        f"The search: {len(trained)} trials, {_seeds(seeds)} each. Small dots are seeds, beside them the mean and its"
        " 95 % t-interval over the search seeds, cut off at 0 and 100 %. The accuracy axis is stretched towards"
        " 100 %."
    )
    best = max(trained, key=lambda trial: trial.value if results.metric == "validation_accuracy" else -trial.value)
    rate = best.recipe.optimizer.learning_rate
    yield "search", drawing, caption, f"Validation accuracy over the learning rate; the best trial has rate {rate:.3g}."


def _training(findings: Findings) -> "Iterator[tuple[str, Figure, str, str]]":
    from analysis.figures import training

    records = {key: each[0] for key, each in _whole_runs(findings, 1).items()}
    if not records:
        return
    shades = _shades(findings)
    drawing = training.draw(
        {name_of(key): record for key, record in records.items()}, {name_of(key): shades[key] for key in records}
    )
    seeds = "; ".join(f"{name_of(key)} seed {record.seeds.init}" for key, record in records.items())
    caption = (
        f"The course of one confirmed run each ({seeds}; n = 1, no interval): above the learning rate, below the"
        " training and validation loss. Dotted lines and diamonds are snapshots."
    )
    ends = "; ".join(f"{name_of(key)} {record.metrics['validation_loss']:.3f} nats" for key, record in records.items())
    yield "training", drawing, caption, f"Learning rate and losses by step. Validation loss at the end: {ends}."


def _ensembles(findings: Findings) -> "Iterator[tuple[str, Figure, str, str]]":
    from analysis.figures import ensemble_gain

    gains = {key: findings.gains[key] for key in findings.results.compared if key in findings.gains}
    if not gains:
        return
    shades = _shades(findings)
    drawing = ensemble_gain.draw(
        {name_of(key): each for key, each in gains.items()}, {name_of(key): shades[key] for key in gains}
    )
    caption = (
        "What averaging the probabilities of a run's last snapshots gains over its last snapshot alone, on the test"
        " set. Lines are means over the report seeds (n in the legend), bands the 95 % t-intervals of the paired"
        " differences; above zero is better."
    )
    words = "; ".join(f"{name_of(key)}, all snapshots: {each[-1].accuracy}" for key, each in gains.items())
    yield "ensemble_gain", drawing, caption, f"Gain by number of snapshots. {words}."


def _planes(findings: Findings) -> "Iterator[tuple[str, Figure, str, str]]":
    from analysis.figures import loss_plane
    from analysis.slices import plane_through
    from analysis.surface import training_surface
    from lightning_modules.errors import InvalidInput

    for key, (record, *_) in _whole_runs(findings, 1).items():
        count = len(record.snapshot_steps)
        if count < 3:
            continue
        snapshots, chosen = record.snapshots(), (0, (count - 1) // 2, count - 1)
        surface = training_surface(record.recipe, record.seeds, snapshots[-1])
        first, second, third = (surface.row(snapshots[index]) for index in chosen)
        try:
            plane = plane_through(surface, first, second, third)
        except InvalidInput:
            continue  # The run went straight on, or nowhere: there is no plane to show.
        if not np.isfinite(plane.losses).any():
            continue
        names = tuple(str(index + 1) for index in chosen)
        caption = (
            f"Training loss in the plane through snapshots {', '.join(names[:-1])} and {names[-1]} of {count} of one"
            f" run ({name_of(key)}, seed {record.seeds.init}; n = 1, no interval). Both axes are distances between"
            " weights, at one scale; contours are even in the logarithm of the loss."
        )
        alt = f"Contours of the training loss, {np.nanmin(plane.losses):.3g} to {np.nanmax(plane.losses):.3g} nats."
        yield "loss_plane", loss_plane.draw(plane, names), caption, alt
        return


def _lines(findings: Findings) -> "Iterator[tuple[str, Figure, str, str]]":
    from analysis.figures import loss_line
    from analysis.slices import random_line
    from analysis.surface import training_surface

    lines = {}
    for key, records in _whole_runs(findings, _slice_seeds).items():
        slices = []
        for record in records:
            last = record.snapshots()[-1]
            surface = training_surface(record.recipe, record.seeds, last)
            center = surface.row(last)
            seed = record.seeds.init
            slices.append(random_line(surface, center, seed=seed, directions=_slice_directions, points=41))
        lines[key] = slices
    if not lines:
        return
    shades = _shades(findings)
    drawing = loss_line.draw(
        {name_of(key): each for key, each in lines.items()}, {name_of(key): shades[key] for key in lines}
    )
    counts = "; ".join(f"{name_of(key)} {len(each)}" for key, each in lines.items())
    caption = (
        f"Training loss along random filter-normalised directions (Li et al., 2018), {_slice_directions} for each of"
        f" several report seeds (runs: {counts}). Lines are medians, bands the whole range over runs and directions,"
        " not confidence intervals. A step of 1 moves every unit by the norm of its weights."
    )
    ends = "; ".join(
        f"{name_of(key)} {np.median([each.losses[:, len(each.steps) // 2] for each in slices]):.2g} nats"
        for key, slices in lines.items()
    )
    yield "loss_line", drawing, caption, f"Loss along random lines. In the middle: {ends}."


def _whole_runs(findings: Findings, count: int) -> dict[str, list[RunRecord]]:
    """Return the first runs that did not diverge of each compared recipe, of the best recipes only."""
    shown = {accuracy.key for accuracy in findings.ranking[:_most_groups]}
    runs = {
        key: [record for record in each.records.values() if record.diverged_step is None][:count]
        for key, each in findings.results.compared.items()
        if key in shown
    }
    return {key: records for key, records in runs.items() if records}


def _shades(findings: Findings) -> dict[str, str]:
    return colours(list(findings.results.compared))


def _seeds(count: int) -> str:
    return f"n = {count} seed{'' if count == 1 else 's'}"
