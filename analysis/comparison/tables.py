"""The tables of a comparison: the groups and their differences."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from analysis.comparison.pairs import Comparison
from analysis.estimate import Estimate
from analysis.inference.chosen import estimates_of
from analysis.inference.sign_flip import p_text
from analysis.scores import TestScore
from analysis.shown import shown
from analysis.table import Table
from lightning_modules.score import Score

__all__ = ["aligned", "differences_table", "groups_table"]


def groups_table(
    scores: Sequence[TestScore], labels: Mapping[str, str], names: Mapping[str, str], ranks: Mapping[str, Estimate]
) -> Table:
    """Return the groups from best to worst mean, with what else n bears beside it.

    Arguments:
        scores: of the groups.
        labels: of their recipes, by key.
        names: of the groups, by key.
        ranks: mean ranks, by key; may be empty.
    """
    show, rows, texts = shown(scores[0].score), [], []
    for each in sorted(scores, key=lambda score: -score.ordered):
        beside = _beside(each)
        low, high, rank = min(each.by_seed.values()), max(each.by_seed.values()), ranks.get(each.key)
        middle, accelerated = beside.get("iqm"), beside.get("bca")
        rows.append(
            (
                each.key,
                labels[each.key],
                *_ends(each.estimate),
                each.estimate.n,
                each.deviation,
                low,
                high,
                len(each.diverged),
                *_ends(middle),
                *_ends(accelerated)[1:],
                *_ends(rank),
            )
        )
        texts.append(
            (
                names[each.key],
                each.estimate.amount,
                str(each.estimate.n),
                show.text(each.deviation),
                f"{show.text(low)} – {show.text(high)}",
                str(len(each.diverged)),
                middle.amount if middle else "–",
                rank.amount if rank else "–",
            )
        )
    return Table(
        "groups",
        f"Test {scores[0].score.title}",
        "Mean with its 95 % t-interval over the report seeds; the interquartile mean (iqm) from 8 seeds; the mean rank"
        " over the seeds that all groups share, 1 the best.",
        (
            "group",
            "recipe",
            "mean",
            "low",
            "high",
            "n",
            "sd",
            "min",
            "max",
            "diverged",
            "iqm",
            "iqm_low",
            "iqm_high",
            "bca_low",
            "bca_high",
            "rank",
            "rank_low",
            "rank_high",
        ),
        tuple(rows),
        (
            "group",
            "mean [95 %]",
            "n",
            f"sd{show.suffix}",
            f"min – max{show.suffix}",
            "diverged",
            "iqm [95 %]",
            "mean rank [95 %]",
        ),
        tuple(texts),
    )


def differences_table(
    comparisons: Sequence[Comparison],
    names: Mapping[str, str],
    score: Score,
    over_examples: Mapping[tuple[str, str], Estimate] = MappingProxyType({}),
) -> Table:
    """Return the differences of all pairs.

    Arguments:
        comparisons: of one family, one or more.
        names: of the groups, by key.
        score: that was compared.
        over_examples: the same differences over seeds and test examples, by first and second key; may be empty.
    """
    show, rows, texts = shown(score), [], []
    for each in comparisons:
        both = over_examples.get((each.first, each.second))
        rows.append(
            (
                each.first,
                each.second,
                *_ends(each.difference),
                each.difference.n,
                each.test.p,
                each.corrected,
                *_ends(each.better),
                each.correlation,
                each.detectable,
                each.seeds_needed,
                each.conclusion,
                *_ends(both)[1:],
            )
        )
        texts.append(
            (
                f"{names[each.first]} – {names[each.second]}",
                each.difference.amount,
                *([_interval(both)] if over_examples else []),
                str(each.difference.n),
                p_text(each.test.p),
                p_text(each.corrected),
                f"{each.better.value:.2f} [{each.better.low:.2f}, {each.better.high:.2f}]",
                "–" if each.detectable is None else f"{show.factor * each.detectable:.2g}",
                "–" if each.seeds_needed is None else f"{each.seeds_needed:,}",
            )
        )
    many = "all pairs" if comparisons[0].family > 1 else "one pair"
    return Table(
        "differences",
        f"Differences in test {score.title}",
        f"The first minus the second, within each seed, with the 95 % t-interval; {show.better}. p: sign-flip test of"
        f" the differences, corrected by Holm for {many}. P(better): share of seeds on which the first is"
        " better, ties half, with Wilson's 95 % interval. Detectable: the difference that so many pairs find four times"
        " of five; seeds needed: to find the one that is seen; both by a t-test at 0.05 over the number of pairs."
        + (
            " Over examples too: the interval over other seeds and other test examples, by a two-way bootstrap with the"
            " same draws for all pairs, which errs on the long side."
            if over_examples
            else ""
        ),
        (
            "first",
            "second",
            "difference",
            "low",
            "high",
            "n",
            "p",
            "p_corrected",
            "better",
            "better_low",
            "better_high",
            "correlation",
            "detectable",
            "seeds_needed",
            "conclusion",
            "two_way_low",
            "two_way_high",
        ),
        tuple(rows),
        (
            "first – second",
            "difference [95 %]",
            *(["over examples too [95 %]"] if over_examples else []),
            "n",
            "p",
            "p (Holm)",
            "P(better) [95 %]",
            f"detectable{show.difference_suffix}",
            "seeds needed",
        ),
        tuple(texts),
    )


def aligned(header: Sequence[str], texts: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table for a terminal."""
    lines = (header, *texts)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _interval(estimate: Estimate | None) -> str:
    """Return the ends of an estimate's interval: ``[−0.3, +1.2]``."""
    return "–" if estimate is None else "".join(estimate.amount.partition("[")[1:])


def _beside(score: TestScore) -> dict[str, Estimate]:
    estimate = score.estimate
    found = estimates_of(list(score.by_seed.values()), estimate.name, estimate.over, estimate.unit)[1:]
    return {each.name.partition("[")[0].rpartition("_")[2]: each for each in found}


def _ends(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
