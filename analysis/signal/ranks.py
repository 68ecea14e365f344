"""Ranks of the first layer's weights after training, as files beside a study."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.estimate import Estimate, t_interval
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.results import StudyResults
from analysis.scores import seeds_in_words
from analysis.signal.rank import numerical_rank, singular_values
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord

__all__ = ["measure_ranks"]

Array = npt.NDArray[np.float64]


def measure_ranks(paths: StudyPaths, name: str, field: str) -> None:
    """Write the ranks and the singular values of each group's report runs that did not diverge, with a figure.

    Arguments:
        paths: of the study.
        name: of the file of numbers.
        field: of the study's `group_by`; empty for the last of them.

    Raises:
        InvalidInput: if the study has no groups, or no run with a matrix of weights.
    """
    from analysis.figures.singular_values import draw

    study = study_checksum(paths)
    results = StudyResults.open(paths)
    if not results.group_by:
        raise InvalidInput("The study has no groups: give it group_by, such as group_by=['initializer'].")
    field = field or results.group_by[-1]
    found: dict[str, dict[str, Any]] = {}
    panels: dict[str, dict[str, Array]] = {}
    estimates: list[Estimate] = []
    for key, confirmed in results.groups(field).items():
        weights = {seed: _first_layer(each) for seed, each in confirmed.records.items() if each.snapshot_steps}
        checks = _checks(len(confirmed.records), len(weights))
        ranks = [numerical_rank(each) for each in weights.values()]
        values = np.array([_over_largest(each) for each in weights.values()])
        found[key] = {"runs": [str(seed) for seed in weights], "ranks": ranks, "checks": checks}
        if ranks:
            over = seeds_in_words(len(ranks))
            estimates.append(t_interval(ranks, f"first_layer_rank[{key}]", over, "number"))
            middle = np.median(values, axis=0)
            found[key]["singular_values"] = listed(middle)
            line, _, panel = key.partition("=")[2].partition(", ")
            panels.setdefault(panel, {})[line] = middle
    if not estimates:
        raise InvalidInput("No report run of the study converged, so no first layer has a rank.")
    with written(paths.landscape) as folder:
        with styled():
            save(draw(dict(sorted(panels.items()))), folder, "singular_values")
        write_measured(
            folder,
            name,
            found,
            title="Rank of the first layer after training",
            illustrations=[_illustration(estimates)],
            study=study,
            estimates=estimates,
        )


def _first_layer(record: RunRecord) -> npt.NDArray[np.floating]:
    """Return the first weights of more than one axis, as a matrix (outputs, inputs)."""
    found: Mapping[str, npt.NDArray[Any]] = record.snapshots()[-1]
    matrices = [value for _, value in sorted(found.items(), key=_place) if value.ndim > 1]
    if not matrices:
        raise InvalidInput(f"{record.folder} has no layer with a matrix of weights, so none with a rank.")
    return matrices[0].reshape(len(matrices[0]), -1)


def _place(item: tuple[str, object]) -> tuple[tuple[int, str], ...]:
    """Sort names of parameters by the numbers in them: ``2.weight`` before ``10.weight``."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in item[0].split("."))


def _over_largest(matrix: npt.NDArray[np.floating]) -> Array:
    values = singular_values(matrix)
    return values / values[0] if values[0] > 0 else values


def _checks(runs: int, converged: int) -> Sequence[str]:
    return [f"{runs - converged} of {runs} report runs diverged and have no rank"] if converged < runs else []


def _illustration(estimates: Sequence[Estimate]) -> Illustration:
    lowest, highest = (pick(estimates, key=lambda each: each.value) for pick in (min, max))
    caption = (
        "Singular values of the first layer's weights after training, over the largest, in falling order; medians over"
        " report seeds. Rounding alone makes some of about 10⁻⁷ and below; a layer of zeros has only zeros. Ranks count"
        " those above rounding."
    )
    alt = f"Falling curves of singular values. Mean ranks from {lowest.value:g} ({lowest.name}) to {highest.value:g}."
    return Illustration("singular_values", caption, alt)
