"""The stacked form of ``nn.BatchNorm1d`` and ``nn.BatchNorm2d`` with running statistics."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["BatchNorm"]


class BatchNorm(Layer):
    """``y = γ (x − μ) / √(σ² + ε) + β`` by channel, each run with its own statistics.

    In training μ and σ² are those of the batch, and the running ones follow by
    ``r ← (1 − m) r + m s`` with the unbiased variance, as in torch; in
    evaluation they are the running ones.

    Arguments:
        prefix: of the names of γ (weight), β (bias) and the running statistics.
        affine: names of γ and β, or none.
        epsilon: ε.
        momentum: m, what a batch weighs in the running statistics.

    References:
        | Batch normalization: accelerating deep network training (Ioffe and Szegedy, 2015)
        | https://arxiv.org/abs/1502.03167
    """

    def __init__(self, prefix: str, affine: tuple[str, ...], epsilon: float, momentum: float) -> None:
        self._prefix, self._epsilon, self._momentum = prefix, epsilon, momentum
        self.parameters = affine
        # What the last forward and backward passes found, each (runs, channels): 1 / σ is `_inverse`.
        self._mean = self._inverse = self._scale = self._shift = torch.empty(0)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        mean, variance = (parameters[f"{self._prefix}running_{name}"] for name in ("mean", "var"))
        return self._normalized(parameters, x.expand(len(mean), *x.shape[1:]), mean, self._inverted(variance))

    def training_forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        count = flat.shape[2]
        variance, mean = torch.var_mean(flat, dim=2, correction=0)
        running = [parameters[f"{self._prefix}running_{name}"] for name in ("mean", "var")]
        for old, new in zip(running, (mean, variance * (count / (count - 1))), strict=True):
            old.lerp_(new, self._momentum)
        parameters[f"{self._prefix}num_batches_tracked"].add_(1)
        self._mean, self._inverse = mean, self._inverted(variance)
        return self._normalized(parameters, x, mean, self._inverse)

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        flat = upstream.flatten(2)
        products = (x.flatten(2) - self._mean.unsqueeze(2)).mul_(flat)
        self._scale, self._shift = products.sum(dim=2).mul_(self._inverse), flat.sum(dim=2)
        for name, value in zip(self.parameters, (self._scale, self._shift), strict=False):
            gradients[name].copy_(value)

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        # The batch's own statistics depend on every input: γ/σ (g − mean g − x̂ · mean(g x̂)), sorted by g, x and 1.
        count = x[0, 0].numel()
        slope = self._inverse
        if self.parameters:
            slope = slope * parameters[self.parameters[0]]
        of_x = -slope * self._inverse * self._scale / count
        constant = -slope * self._shift / count - of_x * self._mean
        gradient = torch.addcmul(constant.unsqueeze(2), x.flatten(2), of_x.unsqueeze(2))
        return gradient.addcmul_(upstream.flatten(2), slope.unsqueeze(2)).view(x.shape)

    def _inverted(self, variance: Tensor) -> Tensor:
        return (variance + self._epsilon).rsqrt_()

    def _normalized(self, parameters: Parameters, x: Tensor, mean: Tensor, inverse: Tensor) -> Tensor:
        scale, shift = inverse, -mean * inverse
        if self.parameters:
            weight, bias = (parameters[name] for name in self.parameters)
            scale, shift = scale * weight, shift * weight + bias
        return torch.addcmul(shift.unsqueeze(2), x.flatten(2), scale.unsqueeze(2)).view(x.shape)
