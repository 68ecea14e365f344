"""Train stacks of a benchmark's network in JAX on one thread, as its caller asks.

A process of its own environment. Each line of its input is a JSON object, each
answered by one on its output:

- ``{"runs": 16, "epochs": 20}``: train so many members for so many epochs;
  answers ``rate`` (member-epochs per second, compilation excluded), ``cores``
  (processor time over wall time) and the mean loss of the first and the last step.
- ``{"weights": in.npz, "rows": [[…], …], "out": out.npz}``: take these steps with
  one member whose weights are given, and write them.
"""

import argparse
import json
import os
import sys
import time
from functools import partial

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("NPROC", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import network
import numpy as np


@partial(jax.jit, static_argnames=("kind", "batch"), donate_argnames=("layers", "velocity"))
def _epoch(layers, velocity, inputs, targets, orders, rate, momentum, kind, batch):
    """Pass once through the training set in each member's order, (members, examples); the last batch is smaller."""

    def member_step(weights, speed, rows, own_rate):
        value, gradient = jax.value_and_grad(network.loss)(weights, inputs[rows], targets[rows], kind)
        speed = jax.tree.map(lambda v, g: momentum * v + g, speed, gradient)
        return jax.tree.map(lambda w, v: w - own_rate * v, weights, speed), speed, value

    step = jax.vmap(member_step)

    def body(carry, rows):
        weights, speed, values = step(*carry, rows, rate)
        return (weights, speed), values

    full = orders.shape[1] // batch * batch
    table = orders[:, :full].reshape(len(orders), -1, batch).swapaxes(0, 1)
    (layers, velocity), losses = jax.lax.scan(body, (layers, velocity), table)
    if full < orders.shape[1]:
        (layers, velocity), last = body((layers, velocity), orders[:, full:])
        losses = jnp.concatenate([losses, last[None]])
    return layers, velocity, losses


def _stack(options, layers, runs):
    """Return `runs` copies of weights, their velocities and their rates."""
    weights = jax.tree.map(lambda each: jnp.array(np.broadcast_to(each, (runs, *each.shape))), layers)
    return weights, jax.tree.map(jnp.zeros_like, weights), jnp.full(runs, options.rate, jnp.float32)


def _measure(options, data, request):
    inputs, targets = jnp.asarray(data["inputs"]), jnp.asarray(data["targets"].astype(np.int32))
    runs, rng = request["runs"], np.random.default_rng(0)
    members = [
        network.from_torch(
            network.initial(rng, data["inputs"].shape[1:], options.widths, options.outputs, options.kind)
        )
        for _ in range(runs)
    ]
    layers = jax.tree.map(lambda *each: jnp.stack(each), *members)
    velocity, rate = jax.tree.map(jnp.zeros_like, layers), jnp.full(runs, options.rate, jnp.float32)
    rows = np.tile(np.arange(len(inputs), dtype=np.int32), (runs, 1))

    def epoch(layers, velocity):
        orders = rng.permuted(rows, axis=1)
        return _epoch(layers, velocity, inputs, targets, orders, rate, options.momentum, options.kind, options.batch)

    layers, velocity, losses = jax.block_until_ready(epoch(layers, velocity))
    first = float(losses[0].mean())
    start, processor = time.perf_counter(), time.process_time()
    for _ in range(request["epochs"]):
        layers, velocity, losses = epoch(layers, velocity)
    jax.block_until_ready(losses)
    seconds = time.perf_counter() - start
    return {
        "rate": runs * request["epochs"] / seconds,
        "cores": round((time.process_time() - processor) / seconds, 2),
        "first_loss": first,
        "last_loss": float(losses[-1].mean()),
    }


def _steps(options, data, request):
    with np.load(request["weights"]) as file:
        given = [[file[f"weight{index}"], file[f"bias{index}"]] for index in range(len(file.files) // 2)]
    layers, velocity, rate = _stack(options, network.from_torch(given), 1)
    inputs, targets = jnp.asarray(data["inputs"]), jnp.asarray(data["targets"].astype(np.int32))
    orders = np.concatenate(request["rows"]).astype(np.int32)[None]
    layers, _, losses = _epoch(
        layers, velocity, inputs, targets, orders, rate, options.momentum, options.kind, options.batch
    )
    trained = network.to_torch(jax.tree.map(lambda each: np.asarray(each[0]), layers), given)
    arrays = {f"weight{index}": weight for index, (weight, _) in enumerate(trained)}
    arrays |= {f"bias{index}": bias for index, (_, bias) in enumerate(trained)}
    np.savez(request["out"], losses=np.asarray(losses[:, 0]), **arrays)
    return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help=".npz of inputs and targets")
    parser.add_argument("--kind", choices=["mlp", "cnn"], required=True)
    parser.add_argument("--widths", type=int, nargs="+", required=True)
    parser.add_argument("--outputs", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--momentum", type=float, required=True)
    options = parser.parse_args()
    with np.load(options.data) as file:
        data = {name: file[name] for name in file.files}
    for line in sys.stdin:
        request = json.loads(line)
        answer = _steps(options, data, request) if "weights" in request else _measure(options, data, request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
