"""Components as JSON: what is written comes back, and a hash names the content and nothing else."""

import dataclasses
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings

from lightning_modules.activations.tanh import Tanh
from lightning_modules.component import content_hash, from_json, label, to_json, words
from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.normal import Normal
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.schedules.step import Step
from tests.conftest import instances

filtering = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@filtering
@given(instances(Recipe))
def test_every_recipe_comes_back_from_its_json(recipe):
    text = json.dumps(recipe.to_json(), allow_nan=False)
    again = Recipe.from_json(json.loads(text))
    assert again == recipe
    assert again.hash == recipe.hash
    assert again.shape == recipe.shape
    assert json.dumps(again.to_json()) == text


@settings(filtering, max_examples=20)
@given(instances(Recipe), instances(Recipe))
def test_hashes_are_equal_only_for_equal_recipes(first, second):
    assert (first.hash == second.hash) == (first == second)


def recipe_of(**changes):
    values = {
        "data": Digits(),
        "model": MLP((8,)),
        "initializer": HeNormal(),
        "optimizer": SGD(0.1),
        "schedule": Constant(),
    }
    return Recipe(**{**values, **changes})


def test_the_hash_is_of_the_canonical_json_without_defaults():
    text = (
        '{"data":{"noise":0.5,"type":"lightning_modules.data.moons:Moons"},"epochs":3,'
        '"model":{"activation":{"type":"lightning_modules.activations.tanh:Tanh"},'
        '"type":"lightning_modules.models.mlp:MLP","widths":[8,4]},'
        '"optimizer":{"learning_rate":1.0,"type":"lightning_modules.optimizers.sgd:SGD"},'
        '"schedule":{"cycles":2,"type":"lightning_modules.schedules.cyclic_cosine:CyclicCosine"},'
        '"type":"lightning_modules.recipe:Recipe"}'
    )
    recipe = recipe_of(
        data=Moons(noise=0.5), model=MLP((8, 4), Tanh()), optimizer=SGD(1), schedule=CyclicCosine(2), epochs=3
    )
    assert recipe.hash == hashlib.sha256(text.encode()).hexdigest()[:12]


def test_a_whole_number_in_a_field_for_floats_is_that_float():
    assert content_hash(SGD(1)) == content_hash(SGD(1.0))
    assert content_hash(SGD(1, momentum=0)) == content_hash(SGD(1.0))
    assert content_hash(Normal(2)) == content_hash(Normal(2.0))
    assert json.dumps(to_json(SGD(1))) == json.dumps(to_json(SGD(1.0)))
    assert content_hash(SGD(1.0)) != content_hash(SGD(1.5))
    assert content_hash(Moons(seed=1)) != content_hash(Moons(seed=2))


def look_alike(*definition):
    """A frozen dataclass of one and the same import path with these (name, type[, default]) fields."""
    cls = dataclasses.make_dataclass(
        "LookAlike",
        [(name, kind, *(field(default=d) for d in default)) for name, kind, *default in definition],
        frozen=True,
    )
    cls.__module__ = __name__
    return cls


def test_the_hash_depends_on_neither_the_order_of_fields_nor_a_field_added_with_a_default():
    first = look_alike(("size", int), ("rate", float))(size=3, rate=0.5)
    turned = look_alike(("rate", float), ("size", int))(size=3, rate=0.5)
    grown = look_alike(("size", int), ("rate", float), ("extra", bool, False))
    assert content_hash(first) == content_hash(turned) == content_hash(grown(3, 0.5))
    assert content_hash(first) != content_hash(grown(3, 0.5, extra=True))
    assert content_hash(first) != content_hash(look_alike(("size", int), ("rate", float))(size=4, rate=0.5))
    assert to_json(grown(3, 0.5))["extra"] is False


def test_every_field_and_every_type_counts():
    recipes = [
        recipe_of(),
        recipe_of(data=Moons()),
        recipe_of(model=MLP((8, 8))),
        recipe_of(model=MLP((8,), Tanh())),
        recipe_of(model=CNN()),
        recipe_of(initializer=Normal()),
        recipe_of(optimizer=SGD(0.2)),
        recipe_of(optimizer=SGD(0.1, momentum=0.9)),
        recipe_of(schedule=CyclicCosine()),
        recipe_of(schedule=CyclicCosine(4)),
        recipe_of(batch_size=32),
        recipe_of(epochs=21),
    ]
    assert len({recipe.hash for recipe in recipes}) == len(recipes)
    assert all(len(recipe.hash) == 12 and int(recipe.hash, 16) >= 0 for recipe in recipes)


