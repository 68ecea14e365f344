"""How `IntervalWidths` is measured."""

from collections.abc import Iterator, Sequence

import numpy as np

from analysis.comparison.components import components_of_groups
from analysis.estimate import Estimate, t_interval
from analysis.findings import name_of
from analysis.inference.components import Components
from analysis.inference.interval_widths import half_widths, one_stream_coverage
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.measurements.interval_widths import IntervalWidths
from analysis.results import StudyResults
from analysis.scores import score_of_run
from analysis.shown import shown
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths

__all__ = ["measure"]


def measure(asked: IntervalWidths, paths: StudyPaths) -> None:
    """Measure what `IntervalWidths` asks for; see `Measurement.measure`."""
    study, results = study_checksum(paths), StudyResults.open(paths)
    values = {
        key: [score_of_run(record) for record in each.records.values()]
        for key, each in results.compared.items()
        if len(each.records) >= min(asked.counts)
    }
    if not values:
        raise InvalidInput(
            f"{paths.root} has no recipe with {min(asked.counts)} report runs: give the budget more report seeds."
        )
    score, crossed = results.score, components_of_groups(results)
    unit = shown(score).difference
    estimates = [each for key, own in values.items() for each in _widths(asked, key, own, unit)]
    shares = {key: list(_coverages(key, crossed[key])) for key in values if key in crossed}
    from analysis.figures import interval_widths

    with written(paths.landscape) as aside:
        with styled():
            by_name = {name_of(key): own for key, own in values.items()}
            bars = {
                name_of(key): {each.name.partition("[")[2].partition(",")[0]: each.value for each in own}
                for key, own in shares.items()
            }
            save(interval_widths.draw(by_name, asked.counts, bars, score), aside, asked.name)
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
            asked.name,
            {name_of(key): {"test_scores": own, "checks": _checks(own, asked.counts)} for key, own in values.items()},
            title="Intervals against the number of seeds",
            illustrations=[Illustration(asked.name, caption, f"Half widths by number of seeds. {words}.")],
            study=study,
            estimates=told,
        )


def _widths(asked: IntervalWidths, key: str, values: Sequence[float], unit: str) -> Iterator[Estimate]:
    for count in asked.counts:
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
