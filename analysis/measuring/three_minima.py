"""How `ThreeMinima` is measured."""

from typing import Any

import numpy as np

from analysis.diversity.solutions import Solutions, solutions_of
from analysis.ensembles.conditions import within_each
from analysis.findings import name_of
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.measurements.three_minima import ThreeMinima
from analysis.results import StudyResults
from analysis.slices import PlaneSlice, plane_through
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

__all__ = ["measure"]


def measure(asked: ThreeMinima, paths: StudyPaths) -> None:
    """Measure what `ThreeMinima` asks for; see `Measurement.measure`."""
    study, results, store = study_checksum(paths), StudyResults.open(paths), RunStore(paths.runs)
    chosen = sorted({0, (asked.members - 1) // 2, asked.members - 1})
    planes: dict[tuple[str, str], PlaneSlice] = {}
    seeds: dict[tuple[str, str], int] = {}
    for condition, part in within_each(results, asked.within).items():
        for kind, own in solutions_of(part, store, asked.members).items():
            for seed, each in own.items():
                try:
                    plane = _plane(asked, each, chosen)
                except InvalidInput:
                    continue  # The three lie on one line: there is no plane to show.
                if np.isfinite(plane.losses).any():
                    planes[kind, name_of(condition) or "all"] = plane
                    seeds[kind, name_of(condition) or "all"] = seed
                    break
    if len(chosen) < 3 or not planes:
        raise InvalidInput(f"{paths.root} has no three minima of one training set: give three cycles or members.")
    from analysis.figures import loss_planes

    marks = {"snapshots": [str(place + 1) for place in chosen], "independent": ["a", "b", "c"]}
    with written(paths.landscape) as aside:
        with styled():
            save(loss_planes.draw(planes, marks, results.loss_unit), aside, asked.name)
        which = ", ".join(marks["snapshots"][:-1])
        caption = (
            f"Training loss in the plane through snapshots {which} and {marks['snapshots'][-1]} of"
            f" {asked.members} of one cyclic training, and through three independent runs of the same training set,"
            " all on one scale; contours are even in its logarithm, both axes distances between weights. One"
            " report seed each (n = 1, no interval)."
        )
        words = "; ".join(f"{kind}, {condition}: seed {seed}" for (kind, condition), seed in seeds.items())
        write_measured(
            aside,
            asked.name,
            {f"{condition}, {kind}": _content(plane) for (kind, condition), plane in planes.items()},
            title="Three minima",
            illustrations=[Illustration(asked.name, caption, f"Contours of the training loss. {words}.")],
            study=study,
        )


def _plane(asked: ThreeMinima, solutions: Solutions, chosen: list[int]) -> PlaneSlice:
    surface = solutions.surface
    first, second, third = (surface.row(solutions.weights[place]) for place in chosen)
    return plane_through(surface, first, second, third, points=asked.points)


def _content(plane: PlaneSlice) -> dict[str, Any]:
    return {
        "x": listed(plane.x),
        "y": listed(plane.y),
        "losses": listed(plane.losses),
        "marks": listed(plane.marks),
        "checks": list(plane.checks),
    }
