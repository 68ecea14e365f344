"""The compiled gradient against the chain's and autograd's, where it is taken, and that a run has the same bits."""

import itertools
import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numba.core import caching
from threadpoolctl import ThreadpoolController
from torch import nn

from lightning_modules.activations.tanh import Tanh
from lightning_modules.data.digits import Digits
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.one_hot_squared_error import OneHotSquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.lbfgs import LBFGS
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.stack import compiled, kernels
from lightning_modules.stack.blas_threads import one_blas_thread
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.compiled import Compiled
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.lower import lower
from lightning_modules.stack.stacked import stacked
from lightning_modules.training.fit import fit

recipe = Recipe(data=Digits(), model=MLP((12, 9)), optimizer=SGD(0.05, momentum=0.9), epochs=3)


def network(widths, biased=None, flat=False):
    biased = biased or [True] * (len(widths) - 1)
    layers = [nn.Flatten()] if flat else []
    for (inputs, outputs), bias in zip(itertools.pairwise(widths), biased, strict=True):
        layers += [nn.Linear(inputs, outputs, bias=bias), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def spy(monkeypatch):
    """Count the steps that the compiled code takes."""
    calls, original = [], compiled.mean_and_gradient

    def counted(weights, *others):
        calls.append(len(weights))
        return original(weights, *others)

    monkeypatch.setattr(compiled, "mean_and_gradient", counted)
    return calls


def both(module, loss, shape):
    form = stacked(module, loss, shape)
    assert type(form) is Compiled
    return form, Chain(lower(module, shape), loss)


@settings(max_examples=60)
@given(st.data())
def test_it_is_the_gradient_of_the_chain_and_of_autograd(data):
    draw = data.draw
    widths = draw(st.lists(st.integers(1, 9), min_size=2, max_size=5))
    biased = [draw(st.booleans()) for _ in widths[1:]]
    module, loss = network(widths, biased), CrossEntropy(draw(st.sampled_from([0.0, 0.1, 0.7])))
    runs, batch = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    form, chain, layout = *both(module, loss, (widths[0],)), Layout.of(module)
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    weights = torch.randn(runs, layout.size, generator=generator, dtype=torch.float64)
    inputs = torch.randn(runs, batch, widths[0], generator=generator, dtype=torch.float64)
    targets = torch.randint(widths[-1], (runs, batch), generator=generator)
    found, by_chain = torch.full_like(weights, torch.nan), torch.full_like(weights, torch.nan)
    with pytest.MonkeyPatch.context() as patch:
        calls = spy(patch)
        losses = form.gradient(layout.views(weights), layout.views(found), inputs, targets)
    assert calls == [runs]
    expected = chain.gradient(layout.views(weights), layout.views(by_chain), inputs, targets)
    torch.testing.assert_close(losses, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found, by_chain, rtol=1e-12, atol=1e-12)
    for run in range(runs):
        parameters = {name: value[run].clone().requires_grad_() for name, value in layout.views(weights).items()}
        outputs = torch.func.functional_call(module, parameters, (inputs[run],))
        mean = nn.functional.cross_entropy(outputs, targets[run], label_smoothing=loss.label_smoothing)
        torch.testing.assert_close(losses[run], mean.detach(), rtol=1e-12, atol=1e-12)
        alone = layout.row(dict(zip(parameters, torch.autograd.grad(mean, list(parameters.values())), strict=True)))
        torch.testing.assert_close(found[run], alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("module", "loss", "shape"),
    [
        (network([3, 4, 2]), OneHotSquaredError(), (3,)),
        (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), CrossEntropy(), (3,)),
        (nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), CrossEntropy(), (3,)),
        (nn.Sequential(nn.Linear(3, 4), nn.ReLU()), CrossEntropy(), (3,)),
        (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.1), nn.Linear(4, 2)), CrossEntropy(), (3,)),
        (network([257, 4, 2]), CrossEntropy(), (257,)),
        (network([3, 257, 2]), CrossEntropy(), (3,)),
    ],
    ids=["loss", "activation", "no activation", "ReLU last", "dropout", "many inputs", "many units"],
)
def test_what_it_does_not_compute_is_left_to_the_chain(module, loss, shape):
    assert type(stacked(module, loss, shape)) is Chain
    with pytest.raises(
        InvalidInput, match=r"is not compiled, .*: leave the backend on auto, or give chain or functional"
    ):
        stacked(module, loss, shape, "compiled")


def test_it_is_taken_by_itself_and_when_it_is_asked_for():
    module = network([64, 256, 10], flat=True)
    assert type(stacked(module, CrossEntropy(), (1, 8, 8))) is Compiled
    assert type(stacked(module, CrossEntropy(), (1, 8, 8), "compiled")) is Compiled
    assert type(stacked(module, CrossEntropy(), (1, 8, 8), "chain")) is Chain


@pytest.mark.parametrize("precision", ["32-true", "64-true"])
@pytest.mark.parametrize("runs", [1, 3])
def test_every_step_of_a_training_goes_through_the_compiled_code(monkeypatch, runs, precision):
    calls = spy(monkeypatch)
    results = fit([Run(recipe, Seeds.all(seed)) for seed in range(runs)], precision=precision)
    assert calls == [runs] * len(results[0].train_loss)


