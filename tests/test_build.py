"""A model that a recipe cannot use is one sentence, before anything is trained."""

from dataclasses import dataclass

import pytest
from torch import nn

from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.homoscedastic_gaussian_nll import HomoscedasticGaussianNLL
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit
from sweeps.packing import stack_size


class Flat(nn.Linear):
    def forward(self, x):
        return super().forward(x)[:, 0]


class Two(nn.Linear):
    def forward(self, x):
        return super().forward(x), x


makers = {
    "too many outputs": (lambda inputs, outputs: nn.Linear(inputs, outputs + 6), r"returns shape \(2, 8\) for two"),
    "no axis of outputs": (lambda inputs, outputs: Flat(inputs, outputs), r"returns shape \(2,\) for two examples"),
    "a tuple": (lambda inputs, outputs: Two(inputs, outputs), "returns tuple for two examples"),
    "other inputs": (lambda inputs, outputs: nn.Linear(inputs + 1, outputs), "cannot be used .*: RuntimeError: mat1"),
    "nothing": (lambda inputs, outputs: None, "builds None: let `build` return an nn.Module"),
    "lazy": (lambda inputs, outputs: nn.LazyLinear(outputs), "has lazy layers: give them their sizes"),
    "an error": (lambda inputs, outputs: {}["width"], "cannot be used for examples of shape .*: KeyError: 'width'"),
}


@dataclass(frozen=True)
class Made(Model):
    name: str

    def build(self, shape, outputs):
        return makers[self.name][0](shape[0], outputs)


def use(recipe):
    """As a driver does, and then a worker."""
    stack_size(recipe)
    return fit([Run(recipe, Seeds.all(0))])


@pytest.mark.parametrize("name", makers)
def test_a_model_that_cannot_be_used_is_refused(name):
    recipe = Recipe(data=Moons(40), model=Made(name), optimizer=SGD(0.1), epochs=1)
    with pytest.raises(InvalidInput, match=f"The model Made {makers[name][1]}"):
        use(recipe)


def test_a_head_of_the_losss_own_is_not_in_the_way():
    loss = HomoscedasticGaussianNLL()
    recipe = Recipe(data=Diabetes(), model=MLP((4,)), optimizer=SGD(1e-6), loss=loss, epochs=1)
    (result,) = use(recipe)
    assert result.diverged_step is None
