"""Every component is imported from the package of its kind, under its own name."""

import importlib

import pytest

from lightning_modules.activations.activation import Activation
from lightning_modules.augmentation.augmentation import Augmentation
from lightning_modules.data.dataset import Data
from lightning_modules.data.preprocessing import Preprocessing
from lightning_modules.initializers.initializer import Initializer
from lightning_modules.losses.loss import Loss
from lightning_modules.models.bases.basis import Basis
from lightning_modules.models.model import Model
from lightning_modules.models.normalization.normalization import Normalization
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.schedules.schedule import Schedule
from lightning_modules.stopping.stopping import Stopping
from sweeps.measurement import Measurement
from tests.conftest import components

kinds = {
    "lightning_modules.activations": Activation,
    "lightning_modules.augmentation": Augmentation,
    "lightning_modules.data": Data | Preprocessing,
    "lightning_modules.initializers": Initializer,
    "lightning_modules.losses": Loss,
    "lightning_modules.models": Model,
    "lightning_modules.models.bases": Basis,
    "lightning_modules.models.normalization": Normalization,
    "lightning_modules.optimizers": Optimizer,
    "lightning_modules.schedules": Schedule,
    "lightning_modules.stopping": Stopping,
    "analysis.measurements": Measurement,
}


@pytest.mark.parametrize("name", kinds)
def test_a_package_exports_all_components_of_its_kind_and_their_base(name):
    package, bases = importlib.import_module(name), getattr(kinds[name], "__args__", (kinds[name],))
    own = {each for base in bases for each in components(name, base)}
    by_name = {each: getattr(package, each) for each in package.__all__}
    assert all(each.__name__ == exported_as for exported_as, each in by_name.items())
    exported = set(by_name.values())
    assert own <= exported
    # Besides them: the bases themselves, if they lie here, and what Data loads.
    assert {each.__name__ for each in exported - own} <= {*(base.__name__ for base in bases), "Dataset"}
    assert all(
        each.__name__ == exported_as for exported_as in package.__all__ for each in [getattr(package, exported_as)]
    )


def test_a_study_is_written_with_what_sweeps_exports():
    package = importlib.import_module("sweeps")
    assert {"Budget", "Claim", "Crossed", "Grid", "Racing", "Study", "SuccessiveHalving", "Suggest"} <= set(
        package.__all__
    )
    assert all(getattr(package, name).__name__ == name for name in package.__all__)
