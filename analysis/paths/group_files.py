"""The barriers of a study's groups as estimates that claims may cite, numbers and figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.estimate import Estimate
from analysis.figures import by_group, panels_of_lines
from analysis.group_files import Picture, listed_amounts, write_groups
from analysis.path_files import paths_json, way_names
from analysis.paths.barrier_estimates import barrier_estimates, differences_of_groups
from analysis.paths.group import GroupPaths
from analysis.run_groups import MeasuredStudy
from analysis.shown import labelled

__all__ = ["write_barriers"]


def write_barriers(
    study: MeasuredStudy, name: str, found: Mapping[str, GroupPaths], differences: Sequence[tuple[str, str]]
) -> None:
    """Write the barriers of a study's groups.

    Arguments:
        study: that was measured.
        name: of the file; its figures are ``NAME_by_group`` and ``NAME_profiles``.
        found: paths by the group's key.
        differences: pairs of keys to be compared.
    """
    estimates = {key: barrier_estimates(key, each) for key, each in found.items()}
    seeds = {each.key: each.seeds for each in study.groups}
    compared = differences_of_groups(found, seeds, differences)
    shown = {each.label: _shown(estimates[each.key], each.key) for each in study.groups}
    lines = {each.label: _lines(found[each.key]) for each in study.groups if found[each.key].paths}
    pictures = [
        Picture(
            f"{name}_by_group",
            lambda: by_group.draw(shown, labelled("mean barrier of the training loss", study.unit)),
            "Mean barriers between solutions: the most that the loss on the straight line rises above the line between"
            " the losses at its ends, before and after hidden units are matched, and between the snapshots of one"
            " training. Intervals are 95 %, jackknifed over runs.",
            f"Mean barriers: {listed_amounts(shown)}.",
        )
    ]
    if lines:
        pictures.append(
            Picture(
                f"{name}_profiles",
                lambda: panels_of_lines.draw(
                    lines, "from one solution to the other", labelled("training loss", study.unit)
                ),
                "The loss on the straight lines between pairs that share no solution, thick their median.",
                f"Loss from one solution to the other. Mean barriers: {listed_amounts(shown)}.",
            )
        )
    content: dict[str, dict[str, Any]] = {each.label: paths_json(found[each.key]) for each in study.groups}
    listed = [each for own in estimates.values() for each in own]
    write_groups(study, name, "Barriers between solutions", content, [*listed, *compared], pictures)


def _shown(estimates: Sequence[Estimate], key: str) -> dict[str, Estimate]:
    """Return the mean barriers by what they lie between, in words."""
    names = {"linear": way_names["linear"], "aligned": way_names["aligned"], "snapshots": "between snapshots"}
    named = {each.name: each for each in estimates}
    return {words: named[f"barrier[{way}, {key}]"] for way, words in names.items() if f"barrier[{way}, {key}]" in named}


def _lines(found: GroupPaths) -> dict[str, panels_of_lines.Lines]:
    lines = {}
    for way, paths in found.paths.items():
        own = [paths[pair] for pair in found.apart if pair in paths]
        if own:
            lines[way_names[way]] = (own[0].steps, np.stack([each.losses for each in own]))
    return lines
