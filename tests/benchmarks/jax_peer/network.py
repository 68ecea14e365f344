"""The benchmark's networks in JAX, one member at a time; `jax.vmap` makes them a stack.

Images are (batch, height, width, channels), and a convolution is one product of
its unfolded windows: XLA's own convolution, vmapped over weights, is several
times slower on a CPU.
"""

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["from_torch", "initial", "loss", "to_torch"]


def initial(rng, shape, widths, outputs, kind):
    """Return He-normal weights as torch keeps them: [(outputs, inputs) or (channels, inputs, 3, 3), bias] a layer."""
    layers = []
    inputs, height, width = (int(np.prod(shape)), 1, 1) if kind == "mlp" else shape
    for count in widths:
        size = (count, inputs) if kind == "mlp" else (count, inputs, 3, 3)
        layers.append(_layer(rng, size))
        inputs = count
        height, width = (height, width) if kind == "mlp" else (height // 2, width // 2)
    layers.append(_layer(rng, (outputs, inputs * height * width)))
    return layers


def _layer(rng, size):
    scale = np.sqrt(2 / np.prod(size[1:]))
    return [(scale * rng.standard_normal(size)).astype(np.float32), np.zeros(size[0], np.float32)]


def from_torch(layers):
    """Return one member's weights in this file's layout: kernels (windows' numbers, channels)."""
    return [[_unfolded(weight) if weight.ndim == 4 else weight.T, bias] for weight, bias in layers]


def _unfolded(weight):
    return weight.transpose(2, 3, 1, 0).reshape(-1, weight.shape[0])


def to_torch(layers, like):
    """Return weights in torch's layout again, given arrays of the shapes that they had."""
    return [
        [
            weight.reshape(3, 3, -1, weight.shape[1]).transpose(3, 2, 0, 1) if former.ndim == 4 else weight.T,
            bias,
        ]
        for (weight, bias), (former, _) in zip(layers, like, strict=True)
    ]


def loss(layers, inputs, targets, kind):
    """Return the mean cross-entropy of one member's batch, inputs (batch, channels, height, width)."""
    x = inputs.reshape(len(inputs), -1)
    if kind == "cnn":
        x = inputs.transpose(0, 2, 3, 1)
        for weight, bias in layers[:-1]:
            x = _pool(jax.nn.relu(_unfold(x) @ weight + bias))
        x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    else:
        for weight, bias in layers[:-1]:
            x = jax.nn.relu(x @ weight + bias)
    weight, bias = layers[-1]
    # Not by indices: their gradient is a scatter, which XLA runs one number at a time.
    chosen = jax.nn.log_softmax(x @ weight + bias) * jax.nn.one_hot(targets, len(bias))
    return -chosen.sum(axis=1).mean()


def _unfold(x):
    _, height, width, _ = x.shape
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = [padded[:, dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
    return jnp.concatenate(windows, axis=3)


def _pool(x):
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
