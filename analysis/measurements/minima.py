"""Whether the cycles of one training end in different minima, beside minima that independent runs end in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from analysis.diversity.rank_correlation import rank_correlation
from analysis.diversity.solutions import Apart, apart, difference, kept, mean, quantities, solutions_of
from analysis.ensembles.conditions import within_each
from analysis.estimate import Estimate, Unit
from analysis.findings import name_of
from analysis.inference.spearman import spearman
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.results import StudyResults
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

__all__ = ["Minima"]

Found = dict[str, dict[str, dict[int, Apart]]]

_differences: Mapping[Unit, Unit] = {"fraction": "points", "nats": "nats", "number": "number"}


@dataclass(frozen=True)
class Minima(Measurement):
    """Measures what lies between the snapshots of a cyclic training, and between as many independent runs.

    Both lie on the same split, training set and wrong labels, seed by seed. A seed of which a network's training loss
    is not below that of guessing is left out and counted: where nothing was learned there is no barrier either.

    Estimates, of ``loss_barrier``, ``error_barrier`` (both on the training set), ``disagreement`` (test set) and
    ``distance`` (of weights, relative to their norms): ``loss_barrier[snapshots, CONDITION]`` and
    ``loss_barrier_difference[snapshots - independent, CONDITION]``, and ``rank_correlation[snapshots, CONDITION]`` of
    disagreement and loss barrier over a run's pairs.

    Arguments:
        within: the field that tells conditions apart, as `group_of` has it; empty for one condition.
        members: networks of each kind; the recipe with so many cycles gives the snapshots.
        points: on each line, both ends included.

    References:
        | Linear mode connectivity and the lottery ticket hypothesis (Frankle et al., 2020)
        | https://arxiv.org/abs/1912.05671
        | Deep ensembles: a loss landscape perspective (Fort et al., 2019), https://arxiv.org/abs/1912.02757
    """

    within: str = ""
    members: int = 5
    points: int = 25

    @property
    def name(self) -> str:
        return "minima"

    def measure(self, paths: StudyPaths) -> None:
        study, results, store = study_checksum(paths), StudyResults.open(paths), RunStore(paths.runs)
        found: Found = {}
        for condition, part in within_each(results, self.within).items():
            of_kind = solutions_of(part, store, self.members)
            if any(of_kind.values()):
                found[condition] = {
                    kind: {seed: apart(each, self.points) for seed, each in own.items()}
                    for kind, own in of_kind.items()
                    if own
                }
        if not found:
            raise InvalidInput(
                f"{paths.root} has no run with {self.members} cycles, and no independent runs of one split: give a"
                f" recipe CyclicCosine({self.members}), the budget members={self.members}, or both."
            )
        from analysis.figures import minima

        shown = {name_of(condition) or "all": own for condition, own in found.items()}
        with written(paths.landscape) as aside:
            with styled():
                save(minima.draw(shown, results.loss_unit), aside, self.name)
            estimates = list(_estimates(found))
            caption = (
                "What two networks answer differently on the test set against the barrier of the training loss on the"
                f" straight line between them: every pair of {self.members} snapshots of one cyclic training, and of"
                f" {self.members} independent runs of the same split. One dot a pair, of all report seeds."
            )
            words = "; ".join(f"{each.name}: {each.amount}" for each in estimates if " - " not in each.name)
            write_measured(
                aside,
                self.name,
                {
                    f"{condition}, {kind}": _content(own)
                    for condition, kinds in shown.items()
                    for kind, own in kinds.items()
                },
                title="Minima that were visited",
                illustrations=[Illustration(self.name, caption, f"Disagreement against barriers. {words}.")],
                study=study,
                estimates=estimates,
            )


def _estimates(found: Found) -> Iterator[Estimate]:
    for condition, kinds in found.items():
        suffix = f", {condition}" if condition else ""
        for quantity, unit in quantities.items():
            means = [mean(own, quantity, f"{quantity}[{kind}{suffix}]", unit) for kind, own in kinds.items()]
            yield from (each for each in means if each is not None)
            for first, second in permutations(kinds, 2):
                name = f"{quantity}_difference[{first} - {second}{suffix}]"
                each = difference(kinds[first], kinds[second], quantity, name, _differences[unit])
                if each is not None:
                    yield each
        for kind, own in kinds.items():
            upper = [np.triu_indices(len(own[seed].distance), 1) for seed in kept(own)]
            pairs = zip((own[seed] for seed in kept(own)), upper, strict=True)
            by_run = [spearman(each.loss_barrier[at], each.disagreement[at]) for each, at in pairs]
            if by_run:
                yield rank_correlation(by_run, f"rank_correlation[{kind}{suffix}]").student


def _content(own: Mapping[int, Apart]) -> dict[str, Any]:
    collapsed = [str(seed) for seed, each in own.items() if each.collapsed]
    checks = [
        f"{len(collapsed)} of {len(own)} seeds have a network that learned nothing and are left out (seed"
        f" {', '.join(collapsed)}): between such networks there is no barrier, which says nothing of basins"
        if collapsed
        else f"all networks of all {len(own)} seeds have a training loss below that of guessing"
    ]
    return {
        "seeds": list(own),
        **{quantity: [listed(getattr(each, quantity)) for each in own.values()] for quantity in quantities},
        "checks": checks,
    }
