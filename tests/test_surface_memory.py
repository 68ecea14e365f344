"""A surface keeps to the memory that it is given: by counts of what is made at once, and by what a process takes."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import grad, jacrev, vmap

from analysis.critical.gradient_field import GradientField
from analysis.curvature.gauss_newton import Fisher, GaussNewton
from analysis.curvature.hessian import Hessian
from analysis.given_loss import as_loss
from analysis.many_points import Span
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.stack.live_bytes import LiveBytes

repository = Path(__file__).parent.parent
double, mega = torch.float64, 2**20

modules = {
    "mlp": lambda: nn.Sequential(nn.Linear(20, 60), nn.ReLU(), nn.Linear(60, 60), nn.Tanh(), nn.Linear(60, 10)),
    "cnn": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 4, 5)), nn.Conv2d(1, 8, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(160, 10)
    ),
}


def problem(name, memory, dtype=double):
    torch.manual_seed(0)
    module, inputs = modules[name]().to(dtype), torch.randn(1500, 20, dtype=dtype)
    surface = Surface(module, CrossEntropy(), inputs, torch.arange(1500) % 10, memory=memory)
    return surface, 0.1 * torch.randn(surface.layout.size, dtype=dtype)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)


@pytest.mark.parametrize("dtype", [torch.float32, double], ids=str)
@pytest.mark.parametrize("name", modules)
@pytest.mark.parametrize("memory", [mega, 2 * mega])
def test_what_is_alive_at_a_time_fits_into_the_memory(name, memory, dtype):
    surface, point = problem(name, memory, dtype)
    assert len(surface.blocks) > 1
    basis, vector = torch.randn(2, len(point), dtype=dtype), torch.randn(len(point), dtype=dtype)
    row = point.clone().requires_grad_()
    points, span = torch.zeros(32, 2, dtype=dtype), Span(point, basis)

    def evaluate():
        sums = torch.zeros(2, 32, dtype=double)
        for each in zip(*(values.split(surface._points.at_once.points) for values in (points, *sums)), strict=True):
            surface._points.add(span, "frozen", surface._points.fronts(span, "frozen"), *each)

    evaluate()
    for work in (
        evaluate,
        lambda: torch.autograd.grad(surface.mean_loss(row), row),
        lambda: Hessian(surface, point).product(vector),
        lambda: GaussNewton(surface, point).product(vector),
        lambda: Fisher(surface, point).product(vector),
    ):
        with LiveBytes() as live:
            work()
        assert live.peak <= memory, work


@pytest.mark.parametrize("dtype", [torch.float32, double], ids=str)
@pytest.mark.parametrize(
    "given", [HeteroscedasticGaussianNLL(), nn.CrossEntropyLoss()], ids=lambda each: type(each).__name__
)
def test_a_loss_of_many_outputs_that_autograd_differentiates_counts(given, dtype):
    torch.manual_seed(0)
    module, inputs = nn.Sequential(nn.Linear(20, 10), nn.Tanh(), nn.Linear(10, 60)).to(dtype), torch.randn(1500, 20)
    regression = isinstance(given, HeteroscedasticGaussianNLL)
    targets = torch.randn(1500, 30, dtype=dtype) if regression else torch.arange(1500) % 60
    surface = Surface(module, as_loss(given, dtype), inputs.to(dtype), targets, memory=mega)
    point = 0.1 * torch.randn(surface.layout.size, dtype=dtype)
    with LiveBytes() as live:
        Hessian(surface, point).product(point)
    assert live.peak <= mega


@pytest.mark.parametrize("name", modules)
def test_the_loss_and_its_derivatives_are_the_same_block_by_block(name):
    whole, point = problem(name, 2**32)
    blocks, _ = problem(name, mega)
    assert len(whole.blocks) == 1 < len(blocks.blocks)
    found = []
    for surface in (whole, blocks):
        row = point.clone().requires_grad_()
        loss = surface.mean_loss(row)
        (gradient,) = torch.autograd.grad(loss, row)
        hessian = Hessian(surface, point)
        vectors = torch.randn(2, len(point), dtype=double, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(hessian.gradient.detach(), gradient, rtol=1e-10, atol=1e-14)
        torch.testing.assert_close(hessian.loss.detach(), loss.detach(), rtol=1e-12, atol=0)
        others = [kind(surface, point).products(vectors) for kind in (GaussNewton, Fisher)]
        found.append((loss.detach(), gradient, hessian.products(vectors), surface.mean_loss(point), *others))
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(second, first, rtol=1e-9, atol=1e-13)


def of_vmap(surface, rows):
    leaf = rows.clone().requires_grad_()
    (found,) = torch.autograd.grad(vmap(surface.mean_loss)(leaf).sum(), leaf)
    return found


transforms = {
    "vmap": lambda surface, rows: vmap(surface.mean_loss)(rows),
    "grad": lambda surface, rows: vmap(grad(surface.mean_loss))(rows),
    "jacrev of grad": lambda surface, rows: vmap(jacrev(grad(surface.mean_loss)))(rows),
    "autograd of vmap": of_vmap,
    "products": lambda surface, rows: GradientField(surface).at(rows).products(rows.flip(0)),
}


@pytest.mark.parametrize("transform", transforms)
def test_the_mean_loss_of_blocks_is_one_for_transforms_too(transform):
    torch.manual_seed(0)
    module, inputs = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double(), torch.randn(60, 5).double()
    whole, blocks = (Surface(module, CrossEntropy(), inputs, torch.arange(60) % 3, memory=each) for each in (2**32, 1))
    assert len(whole.blocks) == 1 < len(blocks.blocks)
    rows = torch.randn(3, whole.layout.size, dtype=double)
    first, second = (transforms[transform](each, rows) for each in (whole, blocks))
    torch.testing.assert_close(second, first, rtol=1e-9, atol=1e-13)


def test_fewer_points_and_then_fewer_examples_are_evaluated_at_once_in_less_memory():
    sizes = [problem("mlp", memory)[0]._points.at_once for memory in (2**32, 16 * mega, mega, 10_000, 1)]
    for first, second in pairwise(sizes):
        assert second.points <= first.points
        assert second.examples <= first.examples
        assert second.recorded <= first.recorded
    assert sizes[0].examples == 250  # of 1,500, in blocks of equal size
    assert sizes[0].recorded == 1500
    assert (sizes[-1].points, sizes[-1].examples, sizes[-1].recorded) == (1, 1, 1)


@pytest.mark.parametrize("memory", [0, -1, 1.5, "1 GB"])
def test_what_is_no_memory_is_refused(memory):
    with pytest.raises(InvalidInput, match="memory in bytes"):
        problem("mlp", memory)


def test_a_process_takes_no_more_for_many_points_than_for_few():
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    cases = [(12 * mega, 20), (12 * mega, 150)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.surface_memory"],
        input=json.dumps(cases),
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    few, many = (int(line) for line in done.stdout.splitlines())
    # All weights of 150 points at once would take 28 MB.
    assert np.max([few, many]) < 12 * mega, (few, many)
