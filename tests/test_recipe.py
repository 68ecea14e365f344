"""Recipes, seeds and runs: what cannot be trained is refused with a sentence, before anything is trained."""

from dataclasses import dataclass

import pytest

from lightning_modules.data.dataset import Data
from lightning_modules.data.digits import Digits
from lightning_modules.data.identity import Identity
from lightning_modules.data.moons import Moons
from lightning_modules.data.standardize import Standardize
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.zero import Zero
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine


def recipe_of(**changes):
    values = {
        "data": Digits(),
        "model": MLP((8,)),
        "initializer": HeNormal(),
        "optimizer": SGD(0.1),
        "schedule": Constant(),
    }
    return Recipe(**{**values, **changes})


class Bare(Model):
    """Not a dataclass: it has no JSON form."""

    def build(self, shape, outputs):
        raise NotImplementedError


@dataclass
class Changeable(Data):
    """Not frozen: it has no hash."""

    def load(self):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epochs": 0}, r"The recipe's epochs is 0: give a whole number of at least 1\."),
        ({"epochs": 2.0}, r"The recipe's epochs is 2\.0: give a whole number"),
        ({"epochs": True}, r"The recipe's epochs is True: give a whole number"),
        ({"batch_size": -1}, r"The recipe's batch_size is -1: give a whole number of at least 1\."),
        ({"batch_size": None}, r"The recipe's batch_size is None: give a whole number"),
        ({"schedule": CyclicCosine(6), "epochs": 5}, r"6 cycles do not fit into 5 epochs: .* fewer cycles or more"),
        (
            {"data": MLP()},
            r"The recipe's data is MLP\(.*\): give an instance of a frozen dataclass derived from Data\.",
        ),
        ({"model": "MLP"}, r"The recipe's model is 'MLP': .* derived from Model\."),
        ({"model": MLP}, r"The recipe's model is <class .*MLP'>: give an instance"),
        ({"model": Bare()}, r"The recipe's model is .*Bare.*: give an instance of a frozen dataclass"),
        ({"data": Changeable()}, r"The recipe's data is Changeable\(\): give an instance of a frozen dataclass"),
        ({"initializer": None}, r"The recipe's initializer is None: .* derived from Initializer\."),
        ({"optimizer": 0.1}, r"The recipe's optimizer is 0\.1: .* derived from Optimizer\."),
        ({"schedule": Zero()}, r"The recipe's schedule is Zero\(\): .* derived from Schedule\."),
        ({"preprocessing": None}, r"The recipe's preprocessing is None: .* derived from Preprocessing\."),
        ({"loss": Constant()}, r"The recipe's loss is Constant\(\): .* derived from Loss\."),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_refused(changes, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        recipe_of(**changes)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: MLP((8, 0)), r"One of the MLP's widths is 0: give a whole number of at least 1\."),
        (lambda: MLP((8.0,)), r"One of the MLP's widths is 8\.0: give a whole number"),
        (lambda: MLP([8, 8]), r"The MLP's widths are \[8, 8\]: give a tuple"),
        (lambda: MLP(8), r"The MLP's widths are 8: give a tuple"),
        (lambda: CNN((0,)), r"One of the CNN's channels is 0"),
        (lambda: CNN(16), r"The CNN's channels are 16: give a tuple"),
        (lambda: CNN(kernel=4), r"The CNN's kernel is 4: give an odd number"),
        (lambda: CNN(kernel=0), r"The CNN's kernel is 0"),
        (lambda: CNN(pool=0), r"The CNN's pool is 0"),
        (lambda: CNN().build((64,), 10), r"A CNN needs images .* not inputs of shape \(64,\): use an MLP\."),
        (
            lambda: CNN((2, 2, 2, 2)).build((1, 8, 8), 10),
            r"Images of 8×8 pixels are too small to be pooled 4 times by 2",
        ),
        (lambda: Moons(19), r"The moons' examples is 19"),
        (lambda: Moons(noise=-1), r"The moons' noise is -1"),
        (lambda: Moons(seed=-1), r"The moons' seed is -1"),
        (lambda: Seeds(-1, 0, 0), r"The init seed is -1: give a whole number of at least 0\."),
        (lambda: Seeds(0, 1.5, 0), r"The order seed is 1\.5"),
        (lambda: Seeds(0, 0, "0"), r"The split seed is '0'"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()


def test_the_defaults_are_what_the_documentation_says():
    recipe = recipe_of()
    assert (recipe.loss, recipe.batch_size, recipe.epochs) == (CrossEntropy(), 64, 20)
    assert recipe.preprocessing == Standardize()


def test_the_shape_leaves_out_what_may_differ_within_a_stack():
    recipe = recipe_of(optimizer=SGD(0.1, momentum=0.9))
    for same in (
        recipe_of(optimizer=SGD(0.2, momentum=0.5, weight_decay=1)),
        recipe_of(initializer=Zero()),
        recipe_of(schedule=Cosine()),
        recipe_of(schedule=CyclicCosine(3)),
    ):
        assert same.shape == recipe.shape
        assert hash(same.shape) == hash(recipe.shape)
    for other in (
        recipe_of(data=Moons()),
        recipe_of(preprocessing=Identity()),
        recipe_of(model=MLP((9,))),
        recipe_of(batch_size=32),
        recipe_of(epochs=3),
        recipe_of(optimizer=SGD(0.1, momentum=0.9, nesterov=True)),
    ):
        assert other.shape != recipe.shape


def test_seeds_have_a_name_and_an_order_and_runs_are_values():
    assert Seeds.all(4) == Seeds(4, 4, 4)
    assert Seeds(1, 2, 3).name == "init1-order2-split3"
    assert sorted([Seeds(1, 0, 0), Seeds(0, 2, 0), Seeds(0, 1, 5)]) == [Seeds(0, 1, 5), Seeds(0, 2, 0), Seeds(1, 0, 0)]
    assert len({Run(recipe_of(), Seeds.all(0)), Run(recipe_of(), Seeds.all(0)), Run(recipe_of(), Seeds.all(1))}) == 2
