"""Logarithmic axes whose numbers are written as they are."""

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

__all__ = ["plain_numbers"]


def plain_numbers(axis: Axis) -> None:
    """Write 0.1, 1 and 10 instead of powers, and within two decades also their doubles and fives."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