def test_another_process_with_another_hash_seed_gives_the_same_hash():
    program = (
        "import json, sys; from lightning_modules.recipe import Recipe;"
        "print(Recipe.from_json(json.loads(sys.argv[1])).hash)"
    )
    recipe = recipe_of(schedule=CyclicCosine(3), optimizer=SGD(1 / 3, momentum=0.1 + 0.2))
    for seed in ("1", "4242"):
        process = subprocess.run(
            [sys.executable, "-c", program, json.dumps(recipe.to_json())],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        )
        assert process.stdout.strip() == recipe.hash


def test_a_type_of_an_unknown_module_is_refused_and_not_imported(tmp_path, monkeypatch):
    (tmp_path / "planted.py").write_text("from dataclasses import dataclass\n@dataclass\nclass Thing: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    data = recipe_of().to_json()
    data["model"] = {"type": "planted:Thing"}
    with pytest.raises(InvalidInput, match=r"type 'planted:Thing' is not known here: name the study file"):
        Recipe.from_json(data)
    assert "planted" not in sys.modules


@pytest.mark.parametrize(
    "path",
    [
        "lightning_modules.models.none:Model",
        "lightning_modules.models.mlp:None",
        "lightning_modules.models.mlp:math",
        "lightning_modules.component:from_json",
        "lightning_modules.models.model:Model",
        "lightning_modules..models:MLP",
        "subprocess:Popen",
        "os:system",
        "MLP",
        "",
        ":",
    ],
)
def test_a_type_that_is_no_component_is_refused(path):
    with pytest.raises(InvalidInput, match="is not known here"):
        from_json({"type": path})


@pytest.mark.parametrize("data", [{}, {"learning_rate": 1.0}, {"type": None}, {"type": ["a"]}])
def test_an_object_without_a_type_is_refused(data):
    with pytest.raises(InvalidInput, match="is not known here"):
        from_json(data)


def test_fields_that_a_type_does_not_take_are_refused():
    path = "lightning_modules.optimizers.sgd:SGD"
    with pytest.raises(InvalidInput, match=r"sgd:SGD cannot be rebuilt from its record.*speed"):
        from_json({"type": path, "learning_rate": 1.0, "speed": 3})
    with pytest.raises(InvalidInput, match=r"sgd:SGD cannot be rebuilt from its record.*learning_rate"):
        from_json({"type": path})
    with pytest.raises(InvalidInput, match=r"learning_rate is -1\.0"):
        from_json({"type": path, "learning_rate": -1.0})


@pytest.mark.parametrize("data", [None, 3, "recipe", [], {"type": "lightning_modules.data.digits:Digits"}])
def test_json_that_is_no_recipe_is_refused(data):
    with pytest.raises(InvalidInput, match="not a recipe"):
        Recipe.from_json(data)


@dataclass(frozen=True)
class OfAStudy:
    numbers: tuple[float, ...] = (1.0, 2.0)
    inner: object = None


def test_a_class_of_a_loaded_study_comes_back():
    value = OfAStudy((0.5,), inner=OfAStudy(inner=("a", None, True, (1, 2))))
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


@pytest.mark.parametrize("value", [object(), {1: 2}, {3}, b"bytes", len, 1j, SGD])
def test_what_has_no_json_form_is_refused(value):
    with pytest.raises(InvalidInput, match="cannot stand in a recipe"):
        to_json(OfAStudy(inner=value))
    with pytest.raises(InvalidInput, match="cannot stand in a recipe"):
        content_hash(OfAStudy(inner=value))


def test_labels_are_short_words():
    assert words("CyclicCosine") == "cyclic cosine"
    assert words("SGD") == "SGD"
    assert words("MLP") == "MLP"
    assert words("ReLU") == "ReLU"
    assert words("RMSProp") == "RMSProp"
    assert words("L1Proximal") == "L1 proximal"
    assert label(CyclicCosine(3)) == "cyclic cosine(cycles=3)"
    assert label(Clipped(SGD(0.1), 2)) == "clipped(optimizer=SGD(learning_rate=0.1), norm=2)"
    assert label(HeNormal()) == "he normal"
    assert label(MLP((64, 32), Tanh())) == "MLP(widths=64×32, activation=tanh)"
    assert label(Step((0.25, 0.5))) == "step(milestones=0.25/0.5, factor=0.1)"
    assert label(1 / 3) == "0.333"
