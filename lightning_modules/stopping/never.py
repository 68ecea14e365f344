"""Training to the last epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

from lightning_modules.stopping.stopping import Stopping

__all__ = ["Never"]


@dataclass(frozen=True)
class Never(Stopping):
    """Every epoch is trained, and the last one's weights are kept."""

    def best(self, losses: Sequence[float]) -> int | None:
        return None

    def stops(self, losses: Sequence[float]) -> bool:
        return False
