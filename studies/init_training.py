"""S04: does the initialization change what a trained network reaches, and more so the deeper it is?

Nine ways to begin (LeCun et al., 1998, DOI 10.1007/3-540-49430-8_2; Glorot and Bengio, 2010; He et al., 2015, arXiv
1502.01852), three activations and one, three or six hidden layers of 64 units on handwritten digits; all rates of a
grid are tried for each of the 81 combinations, and the best of each is trained again on fresh seeds. Zero and constant
weights keep the units of a layer alike: their first layer has rank 1 at most, whatever the data, and 64 where weights
are drawn. An initialization fails where it is 20 points behind; two are near where they differ by less than 2, and
separate where by more.
"""

from analysis.measurements import FirstLayerRank, ScoreMap
from lightning_modules import initializers as init
from lightning_modules.activations import ReLU, Sigmoid, Tanh
from lightning_modules.data import Digits
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from sweeps import Budget, Claim, Grid, Study, Suggest

he, lecun, small, constant = init.HeNormal(), init.LecunNormal(), init.Normal(0.01), init.ConstantWeights(0.1)
biased, zero = init.WithBias(he, 0.1), init.Zero()
initializers = [zero, constant, small, init.UniformFanIn(), lecun, init.GlorotNormal(), he, init.MisprintedHe(), biased]
activations, depths, rates = [Tanh(), ReLU(), Sigmoid()], [1, 3, 6], [0.003, 0.01, 0.03, 0.1, 0.3]
combination = "initializer, model.activation, model.widths"
# Those that claims compare; tried first, so that the smallest budget has them.
cited = [
    *((each, Tanh(), 1) for each in (lecun, small)), *((each, ReLU(), 1) for each in (he, small, constant)),
    *((each, Tanh(), 3) for each in (he, zero, constant)), *((each, ReLU(), 3) for each in (he, biased)),
    *((each, Tanh(), 6) for each in (lecun, small)), *((each, ReLU(), 6) for each in (he, small)),
]  # fmt: skip


def recipe(suggest: Suggest) -> Recipe:
    """An MLP with momentum; everything that is varied is gone through."""
    depth, activation = suggest.choice("depth", depths), suggest.choice("activation", activations)
    return Recipe(
        data=Digits(),
        model=MLP(widths=(64,) * depth, activation=activation),
        initializer=suggest.choice("initializer", initializers),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", min(rates), max(rates)), momentum=0.9),
        epochs=suggest.budget.epochs,
    )


def of(initializer: str, activation: str, depth: int) -> str:
    """Return the name of a combination's group."""
    return f"{combination}={initializer}, {activation}, {'×'.join(['64'] * depth)}"


def ahead(first: str, second: str, activation: str, depth: int) -> str:
    """Return the name of the difference of two initializers, all else alike."""
    return f"test_accuracy_difference[{of(first, activation, depth)} - {of(second, activation, depth)}]"


def spend(trials: int, search: int, report: int, epochs: int) -> Budget:
    """Return a budget under which all trials are trained side by side."""
    return Budget(
        trials=trials, search_seeds=range(search), report_seeds=range(100, 100 + report), epochs=epochs,
        parallel_trials=trials, measurements=[ScoreMap(), FirstLayerRank()],
    )  # fmt: skip


study = Study(
    question="Does the initialization change what a trained network reaches, and more so the deeper it is?",
    recipe=recipe,
    group_by=["initializer", combination],
    sampler=Grid({"depth": depths, "activation": activations, "initializer": initializers, "learning_rate": rates}),
    start=[{"initializer": i, "activation": a, "depth": d, "learning_rate": 0.1} for i, a, d in cited],
    budgets={
        "smoke": spend(trials=len(cited), search=1, report=2, epochs=2),
        "default": spend(trials=len(cited) + 405, search=2, report=20, epochs=20),
        "full": spend(trials=len(cited) + 405, search=5, report=50, epochs=60),
    },
    claims=[
        Claim("Zero weights fail.", ahead("he normal", "zero", "tanh", 3), 0.2, "above"),
        Claim("Constant weights fail.", ahead("he normal", "constant weights", "tanh", 3), 0.2, "above"),
        Claim("With one layer they fail too.", ahead("he normal", "constant weights", "ReLU", 1), 0.2, "above"),
        Claim("Zero weights: rank 1 at most.", f"first_layer_rank[{of('zero', 'tanh', 3)}]", 1.5, "below"),
        Claim("Constant weights: rank 1.", f"first_layer_rank[{of('constant weights', 'tanh', 3)}]", 1.5, "below"),
        Claim("Drawn weights: full rank.", f"first_layer_rank[{of('he normal', 'tanh', 3)}]", 63.5, "above"),
        Claim("One tanh layer: std 0.01 is near.", ahead("lecun normal", "normal", "tanh", 1), 0.02, "within"),
        Claim("One ReLU layer: std 0.01 is near.", ahead("he normal", "normal", "ReLU", 1), 0.02, "within"),
        Claim("Six tanh layers: it is behind.", ahead("lecun normal", "normal", "tanh", 6), 0.02, "above"),
        Claim("Six ReLU layers: it is behind.", ahead("he normal", "normal", "ReLU", 6), 0.02, "above"),
        Claim("A bias of 0.1 changes little.", ahead("with bias", "he normal", "ReLU", 3), 0.01, "within"),
    ],
)  # fmt: skip
