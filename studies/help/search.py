"""Search, confirm and claim: samplers, early ends, comparisons, and what is written down beforehand.

What proposes: `Study(sampler=…)` takes "tpe", "random", "quasi-random",
"cma-es" or `Grid({"learning_rate": (0.01, 0.1)})`; `Study(start=[…])` gives
values to try first.

What ends early: `Budget(racing=Racing())` drops a recipe that a paired test
finds clearly worse before all of its search seeds are trained.
`Budget(halving=SuccessiveHalving(reduction=3, rungs=2))` trains every recipe
for a ninth of the epochs, the best third of each `parallel_trials` of them for
a third, and the best third of these to the end, where each is bit for bit what
it would have been without. A schedule that would be cut within a cycle is
refused, since such trainings cannot be compared.

What is compared: `group_by=["schedule"]` by kinds, `["model.widths"]` by
values, `["initializer, model.widths"]` all combinations of both,
`["schedule.*"]` with all settings, `["data.examples"]` within wrappers too.

What is claimed, before anything is run:

    from sweeps import Claim

    claim = Claim(
        "Cosine beats a constant rate.",
        estimate="test_accuracy_difference[schedule=cosine - schedule=constant]",
        bound=0.0,
        direction="above",
    )

`atlas help report` says how claims are decided. With five seeds or fewer
nothing is decided but equivalence (`direction="within"`), which takes five.
A run may contradict a claim: leave it, and write why into its `reading=`, which
stands beside the verdict. Words of claims change without anything being
trained or measured again.

What is luck: `Budget(crossed=Crossed(init=range(100, 110), order=range(100, 110)))`
trains the best recipe (with `of="groups"` that of every group) on every
combination of these seeds. The report says which stream makes how much of the
spread, and claims may name `sd[init]`, `variance_share[init × order]`,
`binomial_sd`, `sd_over_binomial[init]`.

What is measured at the end: `Budget(measurements=[…])` takes what lies in
analysis/measurements, or a `Measurement` of your own, whose estimates claims
may name as well.
"""

from sweeps import Claim, Crossed, Grid, Measurement, Racing, SuccessiveHalving

__all__ = ["named"]

named = (Claim, Grid, Racing, SuccessiveHalving, Crossed, Measurement)
"""Whose docstrings the page ends with."""
