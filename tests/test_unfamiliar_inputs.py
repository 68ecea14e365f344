"""Inputs that a network has not learned, and what its snapshots predict for them."""

import numpy as np
import pytest
import torch

from analysis.metrics import auroc, ood_auroc
from analysis.predicted import noisy, predicted, shifted
from analysis.predicted import test_inputs as inputs_of
from analysis.run_surface import part_surface
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.digits import Digits
from lightning_modules.data.standardize import Standardize
from lightning_modules.data.subset import Subset
from lightning_modules.data.without_classes import WithoutClasses
from lightning_modules.errors import InvalidInput
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from sweeps.store import RunStore


def trained(folder, **changes):
    recipe = Recipe(
        **{
            "data": WithoutClasses(Digits(), (8, 9)), "model": MLP((32,)), "preprocessing": Standardize(),
            "optimizer": SGD(0.2, 0.9), "schedule": CyclicCosine(2), "batch_size": 64, "epochs": 6, **changes,
        }
    )  # fmt: skip
    store = RunStore(folder)
    (result,) = fit([Run(recipe, Seeds.all(0))], accelerator="cpu")
    return store.save(result, "confirm")


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"))


def test_test_inputs_are_predicted_as_they_were(record):
    found = predicted(record, inputs_of(record))
    np.testing.assert_allclose(found, record.predictions()["test"], atol=1e-5)
    assert found.shape[0] == 2
    assert found.shape[2] == 8


def test_batch_normalization_keeps_the_statistics_of_each_snapshot(tmp_path):
    record = trained(
        tmp_path, data=Subset(Digits(), 200), model=CNN((4,), normalization=BatchNormalization()), epochs=2
    )
    np.testing.assert_allclose(predicted(record, inputs_of(record)), record.predictions()["test"], atol=1e-5)


def test_a_snapshot_from_the_store_has_a_surface_though_it_counts_batches(tmp_path):
    record = trained(
        tmp_path, data=Subset(Digits(), 200), model=CNN((4,), normalization=BatchNormalization()), epochs=2
    )
    weights = record.snapshots()[-1]
    (counted,) = (name for name in weights if name.endswith("num_batches_tracked"))
    assert weights[counted].shape == ()
    older = weights | {counted: weights[counted].reshape(1)}
    for each in (weights, older):
        surface = part_surface(record.recipe, record.seeds, each)
        values = surface.at(surface.row(each), torch.zeros(1, surface.layout.size), torch.zeros(1, 1))
        assert values.losses[0] == pytest.approx(record.metrics["test_loss"], rel=1e-5)


def test_what_is_farther_away_is_less_familiar(record):
    own = record.predictions()["test"]
    inputs = inputs_of(record)
    held_out = predicted(record, record.recipe.data.held_out().inputs)
    assert (ood_auroc(own, held_out) > 0.75).all()
    assert (ood_auroc(own, predicted(record, shifted(inputs, 2, 1))) > 0.6).all()
    little, much = (ood_auroc(own, predicted(record, noisy(inputs, std, seed=0)))[-1] for std in (1e-6, 3.0))
    assert little == pytest.approx(0.5, abs=1e-3)
    # Pixels that hardly vary are divided by next to nothing: the noise on them makes this network surer, not less so.
    assert abs(much - 0.5) > 0.1


def test_classes_held_out_are_in_no_part_and_the_others_counted_anew():
    whole, data = Digits().load(), WithoutClasses(Digits(), (0, 7))
    found, rest = data.load(), data.held_out()
    assert found.classes == 8
    assert len(found.targets) + len(rest.targets) == len(whole.targets)
    assert set(rest.targets) == {0, 7}
    kept = ~np.isin(whole.targets, [0, 7])
    np.testing.assert_array_equal(found.inputs, whole.inputs[kept])
    names = np.array([1, 2, 3, 4, 5, 6, 8, 9])
    np.testing.assert_array_equal(names[found.targets], whole.targets[kept])
    np.testing.assert_array_equal(rest.inputs, whole.inputs[~kept])
    assert Subset(data, 100).source is data


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: WithoutClasses("digits", (1,)), "such as Digits"),
        (lambda: WithoutClasses(Subset(Digits(), 100), (1,)), "around it"),
        (lambda: WithoutClasses(Digits(), ()), "one at least"),
        (lambda: WithoutClasses(Digits(), (1, 1)), "each once"),
        (lambda: WithoutClasses(Digits(), (-1,)), "whole number"),
        (lambda: WithoutClasses(Digits(), (10,)).load(), "0 to 9"),
        (lambda: WithoutClasses(Digits(), tuple(range(9))).load(), "fewer than two"),
        (lambda: WithoutClasses(Diabetes(), (1,)).load(), "real targets"),
    ],
    ids=["no data", "wrapped", "none", "twice", "negative", "unknown", "all", "regression"],
)
def test_classes_that_cannot_be_held_out_are_refused(make, said):
    with pytest.raises(InvalidInput, match=said):
        make()


def test_images_are_moved_and_zeros_move_in():
    image = np.arange(1.0, 10.0, dtype=np.float32).reshape(1, 1, 3, 3)
    assert shifted(image, 1, 0)[0, 0].tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]
    assert shifted(image, -1, 2)[0, 0].tolist() == [[0, 0, 4], [0, 0, 7], [0, 0, 0]]
    np.testing.assert_array_equal(shifted(image, 0, 0), image)


def test_noise_is_as_large_as_it_says_and_the_same_for_a_seed():
    inputs = np.ones((2000, 5), dtype=np.float32)
    first, again, other = (noisy(inputs, 0.5, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first - other).any()
    assert (first - inputs).std() == pytest.approx(0.5, rel=0.03)
    assert auroc(inputs[:, 0], first[:, 0]) == pytest.approx(0.5, abs=0.03)


def test_what_is_no_input_is_refused(record):
    with pytest.raises(InvalidInput, match="1, 8, 8"):
        predicted(record, np.zeros((3, 5), dtype=np.float32))
    for arguments in ((np.zeros((3, 5)), 1, 0), (np.zeros((2, 1, 3, 3)), 3, 0)):
        with pytest.raises(InvalidInput, match="images"):
            shifted(*arguments)
    with pytest.raises(InvalidInput, match="std"):
        noisy(np.zeros((3, 5)), -1.0, 0)
