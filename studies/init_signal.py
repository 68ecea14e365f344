"""S03: which initialization lets signals and gradients pass through six layers?

Layers of 4096 units, as lectures show them, and of 256 with the same std · √width; unit inputs, no biases, nothing
trained; initial weights of Glorot and Bengio (2010), He et al. (2015, arXiv 1502.01852) and others. A signal is
preserved if its standard deviation in the last layer is within √10 of the first layer's, lost or vanishing below and
exploding above: |log₁₀| = 0.5. A quarter of the units beyond a twentieth of the steepest slope is saturated. By mean
field theory (Poole et al., 2016, arXiv 1606.05340) a layer multiplies the variance of gradients by σ_w² E[φ'²], so that
saturated layers let them grow where σ_w is large enough. Beside it the same initializers train tanh networks of six
layers for a few epochs.
"""

from analysis.measurements import InitialSignal
from lightning_modules.activations import Tanh
from lightning_modules.data import Digits
from lightning_modules.initializers import HeNormal, LecunNormal, MisprintedHe, Normal, UniformFanIn
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from sweeps import Budget, Claim, Grid, Study, Suggest

# A std of 0.01 at 4096 units is one of 0.08 at 64.
initializers = [Normal(0.08), LecunNormal(), HeNormal(), MisprintedHe(), UniformFanIn()]
grow = "Few units are not saturated, but σ_w² = 10 at 4096 units outweighs that: σ_w² E[φ'²] is above 1."
rates = (0.003, 0.01, 0.03, 0.1)


def recipe(suggest: Suggest) -> Recipe:
    """Six tanh layers of 64 units on handwritten digits; initializer and learning rate are gone through."""
    return Recipe(
        data=Digits(),
        model=MLP(widths=(64,) * 6, activation=Tanh()),
        initializer=suggest.choice("initializer", initializers),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", min(rates), max(rates)), momentum=0.9),
        epochs=suggest.budget.epochs,
    )


study = Study(
    question="Which initialization lets signals and gradients pass through six layers?",
    recipe=recipe,
    group_by=["initializer"],
    sampler=Grid({"initializer": initializers, "learning_rate": rates}),
    budgets={
        "smoke": Budget(
            trials=5, search_seeds=[0], report_seeds=range(100, 103), epochs=3, parallel_trials=5,
            measurements=[InitialSignal(widths=(256, 64), seeds=3)],
        ),
        "default": Budget(
            trials=20, search_seeds=range(3), report_seeds=range(100, 120), epochs=10, parallel_trials=20,
            measurements=[InitialSignal(seeds=12)],
        ),
        "full": Budget(
            trials=20, search_seeds=range(5), report_seeds=range(100, 150), epochs=30, parallel_trials=20,
            measurements=[InitialSignal(seeds=40, examples=256)],
        ),
    },
    claims=[
        Claim("Tanh, std 0.01: the signal is lost.", "signal_std_ratio[tanh, normal 0.01]", -0.5, "below"),
        Claim("Tanh, std 0.05: a quarter is saturated.", "signal_saturated[tanh, normal 0.05]", 0.25, "above"),
        Claim("Tanh, std 0.1 (variance 0.01): so it is.", "signal_saturated[tanh, normal 0.1]", 0.25, "above"),
        Claim("Tanh, variance 1 / fan in: the signal stays.", "signal_std_ratio[tanh, lecun normal]", 0.5, "within"),
        Claim("Tanh, uniform ± 1 / √fan in: it is lost.", "signal_std_ratio[tanh, uniform fan in]", -0.5, "below"),
        Claim("Saturated tanh (std 0.05): dL/dh vanishes.", "gradient_h_ratio[tanh, normal 0.05]", -0.5, "below", grow),
        Claim("Saturated tanh (std 0.05): dL/dW vanishes.", "gradient_w_ratio[tanh, normal 0.05]", -0.5, "below", grow),
        Claim("Tanh, std 0.1: dL/dh explodes.", "gradient_h_ratio[tanh, normal 0.1]", 0.5, "above"),
        Claim("Sigmoid, var 1 / fan in: dL/dh vanishes.", "gradient_h_ratio[sigmoid, lecun normal]", -0.5, "below"),
        Claim("ReLU, variance 1 / fan in: the signal is lost.", "signal_std_ratio[ReLU, lecun normal]", -0.5, "below"),
        Claim("ReLU, std √(2 / fan in): the signal stays.", "signal_std_ratio[ReLU, he normal]", 0.1, "within"),
        Claim("ReLU, std 2 / √fan in (misprint): it explodes.", "signal_std_ratio[ReLU, misprinted he]", 0.5, "above"),
        Claim("Only std · √width matters.", "signal_width_effect[tanh, normal 0.01]", 0.1, "within"),
    ],
)  # fmt: skip
