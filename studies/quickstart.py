"""The study that `make demo` runs: schedules for a small MLP on handwritten digits."""

from lightning_modules.data import Digits
from lightning_modules.initializers import GlorotUniform, HeNormal, LecunNormal
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules import Constant, Cosine, CyclicCosine
from sweeps import Budget, Claim, Study, Suggest


def recipe(suggest: Suggest) -> Recipe:
    """An MLP with momentum, everything else to be searched."""
    return Recipe(
        data=Digits(),
        model=MLP(widths=(128, 128)),
        initializer=suggest.choice("initializer", [HeNormal(), LecunNormal(), GlorotUniform()]),
        optimizer=SGD(
            learning_rate=suggest.log("learning_rate", 1e-3, 1.0),
            momentum=0.9,
            weight_decay=suggest.log("weight_decay", 1e-6, 1e-2),
        ),
        schedule=suggest.choice("schedule", [Constant(), Cosine(), CyclicCosine(cycles=5)]),
        batch_size=64,
        epochs=suggest.budget.epochs,
    )


study = Study(
    question="Which learning-rate schedule is best for a small MLP on handwritten digits, and do snapshots help?",
    recipe=recipe,
    group_by=["schedule"],
    budgets={
        "smoke": Budget(trials=4, search_seeds=range(2), report_seeds=range(100, 103), epochs=10),
        "default": Budget(trials=24, search_seeds=range(5), report_seeds=range(100, 120), epochs=30),
        "full": Budget(trials=96, search_seeds=range(10), report_seeds=range(100, 150), epochs=60),
    },
    claims=[
        Claim(
            "A snapshot ensemble is more accurate than its own last snapshot.",
            estimate="ensemble_gain_accuracy[schedule=cyclic cosine]",
            bound=0.0,
            direction="above",
        ),
    ],
)
