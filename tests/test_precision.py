"""Precision: part of the recipe, and in mixed precision only the products of training lose digits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lightning_modules.activations.tanh import Tanh
from lightning_modules.data.digits import Digits
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.stack.carried import carried
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.functional import Functional
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.lower import lower
from lightning_modules.stack.mixed import Mixed
from lightning_modules.training.fit import fit
from tests.test_own_model import Attention, Block

# A number rounded to bfloat16 keeps 8 significant bits.
rounding = 2.0**-9
products = ("mm", "bmm", "addmm", "baddbmm", "convolution")


class Products(TorchDispatchMode):
    """Notes the precisions of the factors of every matrix product."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.dtype] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket.__name__ in products:
            self.seen += [each.dtype for each in tree_leaves(args) if isinstance(each, torch.Tensor)]
        return func(*args, **(kwargs or {}))


def stacks(module: nn.Module, shape: Sequence[int], runs: int, batch: int):
    """A module's weights for several runs, random examples, and all forms that it is stacked in."""
    layout, generator = Layout.of(module), torch.Generator().manual_seed(0)
    weights = layout.row(dict(module.named_parameters())).repeat(runs, 1)
    weights += 0.05 * torch.randn(weights.shape, generator=generator)
    parameters = {**layout.views(weights), **carried([module] * runs, torch.float32)}
    batch_of = (
        torch.randn(runs, batch, *shape, generator=generator),
        torch.randint(10, (runs, batch), generator=generator),
    )
    layers = lower(module, tuple(shape))
    forms = [Functional(module, CrossEntropy())] + ([Chain(layers, CrossEntropy())] if layers else [])
    return layout, weights, parameters, batch_of, forms


# No kinks: rounding moves a few units across them, which changes gradients by much more than it rounds.
modules = {
    "linear": (nn.Sequential(nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 10, bias=False)), (12,), 2),
    "convolution": (
        nn.Sequential(
            nn.Conv2d(2, 4, 3, 2, 1), nn.Tanh(), nn.Conv2d(4, 5, 3, padding=1, bias=False), nn.Tanh(),
            nn.Flatten(), nn.Linear(80, 10),
        ),
        (2, 8, 8),
        3,
    ),
    "convolution by rows": (
        nn.Sequential(
            nn.Conv2d(2, 8, 3, 2, 1), nn.Tanh(), nn.Conv2d(8, 5, 3, padding=1), nn.Tanh(),
            nn.Flatten(), nn.Linear(80, 10),
        ),
        (2, 8, 8),
        3,
    ),
    "normalization": (
        nn.Sequential(nn.BatchNorm1d(12), nn.Linear(12, 9), nn.BatchNorm1d(9), nn.Tanh(), nn.Linear(9, 10)), (12,), 2
    ),
    "attention": (Block(8, 6, 10), (1, 8, 8), 6),
}  # fmt: skip


@pytest.mark.parametrize("name", modules)
def test_products_of_training_are_bfloat16_and_gradients_near_those_of_single_precision(name):
    module, shape, depth = modules[name]
    torch.manual_seed(1)
    layout, weights, parameters, (inputs, targets), forms = stacks(module, shape, runs=3, batch=32)
    for form in forms:
        single, mixed = torch.empty_like(weights), torch.empty_like(weights)
        losses = form.gradient(parameters, layout.views(single), inputs, targets)
        with Products() as observed:
            lowered = Mixed(form, torch.bfloat16).gradient(parameters, layout.views(mixed), inputs, targets)
        assert set(observed.seen) == {torch.bfloat16}
        assert losses.dtype == lowered.dtype == mixed.dtype == torch.float32
        # Two factors and a result are rounded in each product, and a gradient has passed two products a layer.
        bound = 3 * 2 * depth * rounding
        assert 0 < (mixed - single).norm() < bound * single.norm()
        torch.testing.assert_close(lowered, losses, rtol=bound, atol=0)
        with Products() as observed:
            outputs = Mixed(form, torch.bfloat16).forward(parameters, inputs)
        assert set(observed.seen) == {torch.float32}
        assert torch.equal(outputs, form.forward(parameters, inputs))


def runs_of(model, precision, count=4, rate=0.05):
    recipe = Recipe(
        data=Digits(),
        model=model,
        initializer=HeNormal(),
        optimizer=SGD(rate, momentum=0.9),
        schedule=CyclicCosine(2),
        epochs=4,
        precision=precision,
    )
    return [Run(recipe, Seeds.all(seed)) for seed in range(count)]


