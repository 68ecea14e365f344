"""S06: do the cycles of a cyclic learning rate end in different minima, and do ensembles of snapshots help?

An MLP learns handwritten digits from 150 and from all 1,078 training examples, with right labels and with 30 % wrong
ones. In each of the four conditions six schedules are tried with the same four highest rates on the same search seeds,
and each one's best recipe is trained again on fresh seeds: an annealed single network with independent companions on
its own split (of all epochs, and of a fifth of them; Ashukha et al., 2020, arXiv 2002.06470), a constant rate, short
cycles, and three, five and ten cosine cycles (Huang et al., 2017, arXiv 1704.00109). All ensembles and averages that
these runs allow are compared at the epochs of one training and at five members. Between five snapshots, and between
five independent runs of the same training set (Fort et al., 2019, arXiv 1912.02757), the barriers of training loss and
error, test disagreement and distance are measured; networks whose training loss is not below that of guessing are left
out. Two networks lie in one basin if the training error rises by less than 2 points between them (Frankle et al., 2020,
arXiv 1912.05671).
"""

from itertools import product

from analysis.measurements import Ensembles, Minima, ThreeMinima, TrainLoss
from lightning_modules.data import Digits, LabelNoise, Subset
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules import Constant, Cosine, CyclicCosine, ShortCycles
from sweeps import Budget, Claim, Study, Suggest

within = "data.examples, data.fraction"
clean, noisy, few, few_noisy = (f"{within}={each}" for each in ("1078, 0", "1078, 0.3", "150, 0", "150, 0.3"))
schedules = (Cosine(), Constant(), ShortCycles(5), CyclicCosine(3), CyclicCosine(5), CyclicCosine(10))
rates, examples, noises = (0.1, 0.05, 0.2, 0.3), (150, 1078), (0.0, 0.3)
grid = product(rates, examples, noises, schedules)


def recipe(suggest: Suggest) -> Recipe:
    """A small MLP; few examples are passed four times as often, so that they, too, get enough steps."""
    count, schedule = suggest.choice("examples", examples), suggest.choice("schedule", schedules)
    return Recipe(
        data=LabelNoise(Subset(Digits(), count), suggest.choice("noise", noises)),
        model=MLP(widths=(64, 64)),
        optimizer=SGD(learning_rate=suggest.choice("rate", rates), momentum=0.9),
        schedule=schedule,
        batch_size=32,
        epochs=suggest.budget.epochs * (4 if count == 150 else 1),
        snapshots=10 if schedule in (Cosine(), Constant()) else 0,
    )


def budget(trials: int, search: int, report: int, epochs: int, points: int) -> Budget:
    """So much of the grid on so many search seeds, its winners on so many others, planes of so many points a side."""
    against = ("single", "mean snapshot of 5", "constant-rate of 5", "independent of 5")
    measured = (Ensembles(within, 5, against), Minima(within, 5), ThreeMinima(within, 5, points), TrainLoss())
    return Budget(
        trials=trials, parallel_trials=trials, search_seeds=range(search), report_seeds=range(100, 100 + report),
        epochs=epochs, members=5, measurements=measured,
    )  # fmt: skip


five, ours, gain = "independent of 5", "snapshot of 5", "ensemble_accuracy_difference"
claims = [
    Claim("With right labels all cycles end in one basin.", f"error_barrier[snapshots, {clean}]", 0.02, "below"),
    Claim("With wrong labels cycles end in several basins.", f"error_barrier[snapshots, {noisy}]", 0.02, "above",
          "At the rates that validation prefers a restart hardly leaves the basin: 1 point between snapshots, 64"
          " between independent runs."),
    Claim("Snapshots further apart in loss disagree more.", f"rank_correlation[snapshots, {noisy}]", 0.0, "above"),
    Claim("Five networks have a lower NLL than one.", f"ensemble_nll_difference[{five} - single, {noisy}]", 0, "below"),
    Claim("On clean digits five networks gain less than 2 points.", f"{gain}[{five} - single, {clean}]", 0.02, "below"),
    Claim("On 150 noisy ones they gain more than 2 points.", f"{gain}[{five} - single, {few_noisy}]", 0.02, "above"),
]  # fmt: skip
for at, told in ((clean, "right labels"), (noisy, "30 % wrong labels")):
    pair = f"[snapshots - independent, {at}]"
    claims += [
        Claim(f"Independent runs end in different basins, {told}.", f"error_barrier[independent, {at}]", 0.02, "above"),
        Claim(f"Barriers between snapshots are the lower, {told}.", f"loss_barrier_difference{pair}", 0.0, "below"),
        Claim(f"Snapshots disagree less, {told}.", f"disagreement_difference{pair}", 0.0, "below"),
        Claim(f"Five snapshots beat their own mean, {told}.", f"{gain}[{ours} - mean {ours}, {at}]", 0, "above"),
        Claim(f"They beat five at a constant rate, {told}.", f"{gain}[{ours} - constant-rate of 5, {at}]", 0, "above"),
        Claim(f"They beat one network of the same epochs, {told}.", f"{gain}[{ours} - single, {at}]", 0, "above"),
        Claim(f"They lose to five independent networks, {told}.", f"{gain}[{ours} - {five}, {at}]", 0, "below"),
    ]
for at, told in ((clean, "all"), (noisy, "all, noisy"), (few, "150"), (few_noisy, "150, noisy")):
    claims.append(Claim(f"Five networks beat one, digits: {told}.", f"{gain}[{five} - single, {at}]", 0, "above"))

study = Study(
    question="Do the cycles of a learning rate end in different minima, and do ensembles of their snapshots help?",
    recipe=recipe,
    group_by=[f"{within}, schedule.*"],
    start=[dict(zip(("rate", "examples", "noise", "schedule"), each, strict=True)) for each in grid],
    budgets={
        "smoke": budget(24, 1, 2, 20, 7), "default": budget(96, 3, 20, 30, 51), "full": budget(96, 10, 100, 60, 101),
    },
    claims=claims,
)  # fmt: skip
