"""S06: do the cycles of a cyclic learning rate end in different minima, and do ensembles of snapshots help?

An MLP learns handwritten digits from 150 and from all 1,078 training examples, with right labels and with 30 % wrong
ones. In each of the four conditions six schedules are tried with the same four highest rates on the same search seeds,
and each one's best recipe is trained again on fresh seeds: an annealed single network with independent companions on
its own split (of all epochs, and of a fifth of them), a constant rate, short cycles, and three, five and ten cosine
cycles. All ensembles and averages that these runs allow are compared at the epochs of one training and at five members.
Between five snapshots, and between five independent runs of the same training set, the barriers of training loss and
error, test disagreement and distance are measured; networks whose training loss is not below that of guessing are left
out. Two networks lie in one basin if the training error rises by less than 2 points between them (Frankle et al.).

References:
    | Snapshot ensembles: train 1, get M for free (Huang et al., 2017), https://arxiv.org/abs/1704.00109
    | Deep ensembles: a loss landscape perspective (Fort et al., 2019), https://arxiv.org/abs/1912.02757
    | Linear mode connectivity and the lottery ticket hypothesis (Frankle et al., 2020)
    | https://arxiv.org/abs/1912.05671
    | Pitfalls of in-domain uncertainty estimation and ensembling in deep learning (Ashukha et al., 2020)
    | https://arxiv.org/abs/2002.06470
"""

from itertools import product

from analysis.measurements.ensembles import Ensembles
from analysis.measurements.minima import Minima
from analysis.measurements.three_minima import ThreeMinima
from analysis.measurements.train_loss import TrainLoss
from lightning_modules.data.digits import Digits
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.subset import Subset
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.schedules.short_cycles import ShortCycles
from sweeps.claim import Claim, Direction
from sweeps.study import Budget, Study
from sweeps.suggest import Suggest

within = "data.examples, data.fraction"
clean, noisy, few, few_noisy = (f"{within}={each}" for each in ("1078, 0", "1078, 0.3", "150, 0", "150, 0.3"))
schedules = (Cosine(), Constant(), ShortCycles(5), CyclicCosine(3), CyclicCosine(5), CyclicCosine(10))
examples, noise, rates = (150, 1078), (0.0, 0.3), (0.1, 0.05, 0.2, 0.3)
grid = [
    {"rate": rate, "examples": count, "noise": fraction, "schedule": schedule}
    for rate, count, fraction, schedule in product(rates, examples, noise, schedules)
]
against = ("single", "mean snapshot of 5", "constant-rate of 5", "independent of 5")


def recipe(suggest: Suggest) -> Recipe:
    """A small MLP; few examples are passed four times as often, so that they, too, get enough steps."""
    count, schedule = suggest.choice("examples", examples), suggest.choice("schedule", schedules)
    return Recipe(
        data=LabelNoise(Subset(Digits(), count), suggest.choice("noise", noise)),
        model=MLP(widths=(64, 64)),
        optimizer=SGD(learning_rate=suggest.choice("rate", rates), momentum=0.9),
        schedule=schedule,
        batch_size=32,
        epochs=suggest.budget.epochs * (4 if count == 150 else 1),
        snapshots=10 if schedule in (Cosine(), Constant()) else 0,
    )


def budget(trials: int, search: int, report: int, epochs: int, points: int) -> Budget:
    """So much of the grid on so many search seeds, its winners on so many others, planes of so many points a side."""
    measured = (Ensembles(within, 5, against), Minima(within, 5), ThreeMinima(within, 5, points), TrainLoss())
    return Budget(
        trials=trials, parallel_trials=trials, search_seeds=range(search), report_seeds=range(100, 100 + report),
        epochs=epochs, members=5, measurements=measured,
    )  # fmt: skip


def gain(first: str, second: str, where: str, bound: float, direction: Direction, statement: str) -> Claim:
    """A claim on the accuracy of one way to predict less that of another."""
    return Claim(statement, f"ensemble_accuracy_difference[{first} - {second}, {where}]", bound, direction)


claims = [
    Claim("With right labels all cycles end in one basin.", f"error_barrier[snapshots, {clean}]", 0.02, "below"),
    Claim(
        "With wrong labels cycles end in several basins.",
        f"error_barrier[snapshots, {noisy}]",
        0.02,
        "above",
        "At the rates that validation prefers a restart hardly leaves the basin: 1 point between snapshots, 64 between"
        " independent runs.",
    ),
    Claim("Snapshots further apart in loss disagree more.", f"rank_correlation[snapshots, {noisy}]", 0.0, "above"),
    Claim(
        "Five networks have a lower NLL than one.",
        f"ensemble_nll_difference[independent of 5 - single, {noisy}]",
        0,
        "below",
    ),
    gain("independent of 5", "single", clean, 0.02, "below", "On clean digits five networks gain less than 2 points."),
    gain("independent of 5", "single", few_noisy, 0.02, "above", "On 150 noisy ones they gain more than 2 points."),
]
for at, told in ((clean, "right labels"), (noisy, "30 % wrong labels")):
    pair = f"[snapshots - independent, {at}]"
    claims += [
        Claim(f"Independent runs end in different basins, {told}.", f"error_barrier[independent, {at}]", 0.02, "above"),
        Claim(f"Barriers between snapshots are the lower, {told}.", f"loss_barrier_difference{pair}", 0.0, "below"),
        Claim(f"Snapshots disagree less, {told}.", f"disagreement_difference{pair}", 0.0, "below"),
        gain("snapshot of 5", "mean snapshot of 5", at, 0, "above", f"Five snapshots beat their own mean, {told}."),
        gain("snapshot of 5", "constant-rate of 5", at, 0, "above", f"They beat five at a constant rate, {told}."),
        gain("snapshot of 5", "single", at, 0, "above", f"They beat one network of the same epochs, {told}."),
        gain("snapshot of 5", "independent of 5", at, 0, "below", f"They lose to five independent networks, {told}."),
    ]
for at, told in ((clean, "all"), (noisy, "all, noisy"), (few, "150"), (few_noisy, "150, noisy")):
    claims.append(gain("independent of 5", "single", at, 0, "above", f"Five networks beat one, digits: {told}."))

study = Study(
    question="Do the cycles of a learning rate end in different minima, and do ensembles of their snapshots help?",
    recipe=recipe,
    group_by=[f"{within}, schedule.*"],
    start=grid,
    budgets={
        "smoke": budget(24, 1, 2, 20, 11),
        "default": budget(96, 3, 20, 30, 51),
        "full": budget(96, 10, 100, 60, 101),
    },
    claims=claims,
)
