"""The stacked form of ``nn.Conv2d`` for many channels: a matrix product for each row of windows."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.conv2d import Conv2d, overlap
from lightning_modules.stack.layers.products import affine, lowered
from lightning_modules.stack.stacked import Parameters

__all__ = ["Conv2dByRows"]


class Conv2dByRows(Conv2d):
    """A `Conv2d` of stride 1 that unfolds images along their rows alone.

    What the windows of a row meet are then some rows of (runs, height · kernel
    width · channels, windows · batch), one after the other in memory, and a matrix
    as it stands. A full unfolding writes every value again for each row of the
    kernel, and the padding above and below is multiplied.

    The gradient in a row of pixels is in the same way one product of the rows of
    upstream gradients that read it, whose columns are then added up.

    On a GPU, which is given every product by itself, this is a plain `Conv2d`.

    Arguments:
        weight: name of W.
        bias: name of b, or None.
        kernel: (height, width) in pixels.
        padding: (vertical, horizontal) zeros on each side.
    """

    def __init__(self, weight: str, bias: str | None, kernel: tuple[int, int], padding: tuple[int, int]) -> None:
        super().__init__(weight, bias, kernel, (1, 1), padding)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        if x.is_cuda:
            return super().forward(parameters, x)
        # Rows of the kernel first, then its columns, then channels: the order in which pixels are unfolded.
        weight = parameters[self._weight].permute(0, 1, 3, 4, 2).flatten(2)
        bias = None if self._bias is None else parameters[self._bias]
        (runs, outputs, _), (rows, cols), unfolded = weight.shape, self._positions(x), self._unfold_rows(x)
        y = weight.new_empty(runs, outputs, rows, unfolded.shape[2])
        for row, (pixels, places) in enumerate(self._parts(x)):
            y[:, :, row] = affine(weight[:, :, places], unfolded[:, pixels].expand(runs, -1, -1), bias)
        return y.view(runs, outputs, rows, cols, -1)

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        if x.is_cuda:
            super().parameter_gradients(gradients, x, upstream)
            return
        gradient, flat, held = gradients[self._weight], upstream.flatten(3), self._held
        runs, outputs, channels, height, width = gradient.shape
        unfolded = held[1] if held is not None and held[0] is x else self._unfold_rows(x)
        transposed = flat.new_zeros(runs, height * width * channels, outputs)
        for row, (pixels, places) in enumerate(self._parts(x)):
            columns = unfolded[:, pixels].expand(runs, -1, -1)
            # The narrow factor on the right: MKL is several times slower the other way round.
            transposed[:, places] += torch.bmm(columns, lowered(flat[:, :, row]).mT)
        gradient.copy_(transposed.view(runs, height, width, channels, outputs).permute(0, 4, 3, 1, 2))
        if self._bias is not None:
            torch.sum(flat.flatten(2), dim=2, out=gradients[self._bias])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        if x.is_cuda:
            return super().input_gradient(parameters, x, y, upstream)
        (kernel_y, kernel_x), (pad_y, pad_x) = self._kernel, self._padding
        runs, outputs, rows, cols, batch = upstream.shape
        self._held = None
        # The last row of windows first: those that meet a row of pixels then meet it with ascending rows of the kernel.
        turned = lowered(upstream).new_empty(runs, rows * outputs, cols * batch)
        for row in range(rows):
            turned[:, (rows - 1 - row) * outputs : (rows - row) * outputs] = upstream[:, :, row].flatten(2)
        weight = lowered(parameters[self._weight].permute(0, 3, 1, 4, 2)).flatten(3).flatten(1, 2)
        gradient = torch.zeros_like(x)
        spans = [overlap(column - pad_x, 1, cols, x.shape[3]) for column in range(kernel_x)]
        for pixel in range(x.shape[2]):
            windows, places = overlap(rows - 1 - pixel - pad_y, 1, kernel_y, rows)
            met = turned[:, windows.start * outputs : windows.stop * outputs]
            columns = torch.bmm(weight[:, places.start * outputs : places.stop * outputs].mT, met)
            columns = columns.view(runs, kernel_x, -1, cols, batch)
            for column, (pixels, met_by) in enumerate(spans):
                gradient[:, :, pixel, pixels].add_(columns[:, column, :, met_by])
        return gradient

    def _unfold_rows(self, x: Tensor) -> Tensor:
        """Return x as (runs, height · kernel width · channels, windows of a row · batch), for products."""
        rows, kernel, padding = lowered(x).transpose(1, 2), self._kernel[1], self._padding[1]
        runs, height, channels, width, batch = rows.shape
        cols = self._positions(x)[1]
        sizes = (runs, height, kernel, channels, cols, batch)
        if self._padded.shape != sizes or self._padded.dtype != rows.dtype or self._padded.device != rows.device:
            self._padded = rows.new_zeros(sizes)
        for column in range(kernel):
            pixels, windows = overlap(column - padding, 1, cols, width)
            self._padded[:, :, column, :, windows] = rows[:, :, :, pixels]
        matrices = self._padded.view(runs, height * kernel * channels, cols * batch)
        self._held = (x, matrices)
        return matrices

    def _parts(self, x: Tensor) -> list[tuple[slice, slice]]:
        """Return for each row of windows where what it meets lies among the unfolded pixels, and in the kernel."""
        (rows, _), width = self._positions(x), self._kernel[1] * x.shape[1]
        met = [overlap(row - self._padding[0], 1, self._kernel[0], x.shape[2]) for row in range(rows)]
        return [
            (slice(pixels.start * width, pixels.stop * width), slice(places.start * width, places.stop * width))
            for pixels, places in met
        ]
