"""Comparisons of ensembles as rows: for a terminal, for a program, for a paper."""

from collections.abc import Iterator

from analysis.comparison.latex import tabular
from analysis.ensembles.comparison import Compared, Comparison
from analysis.estimate import Estimate
from analysis.table import Cell

__all__ = ["columns", "header", "latex", "rows", "texts"]

_costs = ("members", "epochs", "passes", "forwards", "storage")


def columns(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of the columns of `rows`."""
    ends = ("", "_low", "_high", "_gain", "_gain_low", "_gain_high", "_before")
    own = (f"{metric}{end}" for metric in _metrics(comparison) for end in ends)
    return ("limit", "amount", "method", "group", *_costs, "n", "lost", *own)


def rows(comparison: Comparison) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each method: numbers as they are, not in per cent, None where there is none."""
    limit, metrics = comparison.limit, _metrics(comparison)
    for each in comparison.rows:
        costs = tuple(getattr(each.cost, name) for name in _costs)
        found = len(each.scored.seeds) - each.lost
        cells = (cell for metric in metrics for cell in _cells(each, metric))
        yield (limit.kind, limit.amount, each.scored.method, each.scored.key, *costs, found, each.lost, *cells)


def header(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of the columns of `texts`."""
    known = comparison.rows[0].scored.metrics
    first = next(iter(known.values()))
    likely = ["gain in NLL"] if "nll" in known else []
    costs = ("members", "epochs", "forwards", "KiB")
    return ("method", "made of", *costs, first.title, f"gain in {first.title}", *likely, *_lost(comparison))


def texts(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield a row for each method, for a reader."""
    for each in comparison.rows:
        metrics = list(each.scored.metrics)
        cost = each.cost
        passes = f" + {cost.passes}" if cost.passes else ""
        yield (
            each.scored.method,
            each.scored.key.partition("=")[2] or each.scored.key,
            str(cost.members),
            f"{cost.epochs:g}{passes}",
            str(cost.forwards),
            f"{cost.storage / 1024:,.1f}",
            _amount(each.values[metrics[0]]),
            _amount(each.gains[metrics[0]]),
            *([_amount(each.gains["nll"])] if "nll" in metrics else []),
            *([f"{each.lost} of {len(each.scored.seeds)}"] if _lost(comparison) else []),
        )


def latex(comparison: Comparison) -> str:
    """Return a ``tabular`` of a comparison, which needs the package booktabs."""
    head = header(comparison)
    note = f"{comparison.limit}; mean with its 95 % t-interval over the seeds; gains over the single network"
    return tabular(note, f"ll{'r' * (len(head) - 2)}", head, list(texts(comparison)))


def _lost(comparison: Comparison) -> tuple[str, ...]:
    """Return the name of the column of seeds that were lost to divergence, if there are any."""
    return ("lost",) if any(each.lost for each in comparison.rows) else ()


def _metrics(comparison: Comparison) -> list[str]:
    return list(comparison.rows[0].scored.metrics) if comparison.rows else []


def _cells(each: Compared, metric: str) -> tuple[Cell, ...]:
    before = each.before[metric]
    return (*_ends(each.values[metric]), *_ends(each.gains[metric]), None if before is None else before.value)


def _ends(estimate: Estimate | None) -> tuple[Cell, ...]:
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)


def _amount(estimate: Estimate | None) -> str:
    return "–" if estimate is None else estimate.amount
