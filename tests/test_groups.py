"""Groups of recipes by kinds, settings and their products, within wrappers as well."""

import pytest

from lightning_modules.data.digits import Digits
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.groups import group_of

noisy = Recipe(
    data=LabelNoise(Subset(Digits(), 150), 0.3),
    model=MLP((16, 8)),
    optimizer=Clipped(SGD(0.1, momentum=0.9), 1.0),
    schedule=CyclicCosine(5),
)


@pytest.mark.parametrize(
    ("field", "group"),
    [
        ("data", "label noise"),
        ("data.fraction", "0.3"),
        ("data.examples", "150"),
        ("data.data.examples", "150"),
        ("optimizer.momentum", "0.9"),
        ("model.widths", "16×8"),
        ("schedule.*", "cyclic cosine 5"),
        ("preprocessing.*", "standardize"),
        ("data.data.*", "subset digits/150"),
        ("data.examples, data.fraction, schedule.*", "150, 0.3, cyclic cosine 5"),
        ("data.examples,schedule", "150, cyclic cosine"),
    ],
)
def test_a_group_is_a_kind_a_setting_or_a_combination(field, group):
    assert group_of(noisy, field) == f"{field}={group}"


@pytest.mark.parametrize("field", ["widths", "data.cycles", "model.widths.first", "schedule.cycles.*.x", "optimiser"])
def test_what_no_component_has_is_refused(field):
    with pytest.raises(InvalidInput, match=r"groups by .*, which recipes do not have"):
        group_of(noisy, field)
