"""S02: how much of a result is luck, and whose?

An MLP and a small CNN learn handwritten digits; the learning rate of each is chosen on the search seeds. The best
recipe of each model is then trained on every combination of ten seeds of the initial weights, ten of the order of the
data and five of its split. The variance of the test accuracy is taken apart into what each stream causes alone and what
they cause together, by the method of moments with generalized intervals. Beside these 500 runs stand fresh report seeds
in which all streams differ: cut into disjoint blocks they show how wide an interval so many seeds give. Luck is held
against the 0.8 points that the draw of 360 test digits alone makes of one run. After Bouthillier et al. (2021, arXiv
2103.03098) and Madhyastha and Jain (2019, arXiv 1909.10447); components as in Searle, Casella and McCulloch (1992),
their intervals as in Weerahandi (1993, DOI 10.1080/01621459.1993.10476355).
"""

from analysis.measurements import IntervalWidths
from lightning_modules.data import Digits
from lightning_modules.models import CNN, MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules import Cosine
from sweeps import Budget, Claim, Crossed, Grid, Study, Suggest

models, rates = (MLP(widths=(64,)), CNN(channels=(8, 16))), (0.01, 0.03, 0.1, 0.3)


def recipe(suggest: Suggest) -> Recipe:
    """One of the models with momentum and an annealed rate."""
    return Recipe(
        data=Digits(),
        model=suggest.choice("model", models),
        optimizer=SGD(learning_rate=suggest.choice("learning_rate", rates), momentum=0.9),
        schedule=Cosine(),
        batch_size=64,
        epochs=suggest.budget.epochs,
    )


def budget(search: int, report: int, epochs: int, init: int, order: int, split: int) -> Budget:
    """So many search and report seeds, and crossed seeds of each stream."""
    crossed = Crossed(
        init=range(100, 100 + init), order=range(100, 100 + order), split=range(100, 100 + split), of="groups"
    )
    return Budget(
        trials=8, search_seeds=range(search), report_seeds=range(1000, 1000 + report), epochs=epochs, crossed=crossed,
        measurements=(IntervalWidths(),),
    )  # fmt: skip


claims = [
    Claim(
        "The CNN is more accurate than the MLP, beyond luck.",
        "test_accuracy_difference[model=CNN - model=MLP]", 0.0, "above",
        "The small CNN is not done in 15 epochs: its last training loss is 0.04 nats, the MLP's 0.007.",
    ),
]  # fmt: skip
for model in ("MLP", "CNN"):
    claims += [
        Claim(
            f"The split is more than half of the luck, {model}.", f"variance_share[split, model={model}]", 0.5, "above"
        ),
        Claim(f"The split makes a difference, {model}.", f"sd[split, model={model}]", 0.0, "above"),
        Claim(f"Initial weights make less than 0.8 points, {model}.", f"sd[init, model={model}]", 0.008, "below"),
        Claim(f"The order makes less than 0.8 points, {model}.", f"sd[order, model={model}]", 0.008, "below"),
    ]

study = Study(
    question="How much of a test accuracy is luck: of the initial weights, of the order of the data, of its split?",
    recipe=recipe,
    group_by=["model"],
    sampler=Grid({"model": models, "learning_rate": rates}),
    budgets={
        "smoke": budget(1, 6, 2, 2, 2, 2),
        "default": budget(3, 60, 15, 10, 10, 5),
        "full": budget(10, 200, 40, 10, 10, 20),
    },
    claims=claims,
)
