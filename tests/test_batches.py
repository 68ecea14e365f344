"""What a stack is trained on, step by step."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.moons import Moons
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.batches import Batches
from lightning_modules.training.initial_module import initial_module
from lightning_modules.training.segments import Segments
from lightning_modules.training.stack_data import StackData

classes = Recipe(data=Moons(100), model=MLP((3,)), optimizer=SGD(0.1))
numbers = Recipe(data=Diabetes(), model=MLP((3,)), optimizer=SGD(0.1), loss=SquaredError())


def batches_of(recipe, size):
    """The batches and the data of three runs, two of them on the same split."""
    runs = [Run(recipe, Seeds(0, order, split)) for order, split in [(5, 1), (6, 1), (5, 2)]]
    data = StackData.of(recipe.data, recipe.preprocessing, [run.seeds for run in runs], torch.float64)
    made = Batches.of(runs, [initial_module(run, data) for run in runs], data)
    return Batches(made.augmenter, size, made.sites, made.last_sites), data


@pytest.mark.parametrize("recipe", [classes, numbers], ids=["classes", "numbers"])
@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 70), epoch=st.integers(0, 3), cuts=st.sets(st.integers(1, 300), max_size=5))
def test_the_segments_of_an_epoch_show_each_example_once_in_the_order_of_its_table(recipe, size, epoch, cuts):
    batches, data = batches_of(recipe, size)
    segments = Segments(-(-data.train_size // size), cuts)
    segments.set_epoch(epoch)
    table, start = data.epoch_table(epoch), 0
    for segment in segments:
        steps = list(batches.of_segment(segment, data, torch.float64))
        assert len(steps) == segment.stop - segment.start
        for batch in steps:
            stop = min(start + size, data.train_size)
            for run, rows in enumerate(table[:, start:stop]):
                assert torch.equal(batch.inputs[run], data.inputs[rows])
                assert torch.equal(batch.targets[run], data.targets[rows])
            start = stop
    assert start == data.train_size
