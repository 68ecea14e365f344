"""How `Minima` is measured."""

from collections.abc import Iterator, Mapping
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
from analysis.measurements.minima import Minima
from analysis.results import StudyResults
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

__all__ = ["measure"]

_differences: Mapping[Unit, Unit] = {"fraction": "points", "nats": "nats", "number": "number"}

Found = dict[str, dict[str, dict[int, Apart]]]


def measure(asked: Minima, paths: StudyPaths) -> None:
    """Measure what `Minima` asks for; see `Measurement.measure`."""
    study, results, store = study_checksum(paths), StudyResults.open(paths), RunStore(paths.runs)
    found: Found = {}
    for condition, part in within_each(results, asked.within).items():
        of_kind = solutions_of(part, store, asked.members)
        if any(of_kind.values()):
            found[condition] = {
                kind: {seed: apart(each, asked.points) for seed, each in own.items()}
                for kind, own in of_kind.items()
                if own
            }
    if not found:
        raise InvalidInput(
            f"{paths.root} has no run with {asked.members} cycles, and no independent runs of one split: give a"
            f" recipe CyclicCosine({asked.members}), the budget members={asked.members}, or both."
        )
    from analysis.figures import minima

    shown = {name_of(condition) or "all": own for condition, own in found.items()}
    with written(paths.landscape) as aside:
        with styled():
            save(minima.draw(shown, results.loss_unit), aside, asked.name)
        estimates = list(_estimates(found))
        caption = (
            "What two networks answer differently on the test set against the barrier of the training loss on the"
            f" straight line between them: every pair of {asked.members} snapshots of one cyclic training, and of"
            f" {asked.members} independent runs of the same split. One dot a pair, of all report seeds."
        )
        words = "; ".join(f"{each.name}: {each.amount}" for each in estimates if " - " not in each.name)
        write_measured(
            aside,
            asked.name,
            {
                f"{condition}, {kind}": _content(own)
                for condition, kinds in shown.items()
                for kind, own in kinds.items()
            },
            title="Minima that were visited",
            illustrations=[Illustration(asked.name, caption, f"Disagreement against barriers. {words}.")],
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
