"""The memory that fits really take, as a script: a line for each case, the measured and the estimated bytes."""

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import torch

from lightning_modules.data.digits import Digits
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from lightning_modules.training.memory import stack_memory
from tests.test_own_model import Attention

small = Recipe(data=Digits(), model=MLP((8,)), optimizer=SGD(0.01, momentum=0.9), epochs=1)
cases = {
    "MLP": replace(small, model=MLP((512, 512)), batch_size=256),
    "Adam in double precision": replace(small, model=MLP((512, 512)), optimizer=Adam(0.01), precision="64-true"),
    "CNN": replace(small, model=CNN((16, 32))),
    "Attention": replace(small, model=Attention(16), batch_size=256),
    "snapshots": replace(small, model=MLP((64,)), schedule=CyclicCosine(6), epochs=6),
}


def status(name: str) -> int:
    """Return a number of bytes that the kernel keeps for this process."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def measure(case: str, count: int) -> dict[str, int | str]:
    """Measure a case after another fit has loaded what every fit needs."""
    torch.set_num_threads(1)
    runs = [Run(cases[case], Seeds(seed, seed, seed % 3)) for seed in range(count)]
    fit([Run(replace(cases[case], model=MLP((2,)), epochs=1, schedule=small.schedule), Seeds.all(0))])
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    fit(runs)
    told = stack_memory(runs).needed(count, len({run.seeds.split for run in runs}))
    return {"case": case, "runs": count, "measured": status("VmHWM") - before, "told": told}


def main() -> None:
    """Measure each case of the standard input in a child of its own, which inherits what was imported."""
    for case, count in json.load(sys.stdin):
        child = os.fork()
        if not child:
            print(json.dumps(measure(case, count)), flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    main()
