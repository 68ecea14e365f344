"""S08: are critical points mostly saddles, more so in larger networks, and does their index rise with the loss?

One hidden layer of 2, 4, 8 or 16 tanh units, trained with the squared error on one-hot labels, which has minima at
finite weights, on two moons and on small digits (0, 1 and 2, four principal components). A weight decay of 0.01 is
part of the surface: without it, searches on other seeds found hardly a sharp zero of the gradient with 16 units. All
searches of a network are on one training set. They start from initial weights, solutions, what is halfway and noise of
half their length around each, and go by Newton-MR (Roosta et al., 2018, arXiv 1810.00303) and by minimising the
gradient's norm; ends are judged as Frye et al. (2021, arXiv 2003.10397) ask, what is no sharp zero is counted and left
out, and an eigenvalue within 1e-4 of the largest counts as zero. Index against loss as Dauphin et al. (2014, arXiv
1406.2572); intervals are over the runs that gave the starts. Beside them Newton's method where everything is known:
on the scalar network w₂ w₁ x, whose origin is a saddle with the eigenvalues ±2xt, and on quadratics.
"""

from analysis.measurements import CriticalPointSearch, NewtonSteps
from lightning_modules.activations import Tanh
from lightning_modules.data import PCA, Digits, Moons, Pipeline, Standardize, WithoutClasses
from lightning_modules.initializers import LecunNormal
from lightning_modules.losses import OneHotSquaredError
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from sweeps import Budget, Claim, Grid, Study, Suggest

tasks = {
    "moons": (Moons(examples=250), Standardize()),
    "digits": (WithoutClasses(Digits(), tuple(range(3, 10))), Pipeline((Standardize(), PCA(4)))),
}
widths, decay = (2, 4, 8, 16), 0.01
fields = "data, model.widths"
moons, digits = ({each: f"{fields}={name}, {each}" for each in widths} for name in ("moons", "without classes"))


def recipe(suggest: Suggest) -> Recipe:
    """Momentum at one rate: trainings only give points from which to search."""
    data, preprocessing = tasks[suggest.choice("task", list(tasks))]
    return Recipe(
        data=data,
        preprocessing=preprocessing,
        model=MLP((suggest.choice("width", list(widths)),), Tanh()),
        initializer=LecunNormal(),
        loss=OneHotSquaredError(),
        optimizer=SGD(0.05, momentum=0.9, weight_decay=decay),
        batch_size=32,
        epochs=suggest.budget.epochs,
    )


def budget(runs: int, epochs: int, between: int, noises: tuple[float, ...], steps: int, starts: int) -> Budget:
    """Runs of each network, two starts and more of each, more with noise, and starts of Newton's method."""
    sizes = ((moons[16], moons[2]), (digits[16], digits[2]))
    searches = CriticalPointSearch(runs, between, noises, steps, decay, sizes)
    return Budget(
        trials=8, search_seeds=(0,), report_seeds=range(100, 100 + runs), epochs=epochs,
        measurements=(searches, NewtonSteps(starts=starts)),
    )  # fmt: skip


claims = [
    Claim("On moons, index and loss rise together.", f"index_loss_correlation[{moons[16]}]", 0.0, "above"),
    Claim("On digits, index and loss rise together.", f"index_loss_correlation[{digits[16]}]", 0.0, "above"),
    Claim("On moons, most of what is found are saddles.", f"saddle_share[{moons[16]}]", 0.5, "above"),
    Claim("On digits, most of what is found are saddles.", f"saddle_share[{digits[16]}]", 0.5, "above"),
    Claim("On moons, more so with size.", f"saddle_share_difference[{moons[16]} - {moons[2]}]", 0.0, "above"),
    Claim("On digits, more so with size.", f"saddle_share_difference[{digits[16]} - {digits[2]}]", 0.0, "above"),
    Claim("Starts of higher loss lead to higher points.", f"start_loss_correlation[{digits[16]}]", 0.0, "above"),
    Claim("Newton-MR finds more critical points than minimising the gradient's norm.",
          f"yield_difference[Newton-MR - gradient norm, {digits[16]}]", 0.0, "above"),
    Claim("The origin's eigenvalues are ±2xt.", "eigenvalue_error[scalar network]", 1e-6, "below"),
    Claim("Newton's method minimises a quadratic in one step.", "newton_step_error[quadratic]", 1e-6, "below"),
    Claim("Newton's method ends at the saddle more often than gradient descent.",
          "saddle_share_difference[Newton - gradient descent, scalar network]", 0.0, "above"),
    Claim("Newton's method ends at the saddle more often than damped.",
          "saddle_share_difference[Newton - damped Newton, scalar network]", 0.0, "above"),
]  # fmt: skip

study = Study(
    question="Are critical points mostly saddles, more so with size, and do index and loss rise together?",
    recipe=recipe,
    sampler=Grid({"task": tuple(tasks), "width": widths}),
    group_by=[fields],
    metric="validation_accuracy",
    budgets={
        "smoke": budget(runs=2, epochs=5, between=0, noises=(), steps=5, starts=8),
        "default": budget(runs=12, epochs=50, between=1, noises=(0.5,), steps=200, starts=50),
        "full": budget(runs=50, epochs=200, between=7, noises=(0.5,), steps=1000, starts=500),
    },
    claims=claims,
)
