"""Batch normalization in the stack: each run's own statistics, in training, in evaluation and estimated anew."""

import copy
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim.swa_utils import update_bn

from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.model import Model
from lightning_modules.stack.carried import carried
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.functional import Functional
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.lower import lower
from lightning_modules.stack.reestimated import reestimated
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop, worst
from tests.test_own_model import runs_of


def images(affine=True, momentum=0.1):
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.BatchNorm2d(3, affine=affine, momentum=momentum),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(12, 5),
        nn.BatchNorm1d(5, momentum=0.3),
        nn.Tanh(),
        nn.Linear(5, 3),
    )


def stack_of(count, **settings):
    """Modules whose running statistics differ, and their parameters and buffers together."""
    modules = []
    for seed in range(count):
        torch.manual_seed(seed)
        modules.append(images(**settings).double())
        for layer in modules[-1]:
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.running_mean.normal_()
                layer.running_var.uniform_(0.5, 2)
                for parameter in layer.parameters():
                    nn.init.normal_(parameter)
    layout = Layout.of(modules[0])
    weights = torch.stack([layout.row(dict(module.named_parameters())) for module in modules])
    return modules, layout, layout.views(weights) | carried(modules, torch.float64)


@pytest.mark.parametrize("path", ["chain", "functional"])
@given(data=st.data())
def test_gradients_outputs_and_statistics_equal_those_of_each_module_alone(path, data):
    count, batch = data.draw(st.integers(1, 3)), data.draw(st.integers(2, 6))
    modules, layout, parameters = stack_of(
        count, affine=data.draw(st.booleans()), momentum=data.draw(st.floats(0.01, 1))
    )
    generator = torch.Generator().manual_seed(batch)
    inputs = torch.randn(count, batch, 1, 4, 4, generator=generator, dtype=torch.float64) * 3 + 1
    targets = torch.randint(3, (count, batch), generator=generator)
    chain = lower(modules[0], (1, 4, 4))
    stack = Chain(chain, CrossEntropy()) if path == "chain" else Functional(modules[0], CrossEntropy())
    gradient = torch.empty(count, layout.size, dtype=torch.float64)
    losses = stack.gradient(parameters, layout.views(gradient), inputs, targets)
    after = stack.forward(parameters, inputs[:1])
    for run, module in enumerate(modules):
        loss = nn.functional.cross_entropy(module.train()(inputs[run]), targets[run])
        loss.backward()
        alone = layout.row({name: each.grad for name, each in module.named_parameters()})
        torch.testing.assert_close(losses[run], loss.detach(), rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(gradient[run], alone, rtol=1e-9, atol=1e-9)
        for name, value in module.named_buffers():
            torch.testing.assert_close(parameters[name][run], value, rtol=1e-12, atol=1e-12, check_dtype=False)
        with torch.no_grad():
            torch.testing.assert_close(after[run], module.eval()(inputs[0]), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("path", ["chain", "functional"])
def test_reestimated_statistics_equal_torchs_update_bn(path):
    modules, _, parameters = stack_of(3)
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randn(size, 1, 4, 4, generator=generator, dtype=torch.float64) for size in (8, 8, 3)]
    chain = lower(modules[0], (1, 4, 4))
    stack = Chain(chain, CrossEntropy()) if path == "chain" else Functional(modules[0], CrossEntropy())
    before = {name: value.clone() for name, value in parameters.items()}
    found = reestimated(modules[0], stack, parameters, [batch[None] for batch in batches])
    for name, value in before.items():
        assert torch.equal(parameters[name], value)
    for run, module in enumerate(modules):
        own = copy.deepcopy(module)
        update_bn(batches, own)
        for name, value in [*own.named_parameters(), *own.named_buffers()]:
            if not name.endswith("tracked"):
                torch.testing.assert_close(found[name][run], value.detach(), rtol=1e-12, atol=1e-12)


@dataclass(frozen=True)
class Normalized(Model):
    """Convolutions with batch normalization and dropout, on the fast path."""

    rate: float = 0.0

    def build(self, shape, outputs):
        layers = [nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
        return nn.Sequential(*layers, nn.Dropout(self.rate), nn.Linear(64, outputs))

    @property
    def graph(self):
        return replace(self, rate=0.5)


@pytest.mark.parametrize("count", [1, 7])
def test_a_network_with_batch_normalization_and_dropout_equals_a_plain_loop(count):
    runs = runs_of(Normalized(0.3), count)
    assert lower(Normalized(0.3).build((1, 8, 8), 10), (1, 8, 8)) is not None
    for run, result in zip(runs, fit(runs, precision="64-true"), strict=True):
        plain, last = plain_loop(run), result.snapshots[-1]
        assert worst(last.weights, plain.weights[last.step]) < 1e-9
        np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-9)


@pytest.mark.parametrize("count", [2, 7, 64])
def test_single_precision_bits_do_not_depend_on_the_stack(count):
    runs = [
        replace(run, recipe=replace(run.recipe, model=Normalized([0.1, 0.5][index % 2]), epochs=5, batch_size=300))
        for index, run in enumerate(runs_of(Normalized(), count))
    ]
    assert len({run.recipe.shape for run in runs}) == 1
    place = count - 1
    among, alone = fit(runs)[place], fit([runs[place]])[0]
    assert np.array_equal(among.train_loss, alone.train_loss)
    assert np.array_equal(among.validation_loss, alone.validation_loss)
    for name, value in among.snapshots[-1].weights.items():
        assert np.array_equal(value, alone.snapshots[-1].weights[name]), name
