"""Build the network of a recipe: its model with the head that its loss needs."""

from torch import nn

from lightning_modules.data.dataset import Dataset
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss
from lightning_modules.models.model import Model

__all__ = ["build"]


def build(model: Model, loss: Loss, shape: tuple[int, ...], dataset: Dataset) -> nn.Module:
    """Return a new network; whatever trains or evaluates a recipe builds it here.

    Arguments:
        model: of the recipe.
        loss: of the recipe: says how many outputs there are and adds its own parameters.
        shape: of one example after preprocessing.
        dataset: of the recipe.

    Raises:
        InvalidInput: if the loss does not take the data set's targets, or the model not its inputs, or builds no module
            of known sizes.
    """
    loss.check(dataset)
    module = model.build(shape, loss.outputs(dataset))
    if not isinstance(module, nn.Module):
        raise InvalidInput(f"The model {type(model).__name__} builds {module!r}: let `build` return an nn.Module.")
    if any(isinstance(each, nn.parameter.UninitializedParameter) for each in module.parameters()):
        raise InvalidInput(f"The model {type(model).__name__} has lazy layers: give them their sizes.")
    return loss.head(module)
