"""The weights of a deep network of equal layers before training, and what becomes of unit inputs in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightning_modules.activations.activation import Activation
from lightning_modules.initializers.initializer import Initializer
from lightning_modules.randomness import stream

__all__ = ["Profile", "drawn_weights", "profile_of", "unit_signals"]

Array = npt.NDArray[np.float64]

flat = 0.05
"""Below this share of its activation's largest slope a unit is saturated: beyond ±2.18 of tanh, ±4.36 of a sigmoid."""

bins = 51
"""Of a histogram of activations between -1 and 1."""


@dataclass(frozen=True)
class Profile:
    """What one network does to its signals, by layer from the first to the last.

    Arguments:
        std: standard deviation of the activations h over units and examples, (layers,).
        saturated: share of units at which the activation is flat (`flat`), (layers,); of ReLUs those that are off.
        gradient_h: root mean square of dL/dh over units and examples, (layers,), where L is an example's.
        gradient_w: root mean square of dL/dW over the weights of a layer, (layers,), where L is the examples' mean.
        density: of the activations between -1 and 1, (layers, bins).
    """

    std: Array
    saturated: Array
    gradient_h: Array
    gradient_w: Array
    density: Array


def drawn_weights(initializer: Initializer, width: int, depth: int, seed: int) -> list[Tensor]:
    """Return the weights of `depth` layers, each (width, width), as this initializer fills them.

    Arguments:
        initializer: of the weights.
        width: units of every layer, the inputs' as well.
        depth: layers.
        seed: of the weights; two initializers draw the same numbers from it.
    """
    found = []
    with torch.random.fork_rng(devices=[]):
        for layer in range(depth):
            torch.default_generator.manual_seed(stream("init", seed, layer))
            found.append(torch.empty(width, width))
            initializer.fill(found[-1])
    return found


def unit_signals(width: int, examples: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return standard normal inputs, and standard normal gradients with which L reaches the last layer.

    Arguments:
        width: of both, (examples, width).
        examples: of a batch.
        seed: of both.
    """
    draw = torch.Generator().manual_seed(stream("data", seed))
    inputs, upstream = torch.randn(2, examples, width, generator=draw)
    return inputs, upstream


def profile_of(weights: Sequence[Tensor], activation: Activation, inputs: Tensor, upstream: Tensor) -> Profile:
    """Pass inputs forward through ``h ← φ(W h)`` and a gradient back, and describe both at every layer.

    The loss of an example is the inner product of its last activations with
    `upstream`, so that nothing but the layers shapes its gradient.

    The squared norm of a layer's gradient, a mean over examples of outer
    products, is taken from the examples' inner products:
    ``‖δᵀ h‖² = Σ_nm (δ_n · δ_m) (h_n · h_m)``.

    Arguments:
        weights: of each layer, (outputs, inputs).
        activation: φ.
        inputs: (examples, inputs).
        upstream: dL/dh of the last layer, (examples, outputs).

    References:
        | Understanding the difficulty of training deep feedforward neural networks (Glorot and Bengio, 2010)
        | https://proceedings.mlr.press/v9/glorot10a.html
        | Delving deep into rectifiers (He et al., 2015), https://arxiv.org/abs/1502.01852
    """
    function = activation.build()
    signals, slopes = [inputs], []
    for weight in weights:
        before = (signals[-1] @ weight.T).requires_grad_()
        after = function(before)
        (slope,) = torch.autograd.grad(after.sum(), before)
        signals.append(after.detach())
        slopes.append(slope)
    gradient, gradient_h, gradient_w = upstream, [], []
    for index in reversed(range(len(weights))):
        gradient_h.append(_root_mean_square(gradient))
        delta = gradient * slopes[index]
        gradient_w.append(_gradient_of_weights(delta, signals[index]))
        gradient = delta @ weights[index]
    probe = torch.linspace(-8, 8, 1601, requires_grad=True)
    (steepest,) = torch.autograd.grad(function(probe).sum(), probe)
    layers = signals[1:]
    return Profile(
        np.array([float(each.double().std()) for each in layers]),
        np.array([float((slope.abs() < flat * steepest.max()).double().mean()) for slope in slopes]),
        np.array(gradient_h[::-1]),
        np.array(gradient_w[::-1]),
        np.stack([_density(each) for each in layers]),
    )


def _root_mean_square(values: Tensor) -> float:
    return float(values.double().square().mean().sqrt())


def _gradient_of_weights(delta: Tensor, signal: Tensor) -> float:
    delta, signal = delta.double(), signal.double()
    square = float(((delta @ delta.T) * (signal @ signal.T)).sum()) / len(delta) ** 2
    return float(np.sqrt(max(square, 0.0) / (delta.shape[1] * signal.shape[1])))


def _density(values: Tensor) -> Array:
    counts = torch.histc(values, bins, -1, 1).double().numpy()
    return np.asarray(counts / values.numel() * bins / 2)
