"""A run is in the store whole or not at all."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from sweeps import known_recipes
from sweeps.files import checksum, read_json, write_arrays, write_json
from sweeps.known_recipes import KnownRecipes
from sweeps.store import RunStore


@pytest.fixture(scope="module")
def results():
    def run(rate, seed):
        recipe = Recipe(
            data=Moons(examples=100),
            model=MLP((4,)),
            initializer=HeNormal(),
            optimizer=SGD(rate),
            schedule=CyclicCosine(2),
            batch_size=20,
            epochs=4,
        )
        return Run(recipe, Seeds.all(seed))

    return fit([run(0.1, 0), run(0.1, 1), run(1e30, 0)])


def test_what_is_saved_is_read_back(tmp_path, results):
    store = RunStore(tmp_path)
    saved = [store.save(result, "confirm") for result in results]
    assert sorted(store.records(), key=str) == sorted(saved, key=str)
    record, result = store.find(results[0].run, "confirm"), results[0]
    assert record == saved[0]
    assert record.snapshot_steps == (6, 12) == tuple(snapshot.step for snapshot in result.snapshots)
    np.testing.assert_array_equal(record.curves()["train_loss"], result.train_loss)
    predictions = record.predictions()
    for index, snapshot in enumerate(result.snapshots):
        for name, weights in snapshot.weights.items():
            np.testing.assert_array_equal(record.snapshots()[index][name], weights)
        np.testing.assert_array_equal(predictions["test"][index], snapshot.predictions["test"])
    last, targets = predictions["test"][-1], predictions["test_targets"]
    assert record.metrics["test_accuracy"] == np.mean(last.argmax(1) == targets)
    assert record.metrics["test_loss"] == pytest.approx(-np.log(last[np.arange(20), targets]).mean())
    assert record.metrics["train_loss"] == pytest.approx(result.train_loss[-3:].mean())
    np.testing.assert_allclose(record.learning_rates()[:7], 0.1 * CyclicCosine(2).multipliers(12)[:7])
    assert dict(record.files) == {path.name: checksum(path) for path in record.folder.glob("*.safetensors")}


def test_two_threads_share_what_is_known_of_recipes(monkeypatch, results):
    """A worker may write by two threads; one may forget all recipes between two lookups of the other."""
    monkeypatch.setattr(known_recipes, "_most", 3)
    known, recipe = KnownRecipes(), results[0].run.recipe
    recipes = [replace(recipe, epochs=epochs) for epochs in range(4, 12)]
    expected = [(each.hash, each.to_json()) for each in recipes]

    def look(_):
        return [(known.hash(each), known.decode(each.to_json()).to_json()) for each in recipes]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as threads:
            assert all(found == expected for found in threads.map(look, range(300)))
    finally:
        sys.setswitchinterval(interval)


def test_a_search_run_keeps_no_weights_and_sees_no_test_example(tmp_path, results):
    store = RunStore(tmp_path)
    record = store.save(results[0], "search")
    assert {path.name for path in record.folder.iterdir()} == {"curves.safetensors", "record.json"}
    assert set(record.metrics) == {"validation_accuracy", "validation_loss", "train_loss"}
    assert store.find(results[0].run, "search") == record
    assert store.find(results[0].run, "confirm") is None
    confirmed = store.save(results[0], "confirm")
    assert store.find(results[0].run, "search") == confirmed


def test_a_diverged_run_is_data(tmp_path, results):
    store = RunStore(tmp_path)
    record = store.save(results[2], "confirm")
    assert record.diverged_step is not None
    assert record.metrics == {}
    assert np.isnan(record.curves()["train_loss"][record.diverged_step :]).all()


def test_without_its_record_a_run_is_not_there(tmp_path, results):
    store = RunStore(tmp_path)
    record = store.save(results[0], "confirm")
    (record.folder / "record.json").unlink()
    assert store.find(results[0].run) is None
    assert list(store.records()) == []


def test_the_same_result_gives_the_same_bytes(tmp_path, results):
    folders = [RunStore(tmp_path / name).save(results[0], "confirm").folder for name in "ab"]
    for first, second in zip(*(sorted(folder.iterdir()) for folder in folders), strict=True):
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_a_broken_record_is_named(tmp_path, results, content):
    store = RunStore(tmp_path)
    record = store.save(results[0], "search")
    (record.folder / "record.json").write_text(content)
    with pytest.raises(InvalidInput, match=r"record\.json cannot be read .* move its folder away"):
        store.find(results[0].run)


def test_a_record_of_another_recipe_is_named(tmp_path, results):
    store = RunStore(tmp_path)
    record = store.save(results[0], "search")
    text = json.loads((record.folder / "record.json").read_text())
    text["recipe"]["batch_size"] = 21
    (record.folder / "record.json").write_text(json.dumps(text))
    with pytest.raises(InvalidInput, match="holds another recipe"):
        store.find(results[0].run)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "file.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert read_json(path) == {"a": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["file.json"]
    write_arrays(tmp_path / "arrays.safetensors", {"x": np.ones((2, 3)).T})
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(path.read_bytes()[:50]), lambda path: path.unlink()])
def test_damaged_arrays_are_named(tmp_path, results, damage):
    record = RunStore(tmp_path).save(results[0], "confirm")
    damage(record.folder / "predictions.safetensors")
    with pytest.raises(InvalidInput, match=r"predictions\.safetensors cannot be read .*: move its folder away"):
        record.predictions()


def test_arrays_that_are_not_the_records_are_named(tmp_path, results):
    store = RunStore(tmp_path)
    first, second = (store.save(result, "confirm") for result in results[:2])
    (first.folder / "curves.safetensors").write_bytes((second.folder / "curves.safetensors").read_bytes())
    with pytest.raises(InvalidInput, match=r"curves\.safetensors is not what its record says"):
        first.curves()
