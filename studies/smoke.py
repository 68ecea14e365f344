"""The smallest study that goes through every part: seconds, for trying out an installation."""

from lightning_modules.data import Moons
from lightning_modules.initializers import HeNormal
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules import Constant, Cosine, CyclicCosine, ShortCycles
from sweeps import Budget, Study, Suggest

schedules = [Constant(), Cosine(), CyclicCosine(cycles=3), ShortCycles(cycles=3, annealing=0.5)]


def recipe(suggest: Suggest) -> Recipe:
    """A tiny MLP on two moons, with what every way to an ensemble needs: dropout, and snapshots along each training."""
    return Recipe(
        data=Moons(examples=400),
        model=MLP(widths=(16, 16), dropout=0.1),
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", 1e-2, 1.0), momentum=0.9),
        schedule=suggest.choice("schedule", schedules),
        batch_size=32,
        snapshots=3,
        epochs=suggest.budget.epochs,
    )


study = Study(
    question="Does everything work on this machine?",
    recipe=recipe,
    group_by=["schedule"],
    start=[{"schedule": schedule} for schedule in schedules],
    budgets={
        name: Budget(trials=6, search_seeds=range(2), report_seeds=range(100, 103), members=3, epochs=6)
        for name in ("smoke", "default", "full")
    },
)
