"""Packing loses no run, mixes no shapes, and fills the workers."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.stack.working_set import working_set
from lightning_modules.training.memory import stack_memory, step_bytes
from sweeps.executors.placement import Placement
from sweeps.packing import pack, stack_size


def recipe(model=MLP((8,)), data=Moons(), schedule=Constant(), rate=0.1, **changes):  # noqa: B008
    return Recipe(
        data=data, model=model, initializer=HeNormal(), optimizer=SGD(rate, **changes), schedule=schedule, epochs=2
    )


kinds = [
    recipe(),
    recipe(rate=0.2, schedule=Cosine()),
    recipe(momentum=0.9, nesterov=True),
    recipe(MLP((300, 300))),
    recipe(CNN((4,)), Digits()),
]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10**6)), unique=True, max_size=150), st.integers(1, 8))
def test_every_run_is_packed_once_with_its_own_shape(chosen, workers):
    runs = [Run(kinds[kind], Seeds.all(seed)) for kind, seed in chosen]
    stacks = pack(runs, workers)
    assert sorted((run for stack in stacks for run in stack), key=str) == sorted(runs, key=str)
    for stack in stacks:
        assert len({run.recipe.shape for run in stack}) == 1
        assert 1 <= len(stack) <= stack_size(stack[0].recipe)
    for shape in {run.recipe.shape for run in runs}:
        sizes = [len(stack) for stack in stacks if stack[0].recipe.shape == shape]
        assert max(sizes) - min(sizes) <= 1
        total = sum(sizes)
        assert len(sizes) % workers == 0 or len(sizes) == total


def test_numbers_are_free_and_the_graph_is_not():
    assert kinds[0].shape == kinds[1].shape
    assert len({kind.shape for kind in kinds}) == 4


def test_larger_networks_make_smaller_stacks():
    sizes = [stack_size(recipe(MLP((width, width)), Digits())) for width in (16, 64, 256, 1024)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] == 1


def test_the_working_set_of_a_linear_layer_is_counted_by_hand():
    from torch import nn

    # 3 × 4 weights and 3 biases with gradient and velocity; 5 × 3 outputs with their gradient; 4 bytes each
    assert working_set(nn.Linear(4, 3), (4,), 5) == 4 * (3 * 15 + 2 * 15)
    # unfolding: 2 channels × 3 × 3 for each of 5 × 4 × 4 positions
    assert working_set(nn.Conv2d(2, 3, 3), (2, 6, 6), 5) == 4 * (3 * 57 + 2 * 5 * 3 * 16 + 5 * 16 * 18)
    # an optimizer that keeps two numbers a weight, and running statistics beside the weights
    assert working_set(nn.Linear(4, 3), (4,), 5, state=2 * 15) == 4 * (4 * 15 + 2 * 15)
    assert working_set(nn.BatchNorm1d(4), (4,), 5) > 4 * (3 * 8 + 8 + 2 * 20)


def test_the_working_set_of_an_unknown_module_counts_what_no_leaf_returns():
    from torch import nn

    class Doubled(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 3)

        def forward(self, x):
            return self.linear(x) * 2

    assert working_set(Doubled(), (4,), 5) == working_set(nn.Linear(4, 3), (4,), 5) + 4 * 2 * 15


@given(st.integers(1, 40), st.integers(1, 3), st.floats(1.0, 40.0), st.sampled_from([None, 1, 3, 200]))
def test_stacks_fit_into_the_memory(count, workers, share, size):
    runs = [Run(kinds[0], Seeds(seed, seed, seed % 4)) for seed in range(count)]
    needs = stack_memory(runs)
    memory = int(needs.needed(1, 1) + (share - 1) * needs.run)
    stacks = pack(runs, workers, Placement(stack_size=size), memory)
    assert [run for stack in stacks for run in stack] == runs
    for stack in stacks:
        assert needs.needed(len(stack), len({run.seeds.split for run in stack})) <= memory
        assert size is None or len(stack) <= size
    if size == 200 and share > count + 10:
        assert len(stacks) == min(workers, count)


def test_a_stack_size_of_ones_own_goes_beyond_what_is_chosen():
    runs = [Run(recipe(MLP((1024, 1024)), Digits()), Seeds.all(seed)) for seed in range(6)]
    assert [len(stack) for stack in pack(runs, 1)] == [1] * 6
    assert [len(stack) for stack in pack(runs, 1, Placement(stack_size=6))] == [6]


def test_a_run_that_does_not_fit_alone_is_tried_with_a_warning():
    runs = [Run(recipe(CNN((64, 64)), Digits()), Seeds.all(seed)) for seed in range(2)]
    with pytest.warns(
        UserWarning, match=r"One run of recipe \w{12} needs about 0.\d+ GiB, and a worker has 0.00098 GiB"
    ):
        assert pack(runs, 1, memory=2**20) == [(run,) for run in runs]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"accelerator": "tpu"}, "The accelerator is 'tpu': give auto"), ({"stack_size": 0}, "The stack size is 0")],
)
def test_a_placement_that_cannot_be_is_refused(changes, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        Placement(**changes)


@pytest.mark.parametrize("kind", [0, 2, 4])
def test_a_large_model_is_estimated_without_computing_and_as_a_small_one_is(kind, monkeypatch):
    run = Run(kinds[kind], Seeds.all(0))
    computed = (stack_memory([run]), step_bytes(run.recipe))
    monkeypatch.setattr("lightning_modules.training.memory._large", 0)
    assert (stack_memory([run]), step_bytes(run.recipe)) == computed
    huge = Run(recipe(MLP((10**6, 10**6))), Seeds.all(0))
    assert stack_memory([huge]).run > 4 * 10**12 * 3


def test_packing_loads_neither_lightning_nor_the_compiler():
    program = (
        "import sys; from tests.test_packing import *\n"
        "pack([Run(kind, Seeds.all(0)) for kind in (kinds[0], kinds[4])], 2, memory=10**9)\n"
        "print({'torch', 'torch._dynamo', 'pytorch_lightning', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'torch'}"
