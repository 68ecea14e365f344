"""Every schedule keeps the contract; each known one equals its formula and torch's own."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts

from lightning_modules.errors import InvalidInput
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.schedules.schedule import Schedule
from tests.conftest import components, instances

found = components("lightning_modules.schedules", Schedule)


def test_the_search_finds_the_schedules():
    assert {Constant, Cosine, CyclicCosine} <= set(found)


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), epochs=st.integers(1, 60), steps_per_epoch=st.integers(1, 40))
def test_contract(cls, data, epochs, steps_per_epoch):
    schedule, steps = data.draw(instances(cls)), epochs * steps_per_epoch
    try:
        schedule.check(epochs)
    except InvalidInput:
        assume(False)
    multipliers = schedule.multipliers(steps)
    assert multipliers.shape == (steps,)
    assert multipliers.dtype == np.float64
    assert ((multipliers >= 0) & (multipliers <= 1)).all()
    np.testing.assert_array_equal(multipliers, schedule.multipliers(steps))
    ends = schedule.cycle_ends(steps)
    assert ends[-1] == steps
    assert ends[0] > 0
    assert all(first < second for first, second in itertools.pairwise(ends))
    assert all(isinstance(end, int) for end in ends)


def torch_rates(make, steps):
    """The rates that a torch scheduler stepped after every iteration gives, for the rate 1."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@given(steps=st.integers(1, 300))
def test_constant(steps):
    np.testing.assert_array_equal(Constant().multipliers(steps), [1.0] * steps)
    assert Constant().cycle_ends(steps) == (steps,)


@given(steps=st.integers(1, 200))
def test_cosine_equals_torch(steps):
    rates = torch_rates(lambda optimizer: CosineAnnealingLR(optimizer, T_max=steps), steps)
    np.testing.assert_allclose(Cosine().multipliers(steps), rates, rtol=0, atol=1e-12)


@given(cycles=st.integers(1, 8), length=st.integers(1, 30))
def test_cyclic_cosine_equals_torch_where_cycles_divide_the_steps(cycles, length):
    steps = cycles * length
    rates = torch_rates(lambda optimizer: CosineAnnealingWarmRestarts(optimizer, T_0=length), steps)
    np.testing.assert_allclose(CyclicCosine(cycles).multipliers(steps), rates, rtol=0, atol=1e-12)
    assert CyclicCosine(cycles).cycle_ends(steps) == tuple(range(length, steps + 1, length))


@given(cycles=st.integers(1, 20), more=st.integers(0, 400))
def test_cyclic_cosine_has_exact_boundaries_for_any_number_of_steps(cycles, more):
    steps = cycles + more
    schedule = CyclicCosine(cycles)
    ends, multipliers = schedule.cycle_ends(steps), schedule.multipliers(steps)
    assert len(ends) == cycles
    starts = (0, *ends[:-1])
    for k, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        assert abs(end - k * steps / cycles) <= 0.5
        assert multipliers[start] == 1.0
        cycle = multipliers[start:end]
        assert int(cycle.argmin()) == len(cycle) - 1
        assert (np.diff(cycle) < 0).all()
        # The bottom of a cycle is one step from zero.
        assert cycle[-1] == pytest.approx((1 - np.cos(np.pi / len(cycle))) / 2, abs=1e-12)
    lengths = np.diff((0, *ends))
    assert lengths.max() - lengths.min() <= 1


def test_ties_are_rounded_up():
    assert CyclicCosine(2).cycle_ends(5) == (3, 5)
    assert CyclicCosine(4).cycle_ends(10) == (3, 5, 8, 10)
    assert CyclicCosine(5).cycle_ends(85) == (17, 34, 51, 68, 85)


@given(cycles=st.integers(2, 50), epochs=st.integers(1, 49))
def test_more_cycles_than_epochs_are_refused(cycles, epochs):
    if cycles <= epochs:
        CyclicCosine(cycles).check(epochs)
    else:
        with pytest.raises(InvalidInput, match=f"{cycles} cycles do not fit into {epochs} epochs"):
            CyclicCosine(cycles).check(epochs)


@pytest.mark.parametrize("cycles", [0, -1, 2.0, "3", True, None])
def test_cycles_that_are_no_count_are_refused(cycles):
    with pytest.raises(InvalidInput, match="cycles"):
        CyclicCosine(cycles)
