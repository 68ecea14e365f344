"""S05: learning-rate schedules at an equal budget, each with its own learning rate.

One MLP learns handwritten digits by SGD with momentum under seven schedules, among them steps (He et al., 2016, arXiv
1512.03385), cosine and restarts (Loshchilov and Hutter, 2017, arXiv 1608.03983) and triangles (Smith, 2017, arXiv
1506.01186). Each is tried with the same nine learning rates on the same search seeds, the rate with the best mean
validation accuracy is kept, and the seven recipes are trained again on fresh seeds that all share: differences are
paired by initial weights, order and split. Reported are test accuracy, the loss of the final network on its training
set, the curves that one would have had at any time, and the trace of the rate. Two schedules tie if they differ by less
than 0.8 points, the standard error that the draw of 360 test digits alone gives to one run. What noise does to a
constant rate (Bottou, Curtis and Nocedal, 2018, arXiv 1606.04838) is measured where the least loss is known, on least
squares of whitened inputs with batches of four: the plateau at four rates, and where decays end.
"""

from itertools import combinations

from analysis.measurements import Anytime, NoiseFloor, TrainLoss
from lightning_modules.data import Digits
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules import Constant, Cosine, CosineRestarts, InverseSquareRoot, Linear, Step, Triangular
from sweeps import Budget, Claim, Study, Suggest

schedules = (Constant(), Step(), Cosine(), Linear(), InverseSquareRoot(), Triangular(3), CosineRestarts(3))
rates = (0.1, 0.03, 0.01, 0.003, 0.006, 0.02, 0.06, 0.2, 0.3)
grid = [{"learning_rate": rate, "schedule": schedule} for rate in rates for schedule in schedules]
floor = NoiseFloor((0.02, 0.04, 0.08, 0.16), schedules[1:5])


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


decays = ("step", "cosine", "linear", "inverse square root")
loss, accuracy = "train_loss_difference", "test_accuracy_difference"
learned = (
    "The network learns its training set by heart: no noise keeps a constant rate up, and lower rates only slow it."
)
claims = [
    *(Claim(f"Decay ({each}) ends at a lower training loss than a constant rate.",
            f"{loss}[schedule={each} - schedule=constant]", 0.0, "below", "" if each == "cosine" else learned)
      for each in decays),
    *(Claim(f"Tuned, {one} and {other} decay are equally accurate to 0.8 points.",
            f"{accuracy}[schedule={one} - schedule={other}]", 0.008, "within")
      for one, other in combinations(decays, 2)),
    Claim("The plateau of a constant rate is proportional to it: rate^p with p within 1 ± 0.5.",
          "plateau_exponent_less_one", 0.5, "within",
          "An epoch takes each example once, and its noise mostly cancels: the plateau then falls with up to the square"
          " of the rate (Mishchenko et al., 2020, arXiv 2006.05988)."),
    *(Claim(f"Decay ({each}) ends below the plateau of its first rate.", f"plateau_ratio[{each}]", 1.0, "below")
      for each in decays),
]  # fmt: skip

study = Study(
    question="Which learning-rate schedule wins at an equal budget, once each has its own learning rate?",
    recipe=recipe,
    group_by=["schedule"],
    start=grid,
    budgets={"smoke": budget(14, 1, 2, 7), "default": budget(63, 5, 30, 30), "full": budget(63, 20, 100, 100)},
    claims=claims,
)