@pytest.mark.parametrize("optimizer", [SGD(0.05, momentum=0.9), Adam(0.01), LBFGS()], ids=["SGD", "Adam", "L-BFGS"])
def test_a_run_has_the_same_bits_in_a_stack_of_any_size(monkeypatch, optimizer):
    each = replace(recipe, optimizer=optimizer, loss=CrossEntropy(0.05), epochs=2)
    if isinstance(optimizer, LBFGS):
        each = replace(each, batch_size=2000)
    runs = [Run(each, Seeds(seed, seed % 3, seed % 2)) for seed in range(64)]
    calls = spy(monkeypatch)
    alone = [fit([run])[0] for run in (runs[0], runs[6])]
    for size in (7, 64):
        together = fit(runs[:size])
        for one, other in zip(alone, (together[0], together[6]), strict=True):
            assert np.array_equal(one.train_loss, other.train_loss)
            for name, value in one.snapshots[-1].weights.items():
                assert np.array_equal(value, other.snapshots[-1].weights[name])
    assert calls


def test_it_trains_as_the_chain_does_to_rounding():
    runs = [Run(replace(recipe, optimizer=SGD(rate, momentum=0.9)), Seeds.all(3)) for rate in (0.01, 0.1, 1e200)]
    ours, chains = (fit(runs, precision="64-true", backend=backend) for backend in ("compiled", "chain"))
    for one, other in zip(ours, chains, strict=True):
        np.testing.assert_allclose(one.train_loss, other.train_loss, rtol=1e-9)
        assert one.diverged_step == other.diverged_step
    assert [result.diverged_step is None for result in ours] == [True, True, False]


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("place", [0, 8, 20, 39])
def test_what_is_not_finite_is_seen_in_the_loss_as_the_chain_sees_it(monkeypatch, value, place):
    calls = spy(monkeypatch)
    module = network([3, 4, 4, 2])
    form, chain, layout = *both(module, CrossEntropy(), (3,)), Layout.of(module)
    weights = torch.linspace(-1, 1, layout.size).repeat(2, 1)
    weights[0, place] = value
    inputs, targets = torch.ones(2, 5, 3), torch.zeros(2, 5, dtype=torch.int64)
    ours, theirs = (
        each.gradient(layout.views(weights), layout.views(torch.empty_like(weights)), inputs, targets)
        for each in (form, chain)
    )
    assert ours.isfinite().tolist() == theirs.isfinite().tolist()
    assert ours[1].isfinite()
    assert calls == [2]


@pytest.mark.parametrize("target", [-1, 2, -100])
def test_a_target_that_is_no_class_is_refused(target):
    module = network([3, 4, 2])
    form, layout = stacked(module, CrossEntropy(), (3,)), Layout.of(module)
    weights, targets = torch.zeros(2, layout.size), torch.zeros(2, 5, dtype=torch.int64)
    targets[1, 4] = target
    with pytest.raises(IndexError, match="classes are 0 to 1"):
        form.gradient(layout.views(weights), layout.views(weights.clone()), torch.ones(2, 5, 3), targets)


def test_weights_that_are_no_rows_of_a_matrix_are_left_to_the_chain(monkeypatch):
    module = network([3, 4, 2])
    form, layout = stacked(module, CrossEntropy(), (3,)), Layout.of(module)
    weights, calls = torch.randn(3, layout.size, generator=torch.Generator().manual_seed(0)), spy(monkeypatch)
    inputs, targets = torch.ones(3, 5, 3), torch.zeros(3, 5, dtype=torch.int64)
    expected, found = torch.empty_like(weights), torch.empty_like(weights)
    losses = form.gradient(layout.views(weights), layout.views(expected), inputs, targets)
    apart = {name: value.clone() for name, value in layout.views(weights).items()}
    wider = layout.views(torch.cat([weights, weights], dim=1)[:, : layout.size])
    same = layout.views(weights[:1].expand(3, -1))
    assert len(calls) == 1
    for given_as in (apart, wider):
        torch.testing.assert_close(form.gradient(given_as, layout.views(found), inputs, targets), losses)
        torch.testing.assert_close(found, expected)
    torch.testing.assert_close(form.gradient(same, layout.views(found), inputs, targets), losses[:1].expand(3))
    assert len(calls) == 1


@pytest.mark.parametrize("wrong", ["gradients", "inputs", "targets", "batch", "precision"])
def test_what_does_not_belong_together_never_reaches_the_compiled_code_which_looks_at_no_bounds(monkeypatch, wrong):
    module = network([3, 4, 2])
    form, layout, calls = stacked(module, CrossEntropy(), (3,)), Layout.of(module), spy(monkeypatch)
    weights, fewer = torch.zeros(3, layout.size), 2
    found = torch.zeros(fewer if wrong == "gradients" else 3, layout.size)
    inputs = torch.ones(fewer if wrong == "inputs" else 3, 5, 3, dtype=torch.float64 if wrong == "precision" else None)
    targets = torch.zeros(fewer if wrong == "targets" else 3, 9 if wrong == "batch" else 5, dtype=torch.int64)
    with suppress(RuntimeError):
        form.gradient(layout.views(weights), layout.views(found), inputs, targets)
    assert not calls


