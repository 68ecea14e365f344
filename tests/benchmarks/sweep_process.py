"""Seconds of a whole sweep as one fresh process: imports, workers, 64 runs of the digits MLP, the store."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def sweep(runs: int, workers: int) -> None:
    """Train so many runs, as a user's script would."""
    from cases import recipe

    from lightning_modules.recipe import Run, Seeds
    from sweeps.executors.local import Local
    from sweeps.store import RunStore
    from sweeps.training import train

    with tempfile.TemporaryDirectory() as folder, Local(workers) as executor:
        each = recipe("digits_mlp", Path(folder))
        seeded = [Run(each, Seeds.all(seed)) for seed in range(runs)]
        records = train(seeded, "search", RunStore(Path(folder)), executor)
    assert len(records) == runs


def seconds(runs: int, workers: int) -> float:
    """Return the wall time of a process that does so."""
    command = [sys.executable, __file__, "--once", "--runs", str(runs), "--workers", str(workers)]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Be such a process, or time some of them, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="be the process instead of timing it")
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if options.once:
        sweep(options.runs, options.workers)
        return
    seconds(options.runs, options.workers)  # bytecode and the disk's cache
    taken = [seconds(options.runs, options.workers) for _ in range(options.repeats)]
    middle, low, high = (round(each, 2) for each in (statistics.median(taken), min(taken), max(taken)))
    result = {"case": "sweep_process", "seconds": middle, "low": low, "high": high, "unit": f"s, {options.runs} runs"}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
