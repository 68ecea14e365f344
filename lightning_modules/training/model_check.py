"""A model that a recipe cannot use is one sentence instead of an error from deep within."""

import torch
from torch import Tensor, nn

from lightning_modules.errors import InvalidInput
from lightning_modules.models.model import Model
from lightning_modules.training.out_of_memory import is_out_of_memory

__all__ = ["check_outputs", "unusable"]


def check_outputs(model: Model, module: nn.Module, shape: tuple[int, ...], outputs: int) -> None:
    """Refuse a module that does not take a batch, or does not return what the loss needs, tried on two examples.

    Arguments:
        model: that built it.
        module: with the loss's head; its mode stays as it is.
        shape: of one example.
        outputs: that the loss needs.

    Raises:
        InvalidInput: if it cannot be called, or returns another shape than (2, outputs).
    """
    training = module.training
    try:
        with torch.no_grad():
            found = module.eval()(torch.zeros(2, *shape))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise unusable(model, shape, error) from error
    finally:
        module.train(training)
    if not isinstance(found, Tensor) or found.shape != (2, outputs):
        returned = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        raise InvalidInput(
            f"The model {type(model).__name__} returns {returned} for two examples: let it return shape (2, {outputs})."
        )


def unusable(model: Model, shape: tuple[int, ...], error: Exception) -> InvalidInput:
    """Return the sentence for a model that cannot be built or called for examples of a shape."""
    said = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(" .:")
    return InvalidInput(f"The model {type(model).__name__} cannot be used for examples of shape {shape}: {said}.")
