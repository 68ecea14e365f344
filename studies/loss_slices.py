"""S07: what does the loss surface look like, and what do width, residual links and weight decay change?

Three hidden layers on handwritten digits, trained in four cosine cycles; against the plain ReLU network of 64 units
a layer one factor is changed at a time, its learning rate chosen anew on validation. Measured are filter-normalised
lines and planes (Li et al., 2018, arXiv 1712.09913), the line from initial weights to solution (Goodfellow et al.,
2015, arXiv 1412.6544), the lines between independent solutions before and after their units are matched (Entezari et
al., 2022, arXiv 2110.06296; Ainsworth et al., 2023, arXiv 2209.04836) and between a training's snapshots (Huang et
al., 2017, arXiv 1704.00109), the spread of the final loss (Choromanska et al., 2015, arXiv 1412.0233), the plane of
the path, and what permutations and sign flips of hidden units change. The loss is without penalties, in nats.
"""

from analysis import measurements as measure
from lightning_modules.activations import Tanh
from lightning_modules.data import Digits
from lightning_modules.models import MLP
from lightning_modules.optimizers import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules import CyclicCosine
from sweeps import Budget, Claim, Grid, Study, Suggest

arms = {
    "plain": (MLP((64,) * 3), 0.0), "narrow": (MLP((16,) * 3), 0.0), "wide": (MLP((128,) * 3), 0.0),
    "residual": (MLP((64,) * 3, residual=True), 0.0), "tanh": (MLP((64,) * 3, Tanh()), 0.0),
    "weight decay": (MLP((64,) * 3), 1e-3),
}  # fmt: skip
rates, fields = (0.03, 0.1, 0.3), "model.*, optimizer.weight_decay"
base, narrow, wide = (f"{fields}=MLP {each}×{each}×{each}/ReLU, 0" for each in (64, 16, 128))
residual, decayed, tanh = (f"{fields}=MLP 64×64×64/{each}" for each in ("ReLU/True, 0", "ReLU, 0.001", "tanh, 0"))


def recipe(suggest: Suggest) -> Recipe:
    """Momentum in four cosine cycles; one arm, one of three learning rates."""
    model, decay = arms[suggest.choice("arm", list(arms))]
    optimizer = SGD(suggest.choice("learning_rate", rates), momentum=0.9, weight_decay=decay)
    return Recipe(
        data=Digits(), model=model, optimizer=optimizer, schedule=CyclicCosine(cycles=4), epochs=suggest.budget.epochs
    )


def budget(searched: int, reported: int, epochs: int, runs: int, points: int, directions: int) -> Budget:
    """All arms and rates, and what is measured of so many runs, at so many points, along so many directions."""
    wider = ((residual, base), (decayed, base), (wide, narrow))
    measurements = (
        measure.Barriers(runs=runs, points=points // 2, differences=((wide, narrow),)),
        measure.StartToEnd(runs=reported, points=points, tolerance=0.01),
        measure.FinalLossSpread(ratios=((wide, narrow),)),
        measure.Symmetry(runs=runs),
        measure.MinimumWidth(runs=runs, rise=0.1, directions=directions, differences=wider),
        measure.PathPlane(runs=runs, points=points, groups=(base, residual)),
        measure.Lines(points=points),
        measure.Planes(points=points, groups=(base, residual)),
    )
    seeds = range(100, 100 + reported)
    return Budget(trials=18, search_seeds=range(searched), report_seeds=seeds, epochs=epochs, measurements=measurements)


lower, width = "barrier_difference", "minimum_width_difference"
claims = [
    Claim("Between independent solutions lies a barrier above 0.1 nats.", f"barrier[linear, {base}]", 0.1, "above"),
    Claim("Between snapshots of a training it is below 0.1 nats.", f"barrier[snapshots, {base}]", 0.1, "below"),
    Claim("Between snapshots it is lower than between independent solutions.",
          f"{lower}[snapshots - linear, {base}]", 0.0, "below"),
    Claim("Matching hidden units lowers the barrier.", f"{lower}[aligned - linear, {base}]", 0.0, "below"),
    Claim("Between matched solutions it is lower for wide networks than for narrow ones.",
          f"{lower}[aligned, {wide} - {narrow}]", 0.0, "below"),
    Claim("From initial weights to solution the loss mostly only falls.", f"monotone_share[{base}]", 0.5, "above"),
    Claim("The barrier on that line is below 0.1 nats.", f"start_to_end_barrier[{base}]", 0.1, "below"),
    Claim("The final loss varies less between seeds for wide networks than for narrow ones.",
          f"log_deviation_ratio[{wide} / {narrow}]", 0.0, "below"),
    Claim("Permuted hidden units change the loss by at most 1e-6.", f"loss_change[permutation, {base}]", 1e-6, "below"),
    Claim("Units of flipped signs change it by at most 1e-6.", f"loss_change[sign flip, {tanh}]", 1e-6, "below"),
    Claim("Residual links widen the minimum.", f"{width}[{residual} - {base}]", 0.0, "above",
          "Li et al. saw it in networks that hardly train without links; these have three layers, which train as"
          " well."),
    Claim("Weight decay widens it.", f"{width}[{decayed} - {base}]", 0.0, "above"),
    Claim("Wide networks have wider minima.", f"{width}[{wide} - {narrow}]", 0.0, "above"),
    Claim("Two principal components hold more of a training's path than they would of a random walk.",
          f"path_explained_difference[path - random walk, {base}]", 0.0, "above"),
]  # fmt: skip

study = Study(
    question="What does the loss surface of small networks look like, around solutions and between them?",
    recipe=recipe,
    sampler=Grid({"arm": tuple(arms), "learning_rate": rates}),
    group_by=[fields],
    budgets={
        "smoke": budget(searched=1, reported=2, epochs=4, runs=2, points=7, directions=1),
        "default": budget(searched=3, reported=20, epochs=20, runs=12, points=51, directions=10),
        "full": budget(searched=5, reported=50, epochs=60, runs=30, points=101, directions=20),
    },
    claims=claims,
)
