"""The JAX peer as the benchmarks see it: a process that answers questions."""

import json
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from lightning_modules.data.split import split
from lightning_modules.models.mlp import MLP
from lightning_modules.recipe import Recipe
from lightning_modules.training.stack_data import load

__all__ = ["JaxPeer", "is_installed", "rate_of_several"]

_python = Path(__file__).parents[3] / ".venv-jax/bin/python"


def is_installed() -> bool:
    """Whether the peer's environment exists."""
    return _python.exists()


class JaxPeer:
    """A process that trains stacks of a recipe on one thread, compiled once for each stack size.

    Use it as a context manager: leaving it ends the process.

    Attributes:
        inputs: what it trains on, (examples, *shape), preprocessed as the recipe says.
        targets: their classes, (examples,).
    """

    def __init__(self, recipe: Recipe) -> None:
        dataset = load(recipe.data)
        rows = split(dataset, 0).train
        self.inputs = recipe.preprocessing.fit(dataset.inputs[rows])(dataset.inputs[rows])
        self.targets = dataset.targets[rows]
        self._folder = tempfile.TemporaryDirectory()
        data = Path(self._folder.name) / "data.npz"
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
        self._process = subprocess.Popen(
            [_python, Path(__file__).with_name("peer.py"), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rate(self, runs: int, epochs: int) -> float:
        """Return the member-epochs per second of a stack of `runs` members, compilation and first epoch excluded."""
        return self.ask({"runs": runs, "epochs": epochs})["rate"]

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the peer's answer to a request (its file lists them)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # closes its input, on which it leaves, and waits
            pass
        self._folder.cleanup()


def rate_of_several(peers: list[JaxPeer], runs: int, epochs: int) -> float:
    """Return the member-epochs per second of several peers that train at the same time."""
    with ThreadPoolExecutor(len(peers)) as threads:
        return sum(threads.map(lambda peer: peer.rate(runs, epochs), peers))
