"""Member-epochs per second against the size of a stack: each way on one thread of one process.

Every measurement is divided by that of the hand-written loop right before it.
The package's ways validate after each epoch, JAX, HFTA and the loop do not.
Compilation, start-up and the first epoch are no part of it, except in
`lightning_default`, which is one whole fit.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cases import Case, cases, made_examples, recipe
from ratios import relative

from lightning_modules.recipe import Recipe

__all__ = ["Point"]

_most_member_epochs = 8  # times those of the case, of as many examples: a larger stack is left out


@dataclass(frozen=True)
class Point:
    """The speed of one way at one stack size, as a multiple of the hand-written loop's: median and range of repeats.

    Arguments:
        runs: members of the stack; 0 for a peer that trains one run a process, whatever their number.
        loop: the loop's own epochs per second, the median over this case.
    """

    case: str
    way: str
    runs: int
    ratio: float
    low: float
    high: float
    loop: float
    unit: str = "member-epochs/s over those of torch_loop, one thread"


def ways(
    case: Case, each: Recipe, sizes: list[int], examples: int, scope: ExitStack
) -> dict[tuple[str, int], Callable[[], float]]:
    """Return what is measured, by its name and its stack size."""
    import hfta_peer
    import peers
    from backends import backends_for, stack_rate
    from jax_peer.process import JaxPeer, is_installed

    stacks = {name: partial(stack_rate, each, name) for name in backends_for(each)}
    if is_installed():
        stacks["jax_vmap"] = scope.enter_context(JaxPeer(each)).rate
    else:
        print(
            "jax_vmap is left out: `make .venv-jax/.installed` makes its environment",
            file=sys.stderr,
        )
    if hfta_peer.is_installed():
        stacks["hfta_layers"] = partial(hfta_peer.hfta_rate, each)
    else:
        print("hfta_layers is left out: `make .hfta` clones its repository", file=sys.stderr)
    whole_fit = partial(peers.lightning_default, each)
    found: dict[tuple[str, int], Callable[[], float]] = {("lightning_default", 0): whole_fit}
    for runs in sizes:
        epochs = max(1, min(case.epochs, case.member_epochs // runs))
        if runs * epochs * examples <= _most_member_epochs * case.member_epochs * made_examples:
            found |= {(name, runs): partial(rate, runs, epochs) for name, rate in stacks.items()}
    return found


def measure(name: str, sizes: list[int], repeats: int, examples: int) -> list[Point]:
    """Return the points of one case."""
    import peers

    loop: list[float] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as scope:
        each = recipe(name, Path(folder), examples)

        def base() -> float:
            loop.append(peers.torch_loop(each))
            return loop[-1]

        ratios = relative(base, ways(cases[name], each, sizes, examples, scope), repeats)
    middle = float(f"{statistics.median(loop[1:]):.4g}")
    return [
        Point(name, way, runs, *(float(f"{f(values):.3g}") for f in (statistics.median, min, max)), middle)
        for (way, runs), values in ratios.items()
    ]


def main() -> None:
    """Measure the cases, print one JSON object a point, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=list(cases), nargs="+", default=["digits_mlp"])
    parser.add_argument("--runs", type=int, nargs="+", default=[1, 4, 16, 64, 256], help="stack sizes")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--examples", type=int, default=made_examples, help="images that are made, of made data")
    parser.add_argument("--figure", type=Path, help="where the figure is written, .png")
    options = parser.parse_args()
    import torch

    from sweeps.executors.worker import keep_freed_memory

    torch.set_num_threads(1)
    keep_freed_memory()
    points = []
    for name in options.case:
        found = measure(name, sorted(options.runs), options.repeats, options.examples)
        for point in found:
            print(json.dumps(vars(point)), flush=True)
        points += found
    if options.figure is not None:
        from curve_figure import draw

        draw(points, options.figure)


if __name__ == "__main__":
    main()
