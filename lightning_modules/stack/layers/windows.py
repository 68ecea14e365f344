"""The windows of a pooling layer that do not overlap."""

from torch import Tensor

__all__ = ["fills_windows", "places_of_window"]


def places_of_window(x: Tensor, window: tuple[int, int]) -> list[Tensor]:
    """Return the pixels at each place of the window in reading order, (runs, channels, rows, columns, batch).

    Arguments:
        x: images (runs, channels, height, width, batch); the results are views into them.
        window: (height, width) in pixels; what does not fill one at the right and lower edge is left out.
    """
    height, width = window
    rows, cols = x.shape[2] // height, x.shape[3] // width
    return [
        x[:, :, dy : rows * height : height, dx : cols * width : width] for dy in range(height) for dx in range(width)
    ]


def fills_windows(x: Tensor, window: tuple[int, int]) -> bool:
    """Tell whether every pixel of x (runs, channels, height, width, batch) lies in a window."""
    return all(size % side == 0 for size, side in zip(x.shape[2:4], window, strict=True))
