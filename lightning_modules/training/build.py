"""Build the network of a recipe: its model with the head that its loss needs."""

from functools import lru_cache

import torch
from torch import Tensor, nn

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
        InvalidInput: if the loss does not take the data set's targets, or the model not its inputs, or the model
            does not have the outputs that the loss needs.
    """
    loss.check(dataset)
    outputs = loss.outputs(dataset)
    _check(model, shape, outputs)
    return loss.head(model.build(shape, outputs))


@lru_cache(maxsize=256)
def _check(model: Model, shape: tuple[int, ...], outputs: int) -> None:
    """Refuse a model that cannot be built, called or trained upon; tried once, on two examples of zeros."""
    name = type(model).__name__
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            module = model.build(shape, outputs)
        except InvalidInput:
            raise
        except Exception as error:
            raise InvalidInput(f"The model {name} cannot be built for inputs {shape}: {_said(error)}.") from error
        if not isinstance(module, nn.Module):
            raise InvalidInput(f"The model {name} builds {module!r}: let `build` return an nn.Module.")
        if any(isinstance(each, nn.parameter.UninitializedParameter) for each in module.parameters()):
            raise InvalidInput(f"The model {name} has lazy layers, whose sizes are not known: give their sizes.")
        try:
            found = module.eval()(torch.zeros(2, *shape))
        except Exception as error:
            raise InvalidInput(f"The model {name} cannot take two inputs {shape}: {_said(error)}.") from error
    if not isinstance(found, Tensor) or found.shape != (2, outputs):
        returned = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        raise InvalidInput(f"The model {name} returns {returned} for two inputs: let it return shape (2, {outputs}).")


def _said(error: Exception) -> str:
    """Return an error in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(" .:")
