"""The general path: any module, by `torch.func`."""

from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

from lightning_modules.losses.loss import Loss
from lightning_modules.stack.stacked import Parameters, Stacked

__all__ = ["Functional"]


class Functional(Stacked):
    """Maps a module over weight sets by ``vmap``: slower than a chain of batched layers, but knows every module."""

    def __init__(self, module: nn.Module, loss: Loss) -> None:
        self._module, self._loss = module, loss
        self._gradient = vmap(grad_and_value(self._mean_loss))
        self._own_inputs = vmap(self._call)
        self._shared_inputs = vmap(self._call, in_dims=(0, None))

    def forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        outputs: Tensor = (
            self._shared_inputs(dict(parameters), inputs[0])
            if len(inputs) == 1
            else self._own_inputs(dict(parameters), inputs)
        )
        return outputs

    def gradient(self, parameters: Parameters, gradients: Parameters, inputs: Tensor, targets: Tensor) -> Tensor:
        losses: Tensor
        computed, losses = self._gradient(dict(parameters), inputs, targets)
        for name, value in computed.items():
            gradients[name].copy_(value)
        return losses

    def _call(self, parameters: dict[str, Tensor], inputs: Tensor) -> Tensor:
        outputs: Tensor = functional_call(self._module, parameters, (inputs,))
        return outputs

    def _mean_loss(self, parameters: dict[str, Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        return self._loss.values(self._call(parameters, inputs), targets).mean()
