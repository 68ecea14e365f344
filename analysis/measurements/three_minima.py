"""The training loss in the plane through three snapshots of one cyclic training, and through three independent runs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.diversity.solutions import Solutions, solutions_of
from analysis.ensembles.conditions import within_each
from analysis.findings import name_of
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.results import StudyResults
from analysis.slices import PlaneSlice, plane_through
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

__all__ = ["ThreeMinima"]


@dataclass(frozen=True)
class ThreeMinima(Measurement):
    """Draws the three minima of each condition: the first, middle and last snapshot, and three independent runs.

    One report seed of each, the first that has both or either; there is no interval, and no estimate.

    Arguments:
        within: the field that tells conditions apart, as `group_of` has it; empty for one condition.
        members: networks of each kind, of which three are shown.
        points: on each side of a plane.
    """

    within: str = ""
    members: int = 5
    points: int = 51

    @property
    def name(self) -> str:
        return "three_minima"

    def measure(self, paths: StudyPaths) -> None:
        study, results, store = study_checksum(paths), StudyResults.open(paths), RunStore(paths.runs)
        chosen = sorted({0, (self.members - 1) // 2, self.members - 1})
        planes: dict[tuple[str, str], PlaneSlice] = {}
        seeds: dict[tuple[str, str], int] = {}
        for condition, part in within_each(results, self.within).items():
            for kind, own in solutions_of(part, store, self.members).items():
                for seed, each in own.items():
                    try:
                        plane = self._plane(each, chosen)
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
                save(loss_planes.draw(planes, marks, results.loss_unit), aside, self.name)
            which = ", ".join(marks["snapshots"][:-1])
            caption = (
                f"Training loss in the plane through snapshots {which} and {marks['snapshots'][-1]} of"
                f" {self.members} of one cyclic training, and through three independent runs of the same training set,"
                " all on one scale; contours are even in its logarithm, both axes distances between weights. One"
                " report seed each (n = 1, no interval)."
            )
            words = "; ".join(f"{kind}, {condition}: seed {seed}" for (kind, condition), seed in seeds.items())
            write_measured(
                aside,
                self.name,
                {f"{condition}, {kind}": _content(plane) for (kind, condition), plane in planes.items()},
                title="Three minima",
                illustrations=[Illustration(self.name, caption, f"Contours of the training loss. {words}.")],
                study=study,
            )

    def _plane(self, solutions: Solutions, chosen: list[int]) -> PlaneSlice:
        surface = solutions.surface
        first, second, third = (surface.row(solutions.weights[place]) for place in chosen)
        return plane_through(surface, first, second, third, points=self.points)


def _content(plane: PlaneSlice) -> dict[str, Any]:
    return {
        "x": listed(plane.x),
        "y": listed(plane.y),
        "losses": listed(plane.losses),
        "marks": listed(plane.marks),
        "checks": list(plane.checks),
    }
