"""A table of estimates by the names under which claims cite them."""

from collections.abc import Sequence

from analysis.estimate import Estimate
from analysis.table import Table

__all__ = ["estimates_table"]


def estimates_table(estimates: Sequence[Estimate], name: str, title: str) -> Table:
    """Return every estimate with its interval, n and what the interval is over.

    Arguments:
        estimates: to be listed, in order.
        name: of the table's file.
        title: of the table.
    """
    return Table(
        name,
        title,
        "A claim cites an estimate by its name. The file has them as they are, not in per cent.",
        ("name", "value", "low", "high", "n", "over", "unit", "method"),
        tuple(
            (each.name, each.value, each.low, each.high, each.n, each.over, each.unit, each.method)
            for each in estimates
        ),
        ("name", "estimate [95 %]", "n", "interval", "over"),
        tuple(
            (each.name, each.amount, str(each.n), each.method if each.low is not None else "none", each.over)
            for each in estimates
        ),
    )
