"""A model that starts from the weights of a file."""

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lightning_modules.data.checksum import checksum
from lightning_modules.errors import InvalidInput
from lightning_modules.models.model import Model
from lightning_modules.models.weights_file import checksum_of_weights, read_weights

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Pretrained"]


@dataclass(frozen=True)
class Pretrained(Model):
    """Another model whose parameters and buffers are those of a file, wherever name and shape agree.

    What the file lacks, or has in another shape (the head, where the number of
    classes differs), starts fresh, from the recipe's initializer. Write a file
    with ``np.savez("mine.npz", **weights)`` for the weights of a snapshot.

    A recipe is named by the weights, not by where the file lies.

    Arguments:
        model: what to build.
        path: of the ``.npz`` or ``.safetensors`` file; a relative one is relative to the folder that the program
            was started in.
        prefix: of the names in the file that are meant, left out of them: a run's ``snapshots.safetensors`` holds
            the names of its first snapshot behind ``"0/"``.
        checksum: of the weights, read from the file unless given, as a record does.

    Raises:
        InvalidInput: for a model that is none, if the file cannot be read, or on building, if it holds other weights
            than the checksum's or none that fit the model.
    """

    model: Model
    path: str = field(compare=False)
    prefix: str = field(default="", compare=False)
    checksum: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.model, Model):
            raise InvalidInput(f"The pretrained model is {self.model!r}: give a model, such as MLP().")
        object.__setattr__(self, "path", os.fspath(self.path))
        if not self.checksum:
            object.__setattr__(self, "checksum", checksum_of_weights(self.path, self.prefix))

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        import torch

        from lightning_modules.modules.pretrained_parameter import load_pretrained

        arrays = read_weights(self.path, self.prefix)
        found = checksum(arrays)
        if found != self.checksum:
            raise InvalidInput(
                f"{self.path} does not hold the weights that this recipe was made of (checksum {found} instead of"
                f" {self.checksum}): restore the file, or begin a new study with what it holds now."
            )
        module = self.model.build(shape, outputs)
        if not load_pretrained(module, {name: torch.from_numpy(array) for name, array in arrays.items()}):
            names = ", ".join(name for name, _ in module.named_parameters())
            raise InvalidInput(
                f"{self.path} has no weights of the names and shapes of the model ({names}): give the model"
                " that they were trained in, or a prefix."
            )
        return module

    @property
    def graph(self) -> Model:
        return replace(self, model=self.model.graph)
