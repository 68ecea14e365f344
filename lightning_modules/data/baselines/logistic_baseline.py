"""Logistic regression, fitted to convergence."""

from dataclasses import dataclass
from typing import Any

from lightning_modules.checks import require_positive
from lightning_modules.data.baselines.baseline import Baseline

__all__ = ["LogisticBaseline"]


@dataclass(frozen=True)
class LogisticBaseline(Baseline):
    """The minimum of the cross-entropy summed over the examples plus ``½ penalty ‖w‖²``, biases free of it.

    For D inputs and C classes it has ``(C − 1)(D + 1)`` parameters, D + 1 for
    two. Without any penalty separable classes have no minimum.

    Arguments:
        penalty: of the weights, above 0.

    Raises:
        InvalidInput: unless the penalty is above 0.
    """

    penalty: float = 1.0

    def __post_init__(self) -> None:
        require_positive("The logistic baseline's penalty", self.penalty)

    def parameters(self, inputs: int, classes: int) -> int:
        return (classes - 1) * (inputs + 1)

    def estimator(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=1 / self.penalty, max_iter=100_000)
