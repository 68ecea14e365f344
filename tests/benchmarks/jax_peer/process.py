"""The JAX peer as the benchmarks see it: a process that answers questions."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from asked_process import AskedProcess

from lightning_modules.data.split import split
from lightning_modules.models.mlp import MLP
from lightning_modules.recipe import Recipe
from lightning_modules.training.stack_data import load

__all__ = ["JaxPeer", "is_installed", "rate_of_several"]

_python = Path(__file__).parents[3] / ".venv-jax/bin/python"


def is_installed() -> bool:
    """Whether the peer's environment exists."""
    return _python.exists()


class JaxPeer(AskedProcess):
    """A process that trains stacks of a recipe on one thread, compiled once for each stack size.

    Attributes:
        inputs: what it trains on, (examples, *shape), preprocessed as the recipe says.
        targets: their classes, (examples,).
    """

    def __init__(self, recipe: Recipe) -> None:
        dataset = load(recipe.data)
        rows = split(dataset, 0).train
        self.inputs = recipe.preprocessing.fit(dataset.inputs[rows])(dataset.inputs[rows])
        self.targets = dataset.targets[rows]
        folder = tempfile.TemporaryDirectory()
        data = Path(folder.name) / "data.npz"
        np.savez(data, inputs=self.inputs, targets=self.targets)
        options = {
            "--data": [data],
            "--kind": ["mlp" if isinstance(recipe.model, MLP) else "cnn"],
            "--widths": recipe.model.widths if isinstance(recipe.model, MLP) else recipe.model.channels,
            "--outputs": [dataset.outputs],
            "--batch": [recipe.batch_size],
            "--rate": [recipe.optimizer.learning_rate],
            "--momentum": [recipe.optimizer.momentum],
        }
        words = [str(word) for name, values in options.items() for word in (name, *values)]
        super().__init__([_python, Path(__file__).with_name("peer.py"), *words], folder)

    def rate(self, runs: int, epochs: int) -> float:
        """Return the member-epochs per second of a stack of `runs` members, compilation and first epoch excluded."""
        return self.ask(runs=runs, epochs=epochs)["rate"]


def rate_of_several(peers: list[JaxPeer], runs: int, epochs: int) -> float:
    """Return the member-epochs per second of several peers that train at the same time."""
    with ThreadPoolExecutor(len(peers)) as threads:
        return sum(threads.map(lambda peer: peer.rate(runs, epochs), peers))
