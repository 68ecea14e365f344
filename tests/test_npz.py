"""Data sets of a user's own: what a file must hold, and that a recipe is named by what it holds."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightning_modules.component import content_hash
from lightning_modules.data.moons import Moons
from lightning_modules.data.npz import Npz
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit

moons = Moons(80).load()


def write(path, inputs=moons.inputs, targets=moons.targets, **more):
    np.savez(path, inputs=inputs, targets=targets, **more)
    return str(path)


def test_a_file_gives_what_was_written(tmp_path):
    pixels = np.arange(6 * 2 * 3 * 3, dtype=np.uint8).reshape(6, 2, 3, 3)
    path = write(tmp_path / "mine.npz", pixels, np.array([0, 1, 2, 2, 1, 0], np.uint8), names=np.array(["a"]))
    dataset = Npz(path).load()
    assert (dataset.inputs.dtype, dataset.targets.dtype, dataset.classes) == (np.float32, np.int64, 3)
    np.testing.assert_array_equal(dataset.inputs, pixels)
    assert dataset.targets.tolist() == [0, 1, 2, 2, 1, 0]
    assert Npz(Path(path)) == Npz(path)


def recipe_of(data):
    return Recipe(data=data, model=MLP((6,)), initializer=HeNormal(), optimizer=SGD(0.1), schedule=Cosine(), epochs=3)


def test_training_on_a_file_is_training_on_what_it_holds(tmp_path):
    data = Npz(write(tmp_path / "moons.npz"))
    (result,) = fit([Run(recipe_of(data), Seeds.all(2))])
    (expected,) = fit([Run(recipe_of(Moons(80)), Seeds.all(2))])
    np.testing.assert_array_equal(result.train_loss, expected.train_loss)


def test_a_recipe_is_named_by_what_the_file_holds_and_not_by_where_it_lies(tmp_path):
    first = recipe_of(Npz(write(tmp_path / "first.npz")))
    moved = recipe_of(Npz(write(tmp_path / "moved.npz")))
    np.savez_compressed(tmp_path / "packed.npz", targets=moons.targets, inputs=moons.inputs)
    packed = recipe_of(Npz(str(tmp_path / "packed.npz")))
    assert first == moved == packed
    assert first.hash == moved.hash == packed.hash
    assert first.shape == moved.shape
    inputs = moons.inputs.copy()
    inputs[7, 1] += 1e-6
    others = [
        recipe_of(Npz(write(tmp_path / "other.npz", inputs))),
        recipe_of(Npz(write(tmp_path / "swapped.npz", targets=1 - moons.targets))),
        recipe_of(Npz(write(tmp_path / "reshaped.npz", moons.inputs.reshape(80, 1, 2)))),
        recipe_of(Npz(write(tmp_path / "wider.npz", moons.inputs.astype(np.float64)))),
    ]
    assert len({recipe.hash for recipe in (first, *others)}) == 5
    assert content_hash(first.data) != content_hash(replace(first.data, checksum="0"))


def test_a_record_can_be_read_without_the_file_and_tells_when_it_has_changed(tmp_path):
    path = write(tmp_path / "mine.npz")
    recipe = recipe_of(Npz(path))
    text = json.dumps(recipe.to_json())
    assert json.loads(text)["data"]["path"] == path
    write(tmp_path / "mine.npz", targets=1 - moons.targets)
    again = Recipe.from_json(json.loads(text))
    assert again == recipe
    assert again.hash == recipe.hash
    assert recipe_of(Npz(path)).hash != recipe.hash
    with pytest.raises(InvalidInput, match=rf"mine\.npz does not hold .* instead of {recipe.data.checksum}\): restore"):
        again.data.load()
    Path(path).unlink()
    assert Recipe.from_json(json.loads(text)) == recipe
    with pytest.raises(InvalidInput, match=r"mine\.npz"):
        again.data.load()


def test_a_relative_path_is_relative_to_the_working_folder(tmp_path, monkeypatch):
    for name, targets in (("a", moons.targets), ("b", 1 - moons.targets)):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "mine.npz", targets=targets)
        os.utime(tmp_path / name / "mine.npz", ns=(0, 0))
    loaded = []
    for name in ("a", "b"):
        monkeypatch.chdir(tmp_path / name)
        loaded.append(Npz("mine.npz"))
        assert loaded[-1] == Npz(str(tmp_path / name / "mine.npz"))
    assert loaded[0] != loaded[1]


nan = moons.inputs.copy()
nan[3, 0] = np.nan


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": moons.inputs, "targets": moons.targets}, r"holds x, targets and not inputs: write it with np\.savez"),
        ({"x": moons.inputs}, r"holds x and not inputs and targets"),
        ({}, r"holds nothing and not inputs and targets"),
        ({"inputs": nan, "targets": moons.targets}, r"inputs .* not finite .* first in example 3: leave"),
        (
            {"inputs": moons.inputs.astype(np.float64) * 1e60, "targets": moons.targets},
            r"not finite in single precision, .* example 0",
        ),
        (
            {"inputs": moons.inputs.astype("U3"), "targets": moons.targets},
            r"The inputs of .* are <U3 of shape \(80, 2\)",
        ),
        ({"inputs": moons.inputs * 1j, "targets": moons.targets}, r"The inputs of .* are complex64"),
        ({"inputs": moons.inputs[:, 0], "targets": moons.targets}, r"The inputs of .* of shape \(80,\): give real"),
        ({"inputs": moons.inputs[:0], "targets": moons.targets[:0]}, r"The inputs of .* of shape \(0, 2\)"),
        (
            {"inputs": moons.inputs, "targets": moons.targets[1:]},
            r"The targets .* of shape \(79,\): .* the 80 examples",
        ),
        ({"inputs": moons.inputs, "targets": nan}, r"targets .* not finite .* first in example 3"),
        ({"inputs": moons.inputs, "targets": nan[1:]}, r"The targets .* of shape \(79, 2\): .* the 80 examples"),
        ({"inputs": moons.inputs, "targets": nan[:, None]}, r"The targets of .* of shape \(80, 1, 2\)"),
        ({"inputs": moons.inputs, "targets": nan[:, :0]}, r"The targets of .* of shape \(80, 0\)"),
        ({"inputs": moons.inputs, "targets": moons.targets[:, None]}, r"The targets of .* of shape \(80, 1\)"),
        ({"inputs": moons.inputs, "targets": moons.targets.astype("U1")}, r"The targets of .* are <U1"),
        ({"inputs": moons.inputs, "targets": moons.targets + 1}, r"are the classes 1, 2: give two or more, counted"),
        (
            {"inputs": moons.inputs, "targets": 2 * moons.targets},
            r"are the classes 0, 2: give two or more, counted from 0",
        ),
        ({"inputs": moons.inputs, "targets": 0 * moons.targets}, r"are the classes 0: give two or more"),
        ({"inputs": moons.inputs, "targets": -moons.targets}, r"are the classes -1, 0: give"),
        ({"inputs": moons.inputs, "targets": np.arange(80) + 1}, r"the classes 1, 2, 3, 4, 5, 6, 7, 8, …: give"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_when_it_is_named(arrays, sentence, tmp_path):
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(InvalidInput, match=sentence):
        Npz(str(tmp_path / "mine.npz"))


def test_what_is_no_npz_file_is_refused(tmp_path):
    np.save(tmp_path / "one.npy", moons.inputs)
    (tmp_path / "text.npz").write_text("inputs,targets\n1,2\n")
    (tmp_path / "empty.npz").touch()
    (tmp_path / "folder.npz").mkdir()
    whole = Path(write(tmp_path / "whole.npz")).read_bytes()
    np.savez_compressed(tmp_path / "packed.npz", inputs=moons.inputs, targets=moons.targets)
    packed = bytearray((tmp_path / "packed.npz").read_bytes())
    packed[150:200] = bytes(50)
    (tmp_path / "packed.npz").write_bytes(packed)
    (tmp_path / "cut.npz").write_bytes(whole[:-40])
    (tmp_path / "spoilt.npz").write_bytes(whole[:300] + b"spoilt" + whole[306:])
    for name in ("one.npy", "text.npz", "empty.npz", "folder.npz", "cut.npz", "spoilt.npz", "packed.npz", "none.npz"):
        with pytest.raises(InvalidInput, match=name):
            Npz(str(tmp_path / name))


def test_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    write(tmp_path / "trap.npz", targets=np.array([Trap()] * 80, dtype=object))
    with pytest.raises(InvalidInput, match=r"trap.npz' is no \.npz file of plain numbers: Object arrays"):
        Npz(str(tmp_path / "trap.npz"))
    assert not (tmp_path / "sprung").exists()


def test_the_home_of_nobody_is_one_sentence():
    with pytest.raises(InvalidInput, match=r"The data file '~nobody-of-that-name/x\.npz' cannot be read"):
        Npz("~nobody-of-that-name/x.npz")
