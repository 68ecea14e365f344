"""The gradient of a small ReLU network, compiled: one run after another, each out of the processor's own cache.

Why not all runs at once, layer by layer: a batched product reads every run's
weights and activations from memory and writes them back, and each of some
thirty operations a step does so anew. What one run of a small network needs fits
into the second-level cache, and stays there from its first product to its last.
"""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["mean_and_gradient", "scratch_units", "warm_up"]

Reals = npt.NDArray[np.floating]
Integers = npt.NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., Any])

# A bias's gradient is summed over so many examples at a time: over all in turn each of many would lose digits.
_summed = 64


def _compiled(function: F) -> F:
    """Return the function compiled at its first call, and kept on disk where there is a place for it."""
    try:
        return cast("F", njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # Neither the package's folder nor the user's can be written to.
        return cast("F", njit(nogil=True, error_model="numpy")(function))


def scratch_units(widths: Integers) -> int:
    """Return how many numbers `mean_and_gradient` needs for each example, given the widths of all layers."""
    return int(widths[1:].sum() + 2 * widths[1:-1].max(initial=0))


def warm_up() -> None:
    """Load what was compiled for single precision, or compile it: a few seconds, once on a machine.

    What a power cut left of the files on disk is removed.
    """
    try:
        _call()
    except (EOFError, UnpicklingError):
        for file in Path(cast("Any", mean_and_gradient).stats.cache_path).glob("kernels.*.nb[ci]"):
            file.unlink(missing_ok=True)
        _call()


def _call() -> None:
    at, row = np.zeros(1, np.int64), np.zeros((1, 2), np.float32)
    inputs, targets = np.zeros((1, 1, 1), np.float32), np.zeros((1, 1), np.int64)
    scratch, widths = np.zeros(3, np.float32), np.ones(2, np.int64)
    mean_and_gradient(row, row.copy(), inputs, targets, row[0, :1], scratch, widths, at, at + 1, 0.0)


@_compiled
def mean_and_gradient(
    weights: Reals,
    gradients: Reals,
    inputs: Reals,
    targets: Integers,
    losses: Reals,
    scratch: Reals,
    widths: Integers,
    weight_at: Integers,
    bias_at: Integers,
    smoothing: float,
) -> bool:
    """Overwrite each run's mean cross-entropy and its gradient; return whether all targets are classes.

    Arguments:
        weights: (runs, parameters).
        gradients: (runs, parameters).
        inputs: (runs, batch, features).
        targets: (runs, batch) classes.
        losses: (runs,).
        scratch: for one run's outputs and gradients, (batch · `scratch_units`,).
        widths: of the inputs and of each layer's outputs, (layers + 1,).
        weight_at: where in a row each layer's weights begin, (layers,).
        bias_at: where its biases begin, or -1 if it has none, (layers,).
        smoothing: ε of the label smoothing.
    """
    layers, batch = len(weight_at), targets.shape[1]
    # Each layer's outputs, one behind the other, and behind them the gradients in the outputs of two layers.
    begins = np.zeros(layers + 1, np.int64)
    for layer in range(layers):
        begins[layer + 1] = begins[layer] + batch * widths[layer + 1]
    outputs, rest = scratch[: begins[layers]], scratch[begins[layers] :]
    half = len(rest) // 2
    for run in range(len(weights)):
        own, found = weights[run], gradients[run]
        for layer in range(layers):
            wide, narrow = widths[layer], widths[layer + 1]
            y = outputs[begins[layer] : begins[layer + 1]].reshape((batch, narrow))
            weight = own[weight_at[layer] : weight_at[layer] + wide * narrow].reshape((narrow, wide))
            if layer == 0:
                np.dot(inputs[run], weight.T, y)
            else:
                np.dot(outputs[begins[layer - 1] : begins[layer]].reshape((batch, wide)), weight.T, y)
            _add_bias(y, own, bias_at[layer])
            if layer < layers - 1:
                _rectify(outputs[begins[layer] : begins[layer + 1]])
        upstream = outputs[begins[layers - 1] :].reshape((batch, widths[layers]))
        if not _cross_entropy(upstream, targets[run], losses, run, smoothing):
            return False
        for layer in range(layers - 1, -1, -1):
            wide, narrow = widths[layer], widths[layer + 1]
            span = wide * narrow
            into = found[weight_at[layer] : weight_at[layer] + span].reshape((narrow, wide))
            _sum_over_batch(upstream, found, bias_at[layer])
            if layer == 0:
                np.dot(upstream.T, inputs[run], into)
            else:
                x = outputs[begins[layer - 1] : begins[layer]]
                np.dot(upstream.T, x.reshape((batch, wide)), into)
                weight = own[weight_at[layer] : weight_at[layer] + span].reshape((narrow, wide))
                below = rest[layer % 2 * half : layer % 2 * half + batch * wide]
                np.dot(upstream, weight, below.reshape((batch, wide)))
                _rectify_gradient(below, x)
                upstream = below.reshape((batch, wide))
    return True


@_compiled
def _add_bias(y: Reals, row: Reals, begin: int) -> None:
    if begin >= 0:
        bias = row[begin : begin + y.shape[1]]
        for example in range(y.shape[0]):
            for unit in range(y.shape[1]):
                y[example, unit] += bias[unit]


@_compiled
def _sum_over_batch(upstream: Reals, row: Reals, begin: int) -> None:
    if begin >= 0:
        bias = row[begin : begin + upstream.shape[1]]
        bias[:] = 0
        block = np.empty_like(bias)
        for start in range(0, upstream.shape[0], _summed):
            block[:] = 0
            for example in range(start, min(start + _summed, upstream.shape[0])):
                for unit in range(upstream.shape[1]):
                    block[unit] += upstream[example, unit]
            for unit in range(upstream.shape[1]):
                bias[unit] += block[unit]


@_compiled
def _rectify(y: Reals) -> None:
    # What is not a number stays so: a run that diverges has to be seen.
    for index in range(len(y)):
        y[index] = 0 if y[index] <= 0 else y[index]


@_compiled
def _rectify_gradient(upstream: Reals, y: Reals) -> None:
    for index in range(len(y)):
        upstream[index] = 0 if y[index] <= 0 else upstream[index]


@_compiled
def _cross_entropy(outputs: Reals, targets: Integers, losses: Reals, run: int, smoothing: float) -> bool:
    """Write the run's mean loss, and overwrite its outputs (batch, classes) with the gradient in them."""
    batch, classes = outputs.shape
    real = outputs.dtype.type
    scale, whole, share = real(1 / batch), real(1 - smoothing), real(smoothing / classes)
    total = 0.0
    for example in range(batch):
        target = targets[example]
        if target < 0 or target >= classes:
            return False
        own = outputs[example]
        largest = own[0]
        for index in range(1, classes):
            # Also true where the largest is not a number.
            largest = largest if largest >= own[index] else own[index]
        summed, all_outputs = real(0), real(0)
        for index in range(classes):
            own[index] -= largest
            all_outputs += own[index]
        chosen = own[target]
        for index in range(classes):
            own[index] = np.exp(own[index])
            summed += own[index]
        loss = np.log(summed) - whole * chosen
        total += loss - share * all_outputs if smoothing > 0 else loss
        for index in range(classes):
            own[index] = (own[index] / summed - share) * scale
        own[target] -= whole * scale
    # The sum overflows where torch's does: a run's divergence is seen at the same step.
    losses[run] = real(total) * scale
    return True
