"""The fused layers of HFTA as a peer: its own layers, torch's SGD (HFTA has none), a hand-written loop.

References:
    | Horizontally Fused Training Array (Wang et al., 2021)
    | https://arxiv.org/abs/2102.02344, https://github.com/UofT-EcoSystem/hfta
"""

import sys
import time
from pathlib import Path

import torch
from peers import tensors
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lightning_modules.recipe import Recipe

__all__ = ["hfta_rate", "is_installed"]

_checkout = Path(__file__).parents[2] / ".hfta"


def is_installed() -> bool:
    """Whether its repository was cloned to `.hfta`."""
    return (_checkout / "hfta/ops").is_dir()


def hfta_rate(recipe: Recipe, runs: int, epochs: int) -> float:
    """Return the member-epochs per second of a fused array of `runs` members, its first step excluded."""
    (inputs, targets), _ = tensors(recipe)
    module = _Fused(recipe, tuple(inputs.shape[1:]), int(targets.max()) + 1, runs)
    optimizer = torch.optim.SGD(
        module.parameters(), lr=recipe.optimizer.learning_rate, momentum=recipe.optimizer.momentum
    )

    def step(rows: Tensor) -> None:
        optimizer.zero_grad()
        logits = module(inputs[rows])
        # The sum over members of the means over examples: no member's gradient depends on how many there are.
        (cross_entropy(logits.flatten(0, 1), targets[rows].flatten()) * runs).backward()
        optimizer.step()

    step(torch.arange(recipe.batch_size).expand(runs, -1))
    start = time.perf_counter()
    for _ in range(epochs):
        orders = torch.stack([torch.randperm(len(inputs)) for _ in range(runs)])
        for rows in orders.split(recipe.batch_size, dim=1):
            step(rows)
    return runs * epochs / (time.perf_counter() - start)


class _Fused(nn.Module):
    """The recipe's network of HFTA's layers: linear ones take (members, batch, …), the others (batch, members, …)."""

    def __init__(self, recipe: Recipe, shape: tuple[int, ...], outputs: int, runs: int) -> None:
        super().__init__()
        if str(_checkout) not in sys.path:
            sys.path.append(str(_checkout))
        from hfta.ops import get_hfta_op_for

        model = recipe.model.build(shape, outputs)
        images, rest = [], []
        for layer in model:
            if isinstance(layer, nn.Linear):
                rest.append(get_hfta_op_for(nn.Linear, B=runs)(layer.in_features, layer.out_features))
            elif isinstance(layer, nn.Conv2d):
                convolution = get_hfta_op_for(nn.Conv2d, B=runs)
                images.append(convolution(layer.in_channels, layer.out_channels, 3, padding=1))
            elif isinstance(layer, nn.MaxPool2d):
                images.append(get_hfta_op_for(nn.MaxPool2d, B=runs)(layer.kernel_size))
            elif isinstance(layer, nn.ReLU):
                (rest if rest else images).append(nn.ReLU())
        self.images, self.rest = nn.Sequential(*images), nn.Sequential(*rest)

    def forward(self, x: Tensor) -> Tensor:
        if len(self.images):
            x = self.images(x.transpose(0, 1).contiguous()).transpose(0, 1)
        return self.rest(x.flatten(2).contiguous())
