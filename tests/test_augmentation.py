"""Augmentation: what it does to examples, that only training sees it, and that it is each run's own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.augmentation.augmentation import Augmentation
from lightning_modules.augmentation.no_augmentation import NoAugmentation
from lightning_modules.augmentation.noise import Noise
from lightning_modules.augmentation.several import Several
from lightning_modules.augmentation.shift import Shift
from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.data.pca import PCA
from lightning_modules.data.split import split
from lightning_modules.data.standardize import Standardize
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.randomness import stream
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit
from tests.conftest import components

base = Recipe(data=Digits(), model=MLP((8,)), optimizer=SGD(0.05, 0.9), batch_size=400, epochs=2)


@given(pixels=st.integers(1, 3), height=st.integers(1, 5), width=st.integers(1, 5), seed=st.integers(0, 9))
def test_a_shifted_image_is_a_window_of_the_image_on_a_black_ground(pixels, height, width, seed):
    images = np.random.default_rng(seed).random((6, 2, height, width), dtype=np.float32)
    moved = Shift(pixels).before_preprocessing(images, np.random.default_rng(seed))
    assert moved.shape == images.shape
    ground = np.zeros((6, 2, height + 2 * pixels, width + 2 * pixels), dtype=np.float32)
    ground[:, :, pixels : pixels + height, pixels : pixels + width] = images
    for image, among in zip(moved, ground, strict=True):
        windows = [
            among[:, y : y + height, x : x + width] for y in range(2 * pixels + 1) for x in range(2 * pixels + 1)
        ]
        assert any(np.array_equal(image, window) for window in windows)


def test_every_shift_is_as_likely():
    point = np.zeros((9000, 1, 3, 3), dtype=np.float32)
    point[:, :, 1, 1] = 1
    counts = Shift(1).before_preprocessing(point, np.random.default_rng(0)).sum(axis=(0, 1))
    # Nine cells of 1,000 expected; the 99.9 % quantile of chi-square with 8 degrees of freedom is 26.1.
    assert ((counts - 1000) ** 2 / 1000).sum() < 26.1


def test_noise_has_the_deviation_asked_for():
    noise = Noise(0.3).after_preprocessing(np.ones((400, 50), dtype=np.float32), np.random.default_rng(0)) - 1
    assert noise.std() == pytest.approx(0.3, rel=0.03)
    assert abs(noise.mean()) < 5 * 0.3 / np.sqrt(noise.size)


def spied(augmentation, run):
    """The inputs of the first step of a run, as the network sees them."""
    seen = []

    from lightning_modules.training import stack_module

    original = stack_module.StackModule.training_step

    def look(self, segment, index):
        if not seen:
            batch = next(self.batches.of_segment(segment, self.data, self.weights.dtype))
            seen.append(batch.inputs[0].numpy().copy())
        return original(self, segment, index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stack_module.StackModule, "training_step", look)
        fit([replace(run, recipe=replace(run.recipe, augmentation=augmentation, epochs=1))])
    return seen[0]


@pytest.mark.parametrize("preprocessing", [Standardize(), PCA(12)], ids=["standardize", "PCA"])
def test_a_shift_comes_before_and_noise_after_preprocessing(preprocessing):
    seeds = Seeds(3, 4, 5)
    run = Run(replace(base, preprocessing=preprocessing), seeds)
    dataset, division = Digits().load(), split(Digits().load(), 5)
    rows = division.train[np.random.default_rng(stream("order", 4, 0)).permutation(len(division.train))[:400]]
    rng = np.random.default_rng(stream("augmentation", 4, 0, 0))
    transform = preprocessing.fit(dataset.inputs[division.train])
    expected = transform(Shift(2).before_preprocessing(dataset.inputs[rows], rng))
    expected = expected + np.float32(0.5) * rng.standard_normal(expected.shape, dtype=np.float32)
    np.testing.assert_array_equal(spied(Several((Shift(2), Noise(0.5))), run), expected)
    np.testing.assert_array_equal(spied(NoAugmentation(), run), transform(dataset.inputs[rows]))


def test_runs_of_one_stack_have_their_own_augmentations_and_are_the_runs_alone():
    kinds = [NoAugmentation(), Shift(1), Noise(0.4), Several((Shift(2), Noise(0.1))), Noise(0.4)]
    runs = [
        Run(replace(base, augmentation=kind), Seeds(index % 2, index % 3, index % 2))
        for index, kind in enumerate(kinds)
    ]
    together = fit(runs)
    for run, result in zip(runs, together, strict=True):
        (alone,) = fit([run])
        assert np.array_equal(result.train_loss, alone.train_loss)
        assert np.array_equal(result.validation_loss, alone.validation_loss)
    plain = fit([replace(run, recipe=base) for run in runs])
    changed = [not np.array_equal(a.train_loss, b.train_loss) for a, b in zip(together, plain, strict=True)]
    assert changed == [False, True, True, True, True]


def test_noise_is_drawn_anew_in_every_epoch():
    run = Run(replace(base, augmentation=Noise(0.5), optimizer=SGD(1e-12), batch_size=2000, epochs=3), Seeds.all(0))
    losses = fit([run])[0].train_loss
    assert len(set(losses.tolist())) == 3


@pytest.mark.parametrize(
    "cls", components("lightning_modules.augmentation", Augmentation), ids=lambda cls: cls.__name__
)
def test_every_augmentation_keeps_shape_type_and_its_argument(cls):
    examples = {Noise: Noise(0.2), Several: Several((Shift(1), Noise(0.1)))}
    augmentation = examples.get(cls) or cls()
    inputs = np.random.default_rng(0).random((5, 1, 4, 4), dtype=np.float32)
    before = inputs.copy()
    for method in (augmentation.before_preprocessing, augmentation.after_preprocessing):
        result = method(inputs, np.random.default_rng(1))
        assert (result.shape, result.dtype) == (inputs.shape, np.float32)
        assert np.array_equal(inputs, before)


def test_bad_augmentations_are_refused():
    with pytest.raises(InvalidInput, match="pixels"):
        Shift(0)
    with pytest.raises(InvalidInput, match="std"):
        Noise(-1)
    with pytest.raises(InvalidInput, match="tuple of augmentations"):
        Several((Shift(1), "noise"))
    with pytest.raises(InvalidInput, match="images"):
        fit([Run(replace(base, data=Moons(100), augmentation=Shift(1)), Seeds.all(0))])
