"""How wide an interval so many seeds give, by group, and how far one that varies a single stream can be trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparison.components import components_of_groups
from analysis.estimate import Estimate, t_interval
from analysis.findings import name_of
from analysis.inference.components import Components
from analysis.inference.interval_widths import half_widths, one_stream_coverage
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.results import StudyResults
from analysis.scores import score_of_run
from analysis.shown import shown
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["IntervalWidths"]


@dataclass(frozen=True)
class IntervalWidths(Measurement):
    """Cuts each compared recipe's report seeds into disjoint blocks, and takes each block for a study of its own.

    Estimates: ``interval_half_width[n=10, model=MLP]``, half the width of Student's 95 % interval of so many seeds, a
    mean over the blocks; and of groups with crossed seeds ``one_stream_coverage[init, model=MLP]``, how often the
    interval of runs that differ in their initial weights alone holds the mean over all luck, a mean over the levels of
    the stream crossed last that is held still.

    Arguments:
        counts: seeds of a block.
    """

    counts: tuple[int, ...] = (3, 5, 10, 20)

    @property
    def name(self) -> str:
        return "interval_widths"

    def measure(self, paths: StudyPaths) -> None:
        study, results = study_checksum(paths), StudyResults.open(paths)
        values = {
            key: [score_of_run(record) for record in each.records.values()]
            for key, each in results.compared.items()
            if len(each.records) >= min(self.counts)
        }
        if not values:
            raise InvalidInput(
                f"{paths.root} has no recipe with {min(self.counts)} report runs: give the budget more report seeds."
            )
        score, crossed = results.score, components_of_groups(results)
        unit = shown(score).difference
        estimates = [each for key, own in values.items() for each in self._widths(key, own, unit)]
        shares = {key: list(_coverages(key, crossed[key])) for key in values if key in crossed}
        from analysis.figures import interval_widths

        with written(paths.landscape) as aside:
            with styled():
                by_name = {name_of(key): own for key, own in values.items()}
                bars = {
                    name_of(key): {each.name.partition("[")[2].partition(",")[0]: each.value for each in own}
                    for key, own in shares.items()
                }
                save(interval_widths.draw(by_name, self.counts, bars, score), aside, self.name)
            caption = (
                f"Left, half the width of the 95 % t-interval of test {score.title} against the number of seeds: a dot"
                " a block of report seeds, no two of which share one, and lines what is expected of normal values with"
                " the spread of all."
            )
            if shares:
                caption += (
                    " Right, how often the interval of runs that differ in one stream of randomness alone, all others"
                    " held still, holds the mean over all of them; dashed, what it promises."
                )
            told = [*estimates, *(each for own in shares.values() for each in own)]
            words = "; ".join(f"{each.name}: {each.amount}" for each in told)
            write_measured(
                aside,
                self.name,
                {
                    name_of(key): {"test_scores": own, "checks": _checks(own, self.counts)}
                    for key, own in values.items()
                },
                title="Intervals against the number of seeds",
                illustrations=[Illustration(self.name, caption, f"Half widths by number of seeds. {words}.")],
                study=study,
                estimates=told,
            )

    def _widths(self, key: str, values: Sequence[float], unit: str) -> Iterator[Estimate]:
        for count in self.counts:
            if count <= len(values):
                own = half_widths(values, count)
                over = f"{len(own)} disjoint blocks of {count} report seeds"
                name = f"interval_half_width[n={count}, {key}]"
                yield t_interval(own.tolist(), name, over, unit)  # type: ignore[arg-type] # one of the units, by `shown`


def _coverages(key: str, found: Components) -> Iterator[Estimate]:
    """Yield the coverage of each stream's intervals; its values are of the seeds of the last stream that is held."""
    values = found.values
    for axis, stream in enumerate(found.factors):
        held = max((place for place in range(values.ndim) if place != axis), default=None)
        if held is None:
            continue
        name, mean, left = f"one_stream_coverage[{stream}, {key}]", float(values.mean()), axis - (axis > held)
        covered = [one_stream_coverage(part, left, mean) for part in np.moveaxis(values, held, 0)]
        over = f"{len(covered)} {found.factors[held]} seeds, {values.size // values.shape[axis]} intervals in all"
        yield t_interval(covered, name, over, "fraction")


def _checks(values: Sequence[float], counts: Sequence[int]) -> list[str]:
    short = [str(count) for count in counts if len(values) < 2 * count]
    return [f"fewer than two blocks of {', '.join(short)} seeds: no interval"] if short else []
