"""A row of numbers as one line of a terminal."""

from collections.abc import Sequence

__all__ = ["ends", "sparkline"]

ends = ("▁", "█")
"""What stands for the lowest and for the highest value."""

_blocks = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], low: float, high: float, width: int) -> str:
    """Return a row of blocks whose heights are the values, blank where there is none.

    Arguments:
        values: from first to last; of more than `width`, each block is the last of as many as it stands for.
        low: is the lowest block.
        high: is the highest; if it is `low`, every block is.
        width: the most blocks.

    References:
        | Beautiful Evidence (Tufte, 2006), on sparklines
        | https://www.edwardtufte.com/book/beautiful-evidence/
    """
    columns = min(width, len(values))
    last = [values[-(-(column + 1) * len(values) // columns) - 1] for column in range(columns)]
    return "".join(" " if value is None else _block(value, low, high) for value in last)


def _block(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 1.0
    return _blocks[round(share * (len(_blocks) - 1))]
