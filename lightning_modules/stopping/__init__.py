"""When a run stops before its last epoch, and which weights it keeps."""

from lightning_modules.stopping.early_stopping import EarlyStopping
from lightning_modules.stopping.never import Never
from lightning_modules.stopping.stopping import Stopping

__all__ = [
    "EarlyStopping",
    "Never",
    "Stopping",
]
