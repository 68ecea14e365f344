"""The README's own model trains as it says."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from lightning_modules.data.digits import Digits
from lightning_modules.optimizers.adam import Adam
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop, worst

readme = (Path(__file__).parent.parent / "README.md").read_text()
programs = [block.partition("```")[0] for block in readme.split("```python\n")[1:]]


@pytest.fixture
def attention():
    """The class `Attention` of the README's second program, loaded as the module of a user."""
    program = programs[1]
    module = ModuleType("readme_model")
    sys.modules[module.__name__] = module
    exec(program, vars(module))
    yield module.Attention
    del sys.modules[module.__name__]


def test_the_readmes_own_model_is_trained_in_a_stack_as_alone(attention):
    recipes = [
        Recipe(data=Digits(), model=attention(8), optimizer=Adam(rate), batch_size=400, epochs=2)
        for rate in (0.003, 0.01, 0.03)
    ]
    runs = [Run(recipe, Seeds.all(seed)) for seed, recipe in enumerate(recipes)]
    for run, result in zip(runs, fit(runs, precision="64-true"), strict=True):
        plain, last = plain_loop(run), result.snapshots[-1]
        assert worst(last.weights, plain.weights[last.step]) < 1e-9
        np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-9)


def test_the_readmes_landscape_is_measured():
    assert len(programs) == 3
    found = {}
    exec(programs[2], found)
    assert found["plane"].losses.shape == (51, 51)
    assert np.isfinite(found["plane"].losses).all()
    assert (found["top"].residuals < 1e-3).all()
    np.testing.assert_allclose(found["top"].values, found["landscape"].spectrum().values[::-1][:10], rtol=1e-5)
    assert (np.diff(found["negative"]) <= 0).all()
