"""How long the ensembles of 200 runs with ten snapshots each take from a store, by all methods, and how much memory.

The store is made up: weights as they are initialized and a little noise, and
random predictions. What is timed reads, evaluates and scores them as it does
trained ones.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from analysis.ensembles.of_study import measure_ensembles
from lightning_modules.data.digits import Digits
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.schedules.short_cycles import ShortCycles
from lightning_modules.training.build import build
from lightning_modules.training.result import RunResult, Snapshot
from lightning_modules.training.stack_data import load, parts, split_of
from sweeps.companions import companions
from sweeps.files import write_json
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

snapshots, epochs, members = 10, 20, 2
base = Recipe(data=Digits(), model=MLP((64,), dropout=0.1), optimizer=SGD(0.1), epochs=epochs, snapshots=snapshots)
schedules = {
    "constant": Constant(),
    "cosine": Cosine(),
    "cyclic cosine": CyclicCosine(snapshots),
    "short cycles": ShortCycles(snapshots, annealing=0.5),
}


def made_up(run: Run) -> RunResult:
    """Return what a training of a run might have given."""
    recipe, dataset, division = run.recipe, load(run.recipe.data), split_of(run.recipe.data, run.seeds.split)
    generator = np.random.default_rng(run.seeds.init)
    torch.manual_seed(run.seeds.init)
    module = build(recipe.model, recipe.loss, dataset.shape, dataset)
    steps_per_epoch = -(-len(division.train) // recipe.batch_size)
    steps = steps_per_epoch * recipe.epochs
    predicted = {part: np.ones((len(getattr(division, part)), 10), np.float32) / 10 for part in parts}

    def snapshot(step: int) -> Snapshot:
        own = {name: value.detach().numpy() for name, value in module.state_dict().items()}
        noisy = {
            name: value + 0.01 * generator.normal(size=value.shape).astype(np.float32) for name, value in own.items()
        }
        # Right for nine of ten, so that a temperature has something to be fitted to.
        random = {}
        for part, each in predicted.items():
            drawn = generator.dirichlet(np.ones(10), size=len(each))
            right = dataset.targets[getattr(division, part)] == np.arange(10)[:, None]
            likely = np.where(generator.random(len(each))[:, None] < 0.9, right.T, 0.1)
            random[part] = (0.4 * drawn + 0.6 * likely).astype(np.float32)
        return Snapshot(step, noisy, random, 2.3)

    return RunResult(
        run=run,
        steps_per_epoch=steps_per_epoch,
        diverged_step=None,
        kept_epoch=None,
        train_loss=np.ones(steps),
        validation_loss=np.ones(recipe.epochs),
        validation_score=np.ones(recipe.epochs),
        gradient_norm=np.ones(recipe.epochs),
        weight_norm=np.ones(recipe.epochs),
        snapshots=tuple(snapshot(step) for step in recipe.snapshot_ends(steps)),
        targets={part: dataset.targets[getattr(division, part)] for part in parts},
    )


def write_store(paths: StudyPaths, runs: int) -> int:
    """Make up a study of so many report runs, and return how many records there are with their companions."""
    recipes = {name: replace(base, schedule=schedule) for name, schedule in schedules.items()}
    seeds, store, count = range(100, 100 + runs // len(recipes)), RunStore(paths.runs), 0
    for recipe in recipes.values():
        for seed in seeds:
            for run in (Run(recipe, Seeds.all(seed)), *companions(recipe, seed, members)):
                store.save(made_up(run), "confirm")
                count += 1
    budget = {"trials": 4, "search_seeds": [0], "report_seeds": list(seeds), "epochs": epochs, "winners": 1}
    confirmed = [
        {"recipe": recipe.hash, "recipe_json": recipe.to_json(), "reasons": [f"schedule={name}"]}
        for name, recipe in recipes.items()
    ]
    content = {
        "format": 1,
        "name": "made up",
        "question": "How long does it take?",
        "budget_name": "default",
        "budget": budget | {"members": members},
        "metric": "validation_accuracy",
        "group_by": ["schedule"],
        "claims": [],
        "finished": True,
        "trials": [],
        "confirmed": confirmed,
        "provenance": {},
    }
    write_json(paths.study, content)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--store", type=Path, help="keep the store here, and use the one that is there")
    parser.add_argument("--make", action="store_true", help="only make the store")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = StudyPaths((options.store or Path(folder)) / "made_up")
        if not paths.study.is_file():
            print(f"{write_store(paths, options.runs)} records made up")
        if options.make:
            return
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin, used = time.perf_counter(), time.process_time()
        found = measure_ensembles(paths).found
        seconds, used = time.perf_counter() - begin, time.process_time() - used
        line = {
            "runs": options.runs,
            "snapshots": snapshots,
            "methods": len({each.method for each in found.scored}),
            "missing": len(found.missing),
            "threads": torch.get_num_threads(),
            "seconds": round(seconds, 2),
            "processor_seconds": round(used, 2),
            "peak_mib_before": before // 1024,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
