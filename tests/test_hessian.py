"""The Hessian of a stack against torch's own of one function, and against differences of gradients."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.stack import hessian as hessian_module
from lightning_modules.stack.hessian import Hessian
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.lower import lower

double = torch.float64

modules = {
    "MLP": ((3,), lambda: nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4))),
    "CNN": (
        (2, 6, 6),
        lambda: nn.Sequential(nn.Conv2d(2, 2, 3), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)),
    ),
    "own": (
        (4,),
        lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.SiLU(), nn.Linear(4, 3)),
    ),
}


def made(name):
    shape, make = modules[name]
    module, generator = make(), torch.Generator().manual_seed(0)
    weights = torch.randn(3, Layout.of(module).size, generator=generator, dtype=double) / 2
    inputs = torch.randn(3, 11, *shape, generator=generator, dtype=double)
    return module, weights, inputs, torch.randint(0, 3, (3, 11), generator=generator)


@pytest.mark.parametrize("name", modules)
@pytest.mark.parametrize("at_once", [1, 7, 10**6])
def test_the_hessian_equals_autograd_and_finite_differences(name, at_once, monkeypatch):
    module, weights, inputs, targets = made(name)
    layout, loss = Layout.of(module), CrossEntropy()
    assert (lower(module, tuple(inputs.shape[2:])) is None) == (name == "own")

    def mean_loss(row, run):
        parameters = {name: value[0] for name, value in layout.views(row[None]).items()}
        return nn.functional.cross_entropy(functional_call(module, parameters, (inputs[run],)), targets[run])

    monkeypatch.setattr(hessian_module, "_working_bytes", at_once)
    monkeypatch.setattr(hessian_module, "working_set", lambda *_: 1)
    with torch.no_grad():  # as training calls it
        result = Hessian(module, loss).of(weights, {}, inputs, targets)
    assert result.shape == (3, layout.size, layout.size)
    for run in range(3):
        expected = torch.autograd.functional.hessian(lambda row, run=run: mean_loss(row, run), weights[run])
        torch.testing.assert_close(result[run], expected, rtol=0, atol=1e-13)
        row = weights[run].clone().requires_grad_()
        direction = torch.sin(torch.arange(layout.size, dtype=double))
        ends = [torch.autograd.grad(mean_loss(row + width * direction, run), row)[0] for width in (1e-5, -1e-5)]
        torch.testing.assert_close(result[run] @ direction, (ends[0] - ends[1]) / 2e-5, rtol=0, atol=1e-8)
