"""Where stacks are trained, how large they may become there, and how often they are written down."""

from dataclasses import dataclass

from lightning_modules.backend import Backend
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from sweeps.machine import available_memory

__all__ = ["Placement", "anywhere"]

# What is left to everything else, and to an estimate that is too low.
_share = 0.8


@dataclass(frozen=True)
class Placement:
    """A kind of device, limits of one's own, and the way in which steps are taken.

    Arguments:
        accelerator: ``cpu``, ``gpu``, ``mps``, or ``auto`` for the fastest there is; each worker uses one device.
        stack_size: the most runs in a stack, in place of what the program chooses; memory limits it still.
        backend: takes the steps.
        checkpoint_every: epochs from one checkpoint of a stack to the next; None for one a minute.

    Raises:
        InvalidInput: for another accelerator, or a size or a number of epochs below 1.
    """

    accelerator: str = "auto"
    stack_size: int | None = None
    backend: Backend = "auto"
    checkpoint_every: int | None = None

    def __post_init__(self) -> None:
        if self.accelerator not in ("auto", "cpu", "gpu", "mps"):
            raise InvalidInput(f"The accelerator is {self.accelerator!r}: give auto, cpu, gpu or mps.")
        if self.stack_size is not None:
            require_integer("The stack size", self.stack_size, at_least=1)
        if self.checkpoint_every is not None:
            require_integer("The number of epochs between checkpoints", self.checkpoint_every, at_least=1)

    @property
    def is_cuda(self) -> bool:
        """Whether stacks are trained on a GPU with memory of its own."""
        if self.accelerator not in ("auto", "gpu"):
            return False
        import torch

        return torch.cuda.is_available()

    def check(self) -> None:
        """Raise `InvalidInput` if this machine has no such device."""
        if self.accelerator in ("auto", "cpu"):
            return
        import torch

        there = torch.backends.mps.is_available() or (self.accelerator == "gpu" and torch.cuda.is_available())
        if not there:
            raise InvalidInput(f"This machine has no {self.accelerator} that torch can use: give auto or cpu.")

    def memory(self, workers: int) -> int:
        """Return the bytes that each of so many workers may take for its stacks.

        Arguments:
            workers: that share the machine's memory or, on GPUs, one GPU; of several, the fullest counts.
        """
        import torch

        if self.is_cuda:
            free: int = min(torch.cuda.mem_get_info(device)[0] for device in range(torch.cuda.device_count()))
        else:
            free = available_memory()
        return int(_share * free) // workers


anywhere = Placement()
"""The fastest device there is, and stacks of the size that the program chooses."""