def test_inputs_of_another_width_are_an_error():
    module = network([3, 4, 2])
    form, layout = stacked(module, CrossEntropy(), (3,)), Layout.of(module)
    weights, targets = torch.zeros(3, layout.size), torch.zeros(3, 5, dtype=torch.int64)
    with pytest.raises(ValueError, match="incompatible array sizes"):
        form.gradient(layout.views(weights), layout.views(weights.clone()), torch.ones(3, 5, 4), targets)


def test_mixed_precision_is_the_chains(monkeypatch):
    calls = spy(monkeypatch)
    runs = [Run(replace(recipe, epochs=1), Seeds.all(0))]
    mixed = fit(runs, precision="bf16-mixed")
    assert not calls
    assert np.array_equal(mixed[0].train_loss, fit(runs, precision="bf16-mixed", backend="chain")[0].train_loss)
    with pytest.raises(InvalidInput, match="compiled has no mixed precision and no GPU"):
        fit(runs, precision="bf16-mixed", backend="compiled")


def test_another_activation_trains_with_the_chain_and_is_refused_when_compiled_is_asked_for():
    runs = [Run(replace(recipe, model=MLP((4,), Tanh()), epochs=1), Seeds.all(0))]
    assert np.isfinite(fit(runs)[0].train_loss).all()
    with pytest.raises(InvalidInput, match="not compiled"):
        fit(runs, backend="compiled")


def blas_threads():
    return {each["filepath"]: each["num_threads"] for each in ThreadpoolController().select(user_api="blas").info()}


@pytest.fixture
def two_blas_threads():
    with ThreadpoolController().select(user_api="blas").limit(limits=2):
        yield blas_threads()


def test_its_products_run_on_one_thread_and_others_get_theirs_back(two_blas_threads):
    first, second = one_blas_thread(), one_blas_thread()
    with ExitStack() as outer:
        outer.enter_context(first)
        with ExitStack() as inner:
            inner.enter_context(second)
            # As where two fits overlap: who began first ends first.
            outer.close()
            assert set(blas_threads().values()) == {1}
    assert blas_threads() == two_blas_threads


def test_a_training_limits_the_threads_of_its_products(two_blas_threads):
    seen = []

    class Look(pl.Callback):
        def on_train_epoch_end(self, *_):
            seen.append(set(blas_threads().values()))

    fit([Run(replace(recipe, epochs=1), Seeds.all(0))], callbacks=[Look()])
    assert seen == [{1}]
    assert blas_threads() == two_blas_threads


def test_what_was_compiled_ahead_is_what_a_training_calls():
    kernels.warm_up()
    known = list(kernels.mean_and_gradient.signatures)
    for smoothing in (0, 0.1):
        fit([Run(replace(recipe, loss=CrossEntropy(smoothing), epochs=1), Seeds.all(seed)) for seed in range(2)])
    assert kernels.mean_and_gradient.signatures == known


@pytest.mark.parametrize("left", [b"", b"\x80\x05half"], ids=["nothing", "a part"])
def test_what_a_power_cut_left_of_the_compiled_code_is_compiled_again(tmp_path, left):
    program = (
        "from lightning_modules.stack import kernels; kernels.warm_up()\n"
        "print(len(kernels.mean_and_gradient.signatures), sum(kernels.mean_and_gradient.stats.cache_hits.values()))"
    )

    def run():
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()

    assert run() == ["1", "0"]
    assert run() == ["1", "1"]
    damaged = sorted(tmp_path.rglob("kernels.*.nbi"))
    assert damaged
    for file in damaged:
        file.write_bytes(left)
    assert run() == ["1", "0"]
    assert run() == ["1", "1"]


def test_without_a_place_for_its_cache_it_is_compiled_in_every_process(monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    with pytest.raises(RuntimeError, match="no locator available"):
        njit(cache=True)(lambda x: x)
    assert kernels._compiled(lambda x: x + 1)(1) == 2


@pytest.mark.parametrize("batch", [64, 65, 5_000, 50_000])
def test_many_examples_are_summed_without_losing_digits(batch):
    module = network([3, 4, 2])
    form, layout = stacked(module, CrossEntropy(), (3,)), Layout.of(module)
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(2, layout.size, generator=generator)
    inputs = torch.randn(2, batch, 3, generator=generator)
    targets = torch.randint(2, (2, batch), generator=generator)
    found, exact = torch.empty(2, layout.size), torch.empty(2, layout.size, dtype=torch.float64)
    form.gradient(layout.views(weights), layout.views(found), inputs, targets)
    form.gradient(layout.views(weights.double()), layout.views(exact), inputs.double(), targets)
    for name in ("0.bias", "2.bias"):
        true = layout.views(exact)[name]
        # One after another they would be wrong by 6.7e-7 at least of the largest, of 5,000 examples or more.
        assert (layout.views(found)[name].double() - true).abs().max() < 3e-7 * true.abs().max()
