"""The smallest study that goes through every part: seconds, for trying out an installation."""

from lightning_modules.data.moons import Moons
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.study import Budget, Study
from sweeps.suggest import Suggest


def recipe(suggest: Suggest) -> Recipe:
    """A tiny MLP on two moons."""
    return Recipe(
        data=Moons(examples=400),
        model=MLP(widths=(16, 16)),
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", 1e-2, 1.0), momentum=0.9),
        schedule=suggest.choice("schedule", [Constant(), Cosine(), CyclicCosine(cycles=3)]),
        batch_size=32,
        epochs=suggest.budget.epochs,
    )


study = Study(
    question="Does everything work on this machine?",
    recipe=recipe,
    group_by=["schedule"],
    budgets={
        name: Budget(trials=6, search_seeds=range(2), report_seeds=range(100, 103), epochs=6)
        for name in ("smoke", "default", "full")
    },
)
