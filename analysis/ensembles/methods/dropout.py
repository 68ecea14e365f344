"""Monte-Carlo dropout: one network asked several times while it drops units."""

from dataclasses import dataclass
from typing import ClassVar

from analysis.ensembles.average import Average, averages
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun, Regime
from analysis.ensembles.methods.method import Made, Method
from lightning_modules.checks import require_integer
from lightning_modules.randomness import stream

__all__ = ["MonteCarloDropout", "method"]


@dataclass(frozen=True)
class MonteCarloDropout(Method):
    """Averages what a run's last network predicts under m draws of the units that are dropped.

    Draw i is the same for any number of draws, and another for each run.

    Arguments:
        samples: draws, at most as many as members are asked for.
        seed: of the draws.

    Raises:
        InvalidInput: for fewer than one sample, or a negative seed.

    References:
        | Dropout as a Bayesian approximation: representing model uncertainty (Gal and Ghahramani, 2016)
        | https://arxiv.org/abs/1506.02142
    """

    samples: int = 10
    seed: int = 0

    name: ClassVar[str] = "dropout"
    title: ClassVar[str] = "MC dropout"
    regimes: ClassVar[tuple[Regime, ...]] = ("annealed", "constant", "cycling", "short cycles")
    wanting: ClassVar[str] = (
        "no run of a model that drops units: give a recipe a model with dropout, such as MLP(dropout=0.1), and run the"
        " study again"
    )

    def __post_init__(self) -> None:
        require_integer("Dropout's samples", self.samples, at_least=1)
        require_integer("Dropout's seed", self.seed, at_least=0)

    def holds(self, run: HeldRun) -> bool:
        return len(run.record.snapshot_steps) > 0 and run.predictor.drops

    def make(self, run: HeldRun, average: Average, most: int | None = None) -> Made:
        samples = min(self.samples, most or self.samples)
        streams = [stream("posterior", self.seed, run.record.seeds.order, sample, 1) for sample in range(samples)]
        drawn = run.predictor.dropped(run.predictor.networks(run.weights[-1:]), streams)
        found = averages(drawn, run.recipe.loss.prediction, average)
        costs = (Cost(m, run.recipe.epochs, 0, m, run.network_bytes) for m in range(1, samples + 1))
        return Made(found, tuple(costs), members=drawn)


method = MonteCarloDropout()
