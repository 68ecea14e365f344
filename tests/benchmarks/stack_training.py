"""Run-epochs per second of 64 runs on all cores, through the function that the sweep uses, against what people write.

A run-epoch is one run passing once through its training set, validation after
it included (the hand-written loop does without). Start-up of processes is not
part of it, writing to the store is.
"""

import argparse
import os
import tempfile
import time
from functools import partial
from pathlib import Path

from lightning_modules.data.digits import Digits
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from sweeps.executors.executor import Executor
from sweeps.executors.local import Local
from sweeps.store import RunStore
from sweeps.training import train

models: dict[str, Model] = {"digits_mlp": MLP((128, 128)), "digits_cnn": CNN((16, 32), kernel=3)}


def recipe(case: str) -> Recipe:
    """Return a case's recipe: digits, batch 64, 20 epochs, SGD with momentum."""
    return Recipe(
        data=Digits(),
        model=models[case],
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=0.05, momentum=0.9),
        schedule=Constant(),
        batch_size=64,
        epochs=20,
    )


def ours(each: Recipe, runs: int, executor: Executor) -> float:
    """Return the run-epochs per second of a sweep's training of so many runs."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        train([Run(each, Seeds.all(seed)) for seed in range(runs)], "search", RunStore(Path(folder)), executor)
        return runs * each.epochs / (time.perf_counter() - start)


def main() -> None:
    """Measure one case and print its ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=list(models), required=True)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with Local(options.workers) as executor:
        import peers
        from ratios import compare, show

        each = recipe(options.case)
        functions = (peers.lightning_default, peers.lightning_lean, peers.torch_loop)
        rivals = {function.__name__: partial(function, each) for function in functions}
        mine = partial(ours, each, options.runs, executor)
        show(compare(options.case, "run-epochs/s", mine, rivals, options.repeats), as_json=options.json)


if __name__ == "__main__":
    main()
