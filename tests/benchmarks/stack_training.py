"""Run-epochs per second of 64 runs on all cores, through the function that the sweep uses, against what people write.

A run-epoch is one run passing once through its training set, validation after
it included (the hand-written loop and JAX do without). Start-up of processes is
not part of it, writing to the store is.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from cases import cases, recipe

from lightning_modules.recipe import Recipe, Run, Seeds
from sweeps.executors.executor import Executor
from sweeps.executors.local import Local
from sweeps.store import RunStore
from sweeps.training import train


def ours(each: Recipe, runs: int, executor: Executor) -> float:
    """Return the run-epochs per second of a sweep's training of so many runs."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        train([Run(each, Seeds.all(seed)) for seed in range(runs)], "search", RunStore(Path(folder)), executor)
        return runs * each.epochs / (time.perf_counter() - start)


def rivals(case: str, each: Recipe, workers: int, scope: ExitStack) -> dict[str, Callable[[], float]]:
    """Return the peers' rates; JAX trains in as many processes as there are workers, in the stacks that suit it."""
    import peers
    from jax_peer.process import JaxPeer, is_installed, rate_of_several

    functions = (peers.lightning_default, peers.lightning_lean, peers.torch_loop)
    rates: dict[str, Callable[[], float]] = {function.__name__: partial(function, each) for function in functions}
    if not is_installed():
        print(
            "jax_vmap is left out: `make .venv-jax/.installed` makes its environment",
            file=sys.stderr,
        )
        return rates
    processes = [scope.enter_context(JaxPeer(each)) for _ in range(workers)]
    stack = cases[case].jax_stack
    rates["jax_vmap"] = partial(rate_of_several, processes, stack, max(1, cases[case].member_epochs // stack))
    return rates


def main() -> None:
    """Measure one case and print its ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=list(cases), required=True)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--runs", type=int, nargs="+", default=[64], help="runs of a sweep")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Local(options.workers) as executor, ExitStack() as scope:
        from ratios import compare, show

        each = recipe(options.case, Path(folder))
        peers = rivals(options.case, each, options.workers, scope)
        for runs in options.runs:
            mine = partial(ours, each, runs, executor)
            unit = f"run-epochs/s, {runs} runs"
            show(compare(options.case, unit, mine, peers, options.repeats), as_json=options.json)


if __name__ == "__main__":
    main()
