"""The general path: any module, by `torch.func`."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss
from lightning_modules.stack.dropout import Dropping
from lightning_modules.stack.stacked import Parameters, Stacked

__all__ = ["Functional"]

Tensors = dict[str, Tensor]


class Functional(Stacked):
    """Maps a module over weight sets by ``vmap``: slower than a chain of batched layers, but knows every module."""

    def __init__(self, module: nn.Module, loss: Loss) -> None:
        # Two of them: changing one to and fro between training and evaluation in every step would cost more.
        self._training, self._evaluating = copy.deepcopy(module).train(), copy.deepcopy(module).eval()
        self._trained = [name for name, parameter in module.named_parameters() if parameter.requires_grad]
        self._loss = loss
        self._gradient = _mapped(grad_and_value(self._mean_loss, has_aux=True), in_dims=0)
        self._train = _mapped(self._call_in_training, in_dims=0)
        self._own_inputs = _mapped(self._call, in_dims=0)
        self._shared_inputs = _mapped(self._call, in_dims=(0, None))

    def forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        outputs: Tensor = (
            self._shared_inputs(dict(parameters), inputs[0])
            if len(inputs) == 1
            else self._own_inputs(dict(parameters), inputs)
        )
        return outputs

    def training_forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        runs = len(next(iter(parameters.values())))
        trained, others = self._divided(parameters)
        outputs: Tensor
        outputs, updated = self._train(trained, others, inputs.expand(runs, *inputs.shape[1:]), ())
        _overwrite(others, updated)
        return outputs

    def gradient(
        self,
        parameters: Parameters,
        gradients: Parameters,
        inputs: Tensor,
        targets: Tensor,
        masks: Sequence[Tensor] = (),
    ) -> Tensor:
        trained, others = self._divided(parameters)
        losses: Tensor
        computed, (losses, updated) = self._gradient(trained, others, inputs, targets, tuple(masks))
        for name, value in computed.items():
            gradients[name].copy_(value)
        _overwrite(others, updated)
        return losses

    def _divided(self, parameters: Parameters) -> tuple[Tensors, Tensors]:
        """Return what is trained, and what is carried beside it."""
        trained = {name: parameters[name] for name in self._trained}
        return trained, {name: value for name, value in parameters.items() if name not in trained}

    def _call(self, parameters: Tensors, inputs: Tensor) -> Tensor:
        # In the mode as well, although nothing is dropped: attention then keeps off a shortcut that vmap does not know.
        with Dropping.of(()):
            outputs: Tensor = functional_call(self._evaluating, parameters, (inputs,))
        return outputs

    def _call_in_training(
        self, trained: Tensors, others: Tensors, inputs: Tensor, masks: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensors]:
        """Return one run's outputs and what it carries after them."""
        # A transformed function must not write to its arguments.
        others = {name: value.clone() for name, value in others.items()}
        with Dropping.of(masks):
            outputs: Tensor = functional_call(self._training, trained | others, (inputs,))
        return outputs, others

    def _mean_loss(
        self, trained: Tensors, others: Tensors, inputs: Tensor, targets: Tensor, masks: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensors]:
        outputs, others = self._call_in_training(trained, others, inputs, masks)
        # Under autocast outputs have few digits; losses and all that follows have those of the weights.
        outputs = outputs.to(next(iter(trained.values())).dtype)
        return self._loss.values(outputs, targets).mean(), others


def _mapped(function: Callable[..., Any], in_dims: Any) -> Callable[..., Any]:
    """Return a function mapped over the runs, which says clearly what a stack cannot follow."""
    mapped = vmap(function, in_dims=in_dims)

    def call(*arguments: Any) -> Any:
        try:
            return mapped(*arguments)
        except RuntimeError as error:
            if "called random operation" in str(error):
                raise InvalidInput(
                    "The model draws random numbers other than by dropout, which a stack cannot repeat for each run:"
                    " use nn.Dropout, or leave them out."
                ) from error
            raise

    return call


def _overwrite(kept: Mapping[str, Tensor], updated: Mapping[str, Tensor]) -> None:
    for name, value in updated.items():
        kept[name].copy_(value)
