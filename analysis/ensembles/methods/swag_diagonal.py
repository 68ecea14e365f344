"""SWAG with a diagonal covariance: every weight varies by itself."""

from dataclasses import dataclass
from typing import ClassVar

from analysis.ensembles.average import Average
from analysis.ensembles.held import HeldRun, Regime
from analysis.ensembles.methods.method import Made, Method
from analysis.ensembles.methods.swag import SWAG, sampled
from lightning_modules.checks import require_integer

__all__ = ["DiagonalSWAG", "method"]


@dataclass(frozen=True)
class DiagonalSWAG(Method):
    """Averages what m samples of a Gaussian with independent weights predict; for the rest see `SWAG`.

    Arguments:
        samples: networks drawn, at most as many as members are asked for.
        seed: of the samples.

    Raises:
        InvalidInput: for fewer than one sample, or a negative seed.

    References:
        | A simple baseline for Bayesian uncertainty in deep learning (Maddox et al., 2019), SWAG-Diagonal
        | https://arxiv.org/abs/1902.02476
    """

    samples: int = 10
    seed: int = 0

    name: ClassVar[str] = "swag-diagonal"
    title: ClassVar[str] = "SWAG, diagonal"
    regimes: ClassVar[tuple[Regime, ...]] = SWAG.regimes
    wanting: ClassVar[str] = SWAG.wanting

    def __post_init__(self) -> None:
        require_integer("SWAG's samples", self.samples, at_least=1)
        require_integer("SWAG's seed", self.seed, at_least=0)

    def holds(self, run: HeldRun) -> bool:
        return len(run.record.snapshot_steps) > 1

    def make(self, run: HeldRun, average: Average, most: int | None = None) -> Made:
        return sampled(run, average, 0, min(self.samples, most or self.samples), self.seed)


method = DiagonalSWAG()
