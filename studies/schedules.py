"""S05: learning-rate schedules at an equal budget, each with its own learning rate.

One MLP learns handwritten digits by SGD with momentum under seven schedules. Each schedule is tried with the same nine
learning rates on the same search seeds, the rate with the best mean validation accuracy is kept, and the seven recipes
are trained again on fresh seeds that all share: differences are paired by initial weights, order and split. Reported
are test accuracy, the loss of the final network on its training set, the curves that one would have had at any time,
and the trace of the rate. Two schedules tie if they differ by less than 0.8 points, the standard error that the draw
of 360 test digits alone gives to one run. What noise does to a constant rate is measured where the least loss is known,
on least squares of whitened inputs with batches of four: the plateau at four rates, and where decays end.

References:
    | Deep residual learning for image recognition (He et al., 2016), https://arxiv.org/abs/1512.03385, of the steps
    | SGDR: stochastic gradient descent with warm restarts (Loshchilov and Hutter, 2017)
    | https://arxiv.org/abs/1608.03983, of cosine and restarts
    | Cyclical learning rates for training neural networks (Smith, 2017), https://arxiv.org/abs/1506.01186
    | Optimization methods for large-scale machine learning (Bottou, Curtis and Nocedal, 2018)
    | https://arxiv.org/abs/1606.04838, of noise that a constant rate does not get below
"""

from itertools import combinations

from analysis.measurements.anytime import Anytime
from analysis.measurements.noise_floor import NoiseFloor
from analysis.measurements.train_loss import TrainLoss
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.digits import Digits
from lightning_modules.data.whiten import Whiten
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.linear import Linear as LinearModel
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cosine_restarts import CosineRestarts
from lightning_modules.schedules.inverse_square_root import InverseSquareRoot
from lightning_modules.schedules.linear import Linear
from lightning_modules.schedules.step import Step
from lightning_modules.schedules.triangular import Triangular
from sweeps.claim import Claim
from sweeps.study import Budget, Study
from sweeps.suggest import Suggest

schedules = (Constant(), Step(), Cosine(), Linear(), InverseSquareRoot(), Triangular(3), CosineRestarts(3))
rates = (0.1, 0.03, 0.01, 0.003, 0.006, 0.02, 0.06, 0.2, 0.3)
grid = [{"learning_rate": rate, "schedule": schedule} for rate in rates for schedule in schedules]
decays = ("step", "cosine", "linear", "inverse square root")
least_squares = Recipe(
    data=Diabetes(), preprocessing=Whiten(), model=LinearModel(), loss=SquaredError(), optimizer=SGD(0.1),
    batch_size=4, epochs=40, snapshots=37,
)  # fmt: skip
by_heart = (
    "The network learns its training set by heart: no noise keeps a constant rate up, and lower rates only slow it."
)
floor = NoiseFloor(least_squares, (0.02, 0.04, 0.08, 0.16), schedules[1:5])


def recipe(suggest: Suggest) -> Recipe:
    """A small MLP with momentum; the schedule and its rate are the grid's."""
    return Recipe(
        data=Digits(),
        model=MLP(widths=(64,)),
        optimizer=SGD(learning_rate=suggest.choice("learning_rate", rates), momentum=0.9),
        schedule=suggest.choice("schedule", schedules),
        batch_size=64,
        epochs=suggest.budget.epochs,
    )


def budget(trials: int, search: int, report: int, epochs: int) -> Budget:
    """So much of the grid on so many search seeds, the best of each schedule on so many others."""
    return Budget(
        trials=trials, parallel_trials=trials, search_seeds=range(search), report_seeds=range(100, 100 + report),
        epochs=epochs, measurements=(TrainLoss(), Anytime(), floor),
    )  # fmt: skip


def lower(decay: str, reading: str = "") -> Claim:
    """What a decay is for: it ends lower on the training set than a constant rate."""
    statement = f"Decay ({decay}) ends at a lower training loss than a constant rate."
    return Claim(statement, f"train_loss_difference[schedule={decay} - schedule=constant]", 0.0, "below", reading)


def tied(first: str, second: str) -> Claim:
    """That the choice between two decays does not matter once their rates are tuned."""
    estimate = f"test_accuracy_difference[schedule={first} - schedule={second}]"
    return Claim(f"Tuned, {first} and {second} decay are equally accurate to 0.8 points.", estimate, 0.008, "within")


def below_plateau(decay: str) -> Claim:
    """That noise keeps a constant rate above where a decay from the same rate ends."""
    return Claim(f"Decay ({decay}) ends below the plateau of its first rate.", f"plateau_ratio[{decay}]", 1.0, "below")


proportional = Claim(
    "The plateau of a constant rate is proportional to it: rate^p with p within 1 ± 0.5.",
    "plateau_exponent_less_one", 0.5, "within",
    reading="An epoch takes each example once, and its noise mostly cancels: the plateau then falls with up to the"
    " square of the rate (Mishchenko et al., 2020, arXiv 2006.05988).",
)  # fmt: skip

study = Study(
    question="Which learning-rate schedule wins at an equal budget, once each has its own learning rate?",
    recipe=recipe,
    group_by=["schedule"],
    start=grid,
    budgets={"smoke": budget(14, 1, 2, 7), "default": budget(63, 5, 30, 30), "full": budget(63, 20, 100, 100)},
    claims=[
        *(lower(each, "" if each == "cosine" else by_heart) for each in decays),
        *(tied(*pair) for pair in combinations(decays, 2)),
        proportional,
        *map(below_plateau, decays),
    ],
)
