"""Seed racing: the test against a count of all signs, and what becomes of a recipe that is dropped."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from sweeps.files import read_json
from sweeps.racing import Racing
from sweeps.store import RunStore
from sweeps.study import Budget, Study
from tests.test_driver import Failing, content, run


def exact_p(differences):
    """The chance of so small a sum of positive ranks if every sign were a coin's throw."""
    ranks = rankdata(np.abs(differences))
    seen = ranks[np.array(differences) > 0].sum()
    sums = [
        sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign)
        for signs in product([0, 1], repeat=len(ranks))
    ]
    return np.mean(np.array(sums) <= seen + 1e-9)


@given(st.lists(st.integers(-60, 60).filter(bool), min_size=5, max_size=9, unique_by=abs))
def test_a_recipe_is_dropped_by_the_exact_signed_rank_test(differences):
    values = [0.5 + each / 1000 for each in differences]
    assert Racing().drops(values, [0.5] * len(values)) == (exact_p(differences) < 0.05)


@given(st.lists(st.floats(0, 1), max_size=12), st.data())
def test_fewer_than_five_seeds_and_equal_recipes_never_drop_one(values, data):
    assert not Racing().drops(values[:4], data.draw(st.just([1.0] * len(values[:4]))))
    assert not Racing().drops(values, values)


def recipe(suggest):
    return Recipe(
        data=Moons(examples=100),
        model=MLP((4,)),
        optimizer=SGD(suggest.choice("learning_rate", [0.3, 1e-9])),
        epochs=suggest.budget.epochs,
    )


budget = Budget(trials=10, search_seeds=range(12), report_seeds=[50], epochs=4, parallel_trials=2, racing=Racing())
study = Study(question="Which?", recipe=recipe, budgets={"default": budget})


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raced")
    run(folder, what=study)
    return folder


def test_a_hopeless_recipe_is_dropped_after_its_first_block_and_never_wins(raced):
    course = read_json(raced / "it" / "study.json")
    dropped = [trial for trial in course["trials"] if trial["dropped"]]
    whole = [trial for trial in course["trials"] if not trial["dropped"]]
    assert dropped
    assert all(trial["recipe_json"]["optimizer"]["learning_rate"] == 1e-9 for trial in dropped)
    assert any(trial["recipe_json"]["optimizer"]["learning_rate"] == 0.3 for trial in whole)
    best = max(trial["value"] for trial in whole)
    assert all(trial["value"] <= best for trial in dropped)
    assert {each["recipe"] for each in course["confirmed"]} <= {trial["recipe"] for trial in whole}


def test_a_dropped_recipe_meets_no_seed_beyond_its_blocks(raced):
    met: dict[str, set[int]] = {}
    for record in RunStore(raced / "it" / "runs").records():
        if record.purpose == "search":
            met.setdefault(record.recipe.hash, set()).add(record.seeds.init)
    trials = read_json(raced / "it" / "study.json")["trials"]
    whole = {trial["recipe"] for trial in trials if not trial["dropped"]}
    only_dropped = {trial["recipe"] for trial in trials} - whole
    assert all(met[each] == set(range(12)) for each in whole)
    assert all(met[each] in (set(range(5)), set(range(10))) for each in only_dropped)


@pytest.mark.parametrize("stacks", [0, 1])
def test_an_interrupted_race_ends_as_if_it_had_not_been(tmp_path, raced, stacks):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Failing(stacks), what=study)
    run(tmp_path, what=study)
    assert content(tmp_path) == content(raced)


def test_a_race_that_cannot_be_decided_is_refused():
    with pytest.raises(InvalidInput, match="block"):
        Racing(block=4)
    with pytest.raises(InvalidInput, match="p is 1"):
        Racing(p=1.0)
    with pytest.raises(InvalidInput, match="racing"):
        replace(budget, racing=True)
