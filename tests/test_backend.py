"""The choice of a backend: in one place, the same training to rounding, and never two of them in one store."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from lightning_modules.backend import backend_named
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.functional import Functional
from lightning_modules.stack.stacked import stacked
from lightning_modules.training.fit import fit
from sweeps.executors.in_process import InProcess
from sweeps.executors.local import Local
from sweeps.executors.placement import Placement
from sweeps.store import RunStore
from sweeps.training import train

tiny = Recipe(
    data=Moons(60), model=MLP((4,)), initializer=HeNormal(), optimizer=SGD(0.1, 0.9), schedule=Cosine(), epochs=2
)


def runs(*seeds: int) -> list[Run]:
    return [Run(tiny, Seeds.all(seed)) for seed in seeds]


def test_a_model_is_a_chain_where_it_can_be_unless_another_backend_is_asked_for():
    known, unknown = nn.Sequential(nn.Linear(3, 2)), nn.Sequential(nn.Linear(3, 2), nn.Softplus())
    assert isinstance(stacked(known, CrossEntropy(), (3,), "auto"), Chain)
    assert isinstance(stacked(known, CrossEntropy(), (3,), "chain"), Chain)
    assert isinstance(stacked(known, CrossEntropy(), (3,), "functional"), Functional)
    assert isinstance(stacked(unknown, CrossEntropy(), (3,), "auto"), Functional)
    with pytest.raises(InvalidInput, match="not a chain of known layers"):
        stacked(unknown, CrossEntropy(), (3,), "chain")


def test_backends_train_alike_to_rounding():
    chain, functional = (fit(runs(0, 1), precision="64-true", backend=each) for each in ("chain", "functional"))
    for ours, theirs in zip(chain, functional, strict=True):
        assert (ours.backend, theirs.backend) == ("chain", "functional")
        np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=1e-9)


@pytest.mark.parametrize(
    "executor", [InProcess, lambda placement: Local(1, placement=placement)], ids=["in process", "local"]
)
def test_an_executor_trains_with_its_backend_and_a_store_holds_one_kind(tmp_path, executor):
    store = RunStore(tmp_path)
    with executor(placement=Placement(backend="functional")) as functional:
        (record,) = train(runs(0), "search", store, functional)
        assert record.backend == "functional"
        expected = fit(runs(0), backend="functional")[0].train_loss.astype(np.float32)
        np.testing.assert_array_equal(record.curves()["train_loss"], expected)
    with InProcess() as auto, pytest.raises(InvalidInput, match="with backend functional, this is auto"):
        train(runs(0, 1), "search", store, auto)
    assert store.find(runs(1)[0]) is None


def test_a_backend_does_not_change_what_a_run_is():
    (result,) = fit(runs(0), backend="functional")
    assert result.run == runs(0)[0]
    assert replace(result, backend="auto").run.recipe.hash == tiny.hash


def test_an_unknown_backend_is_refused_with_the_known_ones():
    assert backend_named("chain") == "chain"
    with pytest.raises(InvalidInput, match="no backend 'fast': give auto, compiled, chain or functional"):
        backend_named("fast")


def test_workers_are_forked_from_a_server_that_has_imported_everything_and_collects_cycles_again():
    program = (
        "import gc, sys; import sweeps.executors.preload;"
        " assert gc.isenabled() and gc.get_freeze_count() > 100_000, gc.get_freeze_count();"
        " assert {'torch', 'pytorch_lightning', 'lightning_modules.training.fit'} <= {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
