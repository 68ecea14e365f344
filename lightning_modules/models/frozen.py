"""A model of which only the last layers are trained."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.models.model import Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Frozen"]


@dataclass(frozen=True)
class Frozen(Model):
    """Another model in which everything in front of the last few layers keeps its initial weights.

    A layer is a linear or convolutional one together with what follows it up
    to the next, such as its normalization. Around `Pretrained` this is transfer
    learning: 1 trains the head alone, all layers are fine tuning; around a
    model that is not, the layers in front are random features. What is frozen
    are the parameters: running statistics of a normalization follow the batches.

    Arguments:
        model: what to build.
        trainable: how many layers are trained, counted from the output.

    Raises:
        InvalidInput: for a model that is none, less than one layer, or on building more than the model has.

    References:
        | How transferable are features in deep neural networks? (Yosinski et al., 2014)
        | https://arxiv.org/abs/1411.1792
    """

    model: Model
    trainable: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.model, Model):
            raise InvalidInput(f"The frozen model is {self.model!r}: give a model, such as MLP().")
        require_integer("The frozen model's trainable", self.trainable, at_least=1)

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        module = self.model.build(shape, outputs)
        parts = list(module.modules())
        starts = [i for i, part in enumerate(parts) if isinstance(part, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d)]
        if self.trainable > len(starts):
            raise InvalidInput(
                f"The last {self.trainable} layers cannot be trained of a model that has {len(starts)}: give fewer."
            )
        for part in parts[: starts[-self.trainable]]:
            for parameter in part.parameters(recurse=False):
                parameter.requires_grad_(False)
        return module

    @property
    def graph(self) -> Model:
        return replace(self, model=self.model.graph)
