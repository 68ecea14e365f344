"""S01: does the recipe of seven steps find a good learning rate and weight decay?

An Optuna search over the learning rate from 10⁻⁴ to 1, a weight decay of none or 10⁻⁶ to 10⁻², the initializer, the
schedule and the model, with its first trials at the rates that the recipe lists; then the recipe's seven steps
(Karpathy, 2019, https://karpathy.github.io/2019/04/25/recipe/) with the best of it: the loss before training against
log C and against what the initializer makes it, five batches by heart, a hundred steps at each learning rate (Smith,
2017, arXiv 1506.01186), a coarse and a finer grid, learning curves, a diagnosis. The steps that choose have seeds of
their own. As far as the range of a hundred steps goes, a rate is compared with others at the ends and the middle of the
searched range, not at the best, which would be chosen by what it is judged by. Where trainings fail is held against the
edge of stability (Cohen et al., 2021, arXiv 2103.00065).
"""

from analysis.measurements import CheckupOfWinner
from lightning_modules.data import Digits
from lightning_modules.initializers import GlorotNormal, HeNormal, LecunNormal
from lightning_modules.models import CNN, MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules import Constant, Cosine, CyclicCosine
from sweeps import Budget, Claim, Study, Suggest


def recipe(suggest: Suggest) -> Recipe:
    """A small network with momentum, everything else to be searched."""
    decays = suggest.choice("decays", [False, True])
    return Recipe(
        data=Digits(),
        model=suggest.choice("model", [MLP(widths=(128, 128)), CNN(channels=(8, 16))]),
        initializer=suggest.choice("initializer", [HeNormal(), LecunNormal(), GlorotNormal()]),
        optimizer=SGD(
            learning_rate=suggest.log("learning_rate", 1e-4, 1.0),
            momentum=0.9,
            weight_decay=suggest.log("weight_decay", 1e-6, 1e-2) if decays else 0.0,
        ),
        schedule=suggest.choice("schedule", [Constant(), Cosine(), CyclicCosine(cycles=2)]),
        epochs=suggest.budget.epochs,
    )


study = Study(
    question="Does the recipe of seven steps find a good learning rate and weight decay?",
    recipe=recipe,
    group_by=["schedule", "model"],
    start=[{"learning_rate": rate} for rate in (1e-1, 1e-2, 1e-3, 1e-4)],
    budgets={
        "smoke": Budget(
            trials=4, search_seeds=[0], report_seeds=range(100, 102), epochs=2,
            measurements=[CheckupOfWinner(effort=1)],
        ),
        "default": Budget(
            trials=50, search_seeds=range(3), report_seeds=range(100, 120), epochs=20,
            measurements=[CheckupOfWinner(effort=20)],
        ),
        "full": Budget(
            trials=200, search_seeds=range(5), report_seeds=range(100, 150), epochs=60,
            measurements=[CheckupOfWinner(effort=40)],
        ),
    },
    claims=[
        Claim("The first loss is what the initializer makes it.", "initial_loss_within_tolerance", 0.95, "above"),
        Claim("It lies above log C.", "initial_loss[observed - log C]", 0.0, "above"),
        Claim("Five batches are learned by heart.", "overfit_accuracy", 0.999, "above"),
        Claim("A rate of 10⁻⁴ is too low: 10⁻² does better.", "range_loss[0.0001 - 0.01]", 0.0, "above"),
        Claim("A rate of 1 is too high: 10⁻² does better.", "range_loss[1 - 0.01]", 0.0, "above"),
        Claim("Trainings fail more often at 1 than at 10⁻².", "range_failed[1 - 0.01]", 0.0, "above"),
        Claim("They fail from about 2 (1 + β) / λ_max on, within √10.", "rate_limit_ratio", 0.5, "within"),
        Claim("Weight decay matters less.", "grid_effect[learning rate - weight decay]", 0.0, "above"),
        Claim("The recipe does as well as the search.", "test_difference[checkup - winner]", 0.01, "within"),
    ],
)  # fmt: skip
