"""The stacked form of ``nn.Conv2d``, as a matrix product over unfolded images."""

import math
from collections.abc import Iterator
from functools import reduce

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.products import affine, lowered
from lightning_modules.stack.stacked import Parameters

__all__ = ["Conv2d", "overlap"]

# An image of one run that unfolds to more is unfolded some rows of windows at a time: what fits a cache of one or two
# megabytes is multiplied as it was written. Runs are not taken apart, smaller products lose more than that gains.
_block_elements = 2**19


class Conv2d(Layer):
    """Cross-correlation of x (runs, channels, height, width, batch) with W (runs, outputs, channels, *kernel).

    The image is unfolded to (runs, channels · kernel, positions · batch), always
    into the same scratch memory: a fresh allocation of that size costs more in
    page faults than the product itself. The backward pass finds it there, unless
    it had to be unfolded in blocks. Padded images have memory of their own too,
    whose border stays zero.

    Arguments:
        weight: name of W.
        bias: name of b, or None.
        kernel: (height, width) in pixels.
        stride: (vertical, horizontal) in pixels.
        padding: (vertical, horizontal) zeros on each side.
    """

    def __init__(
        self, weight: str, bias: str | None, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
    ) -> None:
        self._weight, self._bias = weight, bias
        self._kernel, self._stride, self._padding = kernel, stride, padding
        self._memory = self._padded = torch.empty(0)
        # An input and what the scratch memory holds of it, while that is all of it.
        self._held: tuple[Tensor, Tensor] | None = None
        self.parameters = (weight,) if bias is None else (weight, bias)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        weight = parameters[self._weight].flatten(2)
        bias = None if self._bias is None else parameters[self._bias]
        blocks = [affine(weight, columns.expand(len(weight), -1, -1), bias) for columns in self._unfold(x)]
        y = blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=2)
        return y.view(len(weight), -1, *self._positions(x), x.shape[-1])

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        flat, start, products = upstream.flatten(2), 0, []
        held = self._held
        for columns in [held[1]] if held is not None and held[0] is x else self._unfold(x):
            stop = start + columns.shape[2]
            # The narrow factor on the right: MKL is several times slower the other way round.
            products.append(torch.bmm(columns, lowered(flat[:, :, start:stop]).mT).to(flat.dtype))
            start = stop
        transposed = reduce(torch.add, products)
        gradients[self._weight].copy_(transposed.mT.unflatten(2, gradients[self._weight].shape[2:]))
        if self._bias is not None:
            torch.sum(flat, dim=2, out=gradients[self._bias])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        runs, channels, height, width, batch = x.shape
        flat, self._held = lowered(upstream.flatten(2)), None
        columns = self._scratch(flat, runs, channels * self._kernel[0] * self._kernel[1], flat.shape[2])
        torch.bmm(lowered(parameters[self._weight].flatten(2).mT), flat, out=columns)
        (kernel_y, kernel_x), (step_y, step_x), (pad_y, pad_x) = self._kernel, self._stride, self._padding
        rows, cols = self._positions(x)
        columns = columns.view(runs, channels, kernel_y, kernel_x, rows, cols, batch)
        gradient = torch.zeros_like(x)
        for dy in range(kernel_y):
            ys, window_ys = overlap(dy - pad_y, step_y, rows, height)
            for dx in range(kernel_x):
                xs, window_xs = overlap(dx - pad_x, step_x, cols, width)
                gradient[:, :, ys, xs].add_(columns[:, :, dy, dx, window_ys, window_xs])
        return gradient

    def _positions(self, x: Tensor) -> tuple[int, int]:
        """Return how many (rows, columns) of windows an image has."""
        rows, cols = (
            (size + 2 * padding - kernel) // stride + 1
            for size, padding, kernel, stride in zip(
                x.shape[2:4], self._padding, self._kernel, self._stride, strict=True
            )
        )
        return rows, cols

    def _unfold(self, x: Tensor) -> Iterator[Tensor]:
        """Yield x as (runs, channels · kernel, positions · batch), block by block of positions, for products.

        Each block overwrites the one before it.
        """
        windows = self._windows(lowered(x))
        runs, *_, rows, cols, batch = windows.shape
        of_row = math.prod(windows.shape[1:4]) * cols * batch
        blocks = math.ceil(rows / max(1, _block_elements // of_row))
        for part in windows.split(math.ceil(rows / blocks), dim=4):
            columns = self._scratch(part, *part.shape).copy_(part).view(runs, -1, part.shape[4] * cols * batch)
            self._held = (x, columns) if blocks == 1 else None
            yield columns

    def _windows(self, x: Tensor) -> Tensor:
        """Return the windows of x, (runs, channels, *kernel, *positions, batch), as a view."""
        runs, channels, height, width, batch = x.shape
        (step_y, step_x), (pad_y, pad_x) = self._stride, self._padding
        sizes = (runs, channels, height + 2 * pad_y, width + 2 * pad_x, batch)
        if self._padded.shape != sizes or self._padded.dtype != x.dtype or self._padded.device != x.device:
            self._padded = x.new_zeros(sizes)
        self._padded[:, :, pad_y : pad_y + height, pad_x : pad_x + width] = x
        run, channel, row, col, _ = self._padded.stride()
        return self._padded.as_strided(
            (runs, channels, *self._kernel, *self._positions(x), batch),
            (run, channel, row, col, row * step_y, col * step_x, 1),
        )

    def _scratch(self, like: Tensor, *sizes: int) -> Tensor:
        """Return uninitialised memory of these sizes, which the next call will hand out again."""
        count = math.prod(sizes)
        if self._memory.numel() < count or self._memory.dtype != like.dtype or self._memory.device != like.device:
            self._memory = like.new_empty(count)
        return self._memory[:count].view(sizes)


def overlap(offset: int, step: int, windows: int, size: int) -> tuple[slice, slice]:
    """Return which pixels of `size` one place of the kernel meets, and in which windows; the others lie in the padding.

    With the roles changed, for a step of 1: which pixels one window meets, and with which places of the kernel.

    Arguments:
        offset: of this place in the first window, negative in the padding.
        step: from one window to the next.
        windows: how many there are.
        size: pixels along this axis.
    """
    first = max(0, -(offset // step))
    last = min(windows - 1, (size - 1 - offset) // step)
    if last < first:
        return slice(0, 0), slice(0, 0)
    return slice(first * step + offset, last * step + offset + 1, step), slice(first, last + 1)
