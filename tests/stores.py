"""A tiny study in a store, as the driver would have left it."""

from dataclasses import dataclass, replace

from lightning_modules.data.moons import Moons
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from sweeps.files import write_json
from sweeps.objective import objective
from sweeps.paths import StudyPaths
from sweeps.store import RunStore

search_seeds, report_seeds = (0, 1), (100, 101, 102)


def moons(schedule, learning_rate):
    return Recipe(
        data=Moons(examples=200),
        model=MLP(widths=(8,)),
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=learning_rate, momentum=0.9),
        schedule=schedule,
        batch_size=32,
        epochs=3,
    )


constant, cosine, cyclic = moons(Constant(), 0.1), moons(Cosine(), 0.2), moons(CyclicCosine(3), 0.2)
# The first step sends its weights beyond the finite numbers.
diverging = moons(Constant(), 1e30)


@dataclass(frozen=True)
class TinyStudy:
    """What `write_study` writes, up to what a test changes."""

    trials: tuple = (constant, cosine, cyclic, diverging)
    confirmed: tuple = (
        (cosine, ("winner 1", "schedule=cosine")),
        (constant, ("schedule=constant",)),
        (cyclic, ("schedule=cyclic cosine",)),
    )
    report_seeds: tuple = report_seeds
    question: str = "Which schedule is best?"
    claims: tuple = ()
    group_by: tuple = ("schedule",)
    finished: bool = True

    def but(self, **changes):
        return replace(self, **changes)


def write_study(root, study=TinyStudy()):
    """Train the study's runs into a store at `root`, write its course beside them, and return its paths."""
    paths = StudyPaths(root)
    store = RunStore(paths.runs)
    for recipes, seeds, purpose in (
        (study.trials, search_seeds, "search"),
        ([recipe for recipe, _ in study.confirmed], study.report_seeds, "confirm"),
    ):
        runs = [Run(recipe, Seeds.all(seed)) for recipe in dict.fromkeys(recipes) for seed in seeds]
        for result in fit(runs, accelerator="cpu") if runs else ():
            store.save(result, purpose)
    trials = []
    for number, recipe in enumerate(study.trials):
        records = [store.find(Run(recipe, Seeds.all(seed))) for seed in search_seeds]
        trials.append(
            {
                "number": number,
                "recipe": recipe.hash,
                "recipe_json": recipe.to_json(),
                "value": objective(records, "validation_accuracy"),
                "diverged_seeds": sum(record.diverged_step is not None for record in records),
            }
        )
    content = {
        "format": 1,
        "name": "tiny",
        "question": study.question,
        "budget_name": "smoke",
        "budget": {
            "trials": len(study.trials),
            "search_seeds": list(search_seeds),
            "report_seeds": list(study.report_seeds),
            "epochs": 3,
            "winners": 1,
        },
        "metric": "validation_accuracy",
        "group_by": list(study.group_by),
        "claims": [vars(claim) for claim in study.claims],
        "finished": study.finished,
        "trials": trials,
        "confirmed": [
            {"recipe": recipe.hash, "recipe_json": recipe.to_json(), "reasons": list(reasons)}
            for recipe, reasons in study.confirmed
        ],
        "provenance": {
            "command": "atlas run tiny",
            "versions": {"lossatlas": "0.1.0", "torch": "2"},
            "commit": None,
            "hardware": "two cores",
            "time": "2026-01-01T00:00:00+00:00",
            "seconds": {"search": 1.25, "confirm": 2.5},
            "runs": 17,
        },
    }
    write_json(paths.study, content)
    return paths