@pytest.mark.parametrize("model", [MLP((32,), Tanh()), CNN((4,)), Attention()], ids=lambda model: type(model).__name__)
def test_mixed_precision_trains_as_single_precision_does(model):
    single, mixed = fit(runs_of(model, "32-true")), fit(runs_of(model, "bf16-mixed"))
    for full, low in zip(single, mixed, strict=True):
        assert not np.array_equal(full.train_loss, low.train_loss)
        assert low.train_loss[0] == pytest.approx(full.train_loss[0], rel=10 * rounding)
        # Trainings drift apart by more than rounding, but they end alike.
        assert low.validation_loss[-1] == pytest.approx(full.validation_loss[-1], rel=0.1, abs=0.02)
        assert abs(low.validation_score[-1] - full.validation_score[-1]) < 0.03
        assert [each.step for each in low.snapshots] == [each.step for each in full.snapshots]
        for snapshot in low.snapshots:
            kept = [*snapshot.weights.values(), *snapshot.predictions.values()]
            assert {each.dtype for each in kept} == {np.dtype(np.float32)}
        # All digits of the weights are used: no weight was itself rounded to bfloat16.
        weights = torch.from_numpy(np.concatenate([each.ravel() for each in low.snapshots[-1].weights.values()]))
        assert (weights != weights.bfloat16().float()).double().mean() > 0.5


@pytest.mark.parametrize("model", [MLP((17, 16)), CNN((3, 5))], ids=["MLP", "CNN"])
def test_in_mixed_precision_too_a_run_is_the_run_trained_alone(model):
    runs = runs_of(model, "bf16-mixed", count=7)
    alone, among = fit(runs[3:4])[0], fit(runs)[3]
    np.testing.assert_array_equal(alone.train_loss, among.train_loss)
    for name, values in alone.snapshots[-1].weights.items():
        np.testing.assert_array_equal(values, among.snapshots[-1].weights[name])


def test_a_run_that_diverges_in_mixed_precision_leaves_its_neighbours_every_bit():
    runs = runs_of(MLP((16,)), "bf16-mixed")
    wild = replace(runs[1].recipe, optimizer=SGD(1e30, momentum=0.9))
    mixture = fit([runs[0], Run(wild, Seeds.all(1)), *runs[2:]])
    assert mixture[1].diverged_step is not None
    assert mixture[1].snapshots == ()
    for place in (0, 2, 3):
        alone = fit([runs[place]])[0]
        assert mixture[place].diverged_step is None
        np.testing.assert_array_equal(mixture[place].train_loss, alone.train_loss)
        np.testing.assert_array_equal(mixture[place].validation_loss, alone.validation_loss)


@dataclass(frozen=True)
class Watching(Adam):
    """Adam that fails where its products would be lowered."""

    def step(self, weights, gradient, state, rate, numbers):
        assert not torch.is_autocast_enabled("cpu")
        assert {each.dtype for each in (weights, gradient, rate, *state.values())} == {torch.float32}
        super().step(weights, gradient, state, rate, numbers)


def test_the_optimizer_and_validation_keep_single_precision():
    (run,) = runs_of(MLP((8,)), "bf16-mixed", count=1)
    recipe = replace(run.recipe, optimizer=Watching(0.01))
    with Products() as observed:
        fit([Run(recipe, run.seeds)])
    assert set(observed.seen) == {torch.bfloat16, torch.float32}


def test_precision_is_part_of_the_recipe_and_left_out_of_its_hash_where_it_is_single():
    single, double = (runs_of(MLP((8,)), precision, count=1)[0].recipe for precision in ("32-true", "64-true"))
    assert single.hash == replace(double, precision="32-true").hash != double.hash
    assert single.shape != double.shape
    assert Recipe.from_json(double.to_json()) == double
    weights = fit([Run(double, Seeds.all(0))])[0].snapshots[-1].weights
    assert {each.dtype for each in weights.values()} == {np.dtype(np.float64)}
    assert single.hash == "b8416ec96d88"  # as before there was a precision


@pytest.mark.parametrize(
    ("precision", "sentence"),
    [
        ("16-mixed", "gradients of half precision vanish unless .* give bf16-mixed"),
        ("16-true", "gradients of half precision vanish"),
        ("bf16-true", r"The recipe's precision is 'bf16-true': give one of 32-true, 64-true, bf16-mixed\."),
        (32, "The recipe's precision is 32: give one of 32-true"),
        (None, "The recipe's precision is None"),
    ],
)
def test_other_precisions_are_refused(precision, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        runs_of(MLP((8,)), precision, count=1)


def test_an_accelerator_that_is_not_there_is_refused():
    with pytest.raises(InvalidInput, match="The accelerator 'abacus' cannot be used here: give auto or cpu"):
        fit(runs_of(MLP((8,)), "32-true", count=1), accelerator="abacus")
