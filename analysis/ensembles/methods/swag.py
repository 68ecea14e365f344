"""SWAG: networks drawn from a Gaussian that is fitted to the snapshots of a training."""

from dataclasses import dataclass
from typing import ClassVar

from analysis.ensembles.average import Average, averages
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun, Regime
from analysis.ensembles.methods.averaged import predicted
from analysis.ensembles.methods.method import Made, Method
from analysis.ensembles.posterior import Posterior
from lightning_modules.checks import require_integer
from lightning_modules.randomness import stream

__all__ = ["SWAG", "method", "sampled"]


@dataclass(frozen=True)
class SWAG(Method):
    """Averages what m samples of the posterior predict, each with running statistics of its own.

    The posterior is that of the snapshots in the second half of the training,
    two at least. Sample i is the same for any number of samples, and another
    for each run.

    Arguments:
        samples: networks drawn, at most as many as members are asked for.
        rank: deviations that the covariance keeps, at most.
        seed: of the samples.

    Raises:
        InvalidInput: for fewer than one sample, a rank below 2, or a negative seed.

    References:
        | A simple baseline for Bayesian uncertainty in deep learning (Maddox et al., 2019)
        | https://arxiv.org/abs/1902.02476
    """

    samples: int = 10
    rank: int = 20
    seed: int = 0

    name: ClassVar[str] = "swag"
    title: ClassVar[str] = "SWAG"
    regimes: ClassVar[tuple[Regime, ...]] = ("constant", "short cycles", "cycling")
    wanting: ClassVar[str] = (
        "no run at a constant or a cyclic rate with two snapshots or more: give a recipe Constant() and snapshots=10,"
        " and run the study again"
    )

    def __post_init__(self) -> None:
        require_integer("SWAG's samples", self.samples, at_least=1)
        require_integer("SWAG's rank", self.rank, at_least=2)
        require_integer("SWAG's seed", self.seed, at_least=0)

    def holds(self, run: HeldRun) -> bool:
        return len(run.record.snapshot_steps) > 1

    def make(self, run: HeldRun, average: Average, most: int | None = None) -> Made:
        return sampled(run, average, self.rank, min(self.samples, most or self.samples), self.seed)


def sampled(run: HeldRun, average: Average, rank: int, samples: int, seed: int) -> Made:
    """Return the ensembles of 1, 2, … samples of a run's posterior.

    Arguments:
        run: that has two snapshots or more.
        average: of predictions.
        rank: of the posterior's covariance; 0 for a diagonal one.
        samples: how many.
        seed: of them.
    """
    networks = run.predictor.networks(run.weights)
    fitted = max(2, -(-len(networks.rows) // 2))
    posterior = Posterior.fit(networks.rows[-fitted:], rank)
    seeds = [stream("posterior", seed, run.record.seeds.order, sample) for sample in range(samples)]
    found, before = predicted(run, posterior.samples(seeds).to(networks.rows.dtype), networks)
    kind = run.recipe.loss.prediction
    # Of what is kept, mean, variances and deviations; buffers are estimated anew.
    rows = 2 + len(posterior.deviations)
    storage = run.network_bytes + (rows - 1) * run.parameter_bytes
    passes = int(before is not None)
    return Made(
        averages(found, kind, average),
        tuple(Cost(m, run.recipe.epochs, m * passes, m, storage) for m in range(1, samples + 1)),
        None if before is None else averages(before, kind, average),
        found,
    )


method = SWAG()
