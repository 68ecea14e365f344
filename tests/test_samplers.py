"""Every sampler keeps to conditional spaces, goes on after a kill as if nothing had been, and does what it is named."""

import math
from dataclasses import replace

import numpy as np
import optuna
import pytest
from cmaes import CMA
from scipy.stats import kstest

from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.preview import preview
from sweeps.proposers.asking import Asking
from sweeps.proposers.cma_es import CmaEs
from sweeps.proposers.proposer import Past
from sweeps.proposers.random import Random
from sweeps.sampler import Grid, seed_of
from sweeps.search import Search
from sweeps.space import Choice, Integer, Log, Uniform
from tests.test_search import ask_all, budget, make_study, recipe

grid = Grid(
    {
        "schedule": (Constant(), Cosine(), CyclicCosine(cycles=2)),
        "width": (2, 9),
        "momentum": (0.5, 0.75),
        "learning_rate": (0.01, 0.1),
    }
)
few = {"default": replace(budget, trials=2)}
samplers = pytest.mark.parametrize(
    "sampler",
    ["tpe", "random", "quasi-random", "cma-es", grid],
    ids=["tpe", "random", "quasi-random", "cma-es", "grid"],
)
start = [{"schedule": Cosine(), "learning_rate": 0.1}]


@samplers
def test_conditional_ranges_are_respected(tmp_path, sampler):
    recipes = ask_all(Search(make_study(sampler=sampler), "default", tmp_path / "search.db"), 20)
    assert all(1e-3 <= each.optimizer.learning_rate <= 1 for each in recipes)
    assert all(2 <= each.model.widths[0] <= 9 for each in recipes)
    assert {type(each.schedule) for each in recipes} == {Constant, Cosine, CyclicCosine}
    assert all((each.optimizer.momentum > 0) == isinstance(each.schedule, Cosine) for each in recipes)
    assert len({each.optimizer.learning_rate for each in recipes}) >= (2 if sampler is grid else 18)


class Killed(BaseException):
    """Stands for the end of the process."""


def never(*_, **__):
    raise Killed


def kill_while_asking(patch, _):
    """After the second parameter."""
    original, asked = Asking.propose, []

    def propose(self, name, space):
        if len(asked) == 2:
            raise Killed
        asked.append(name)
        return original(self, name, space)

    patch.setattr(Asking, "propose", propose)


def kill_before_writing(patch, _):
    patch.setattr(optuna.storages.RDBStorage, "create_new_trial", never)


def kill_after_writing(patch, _):
    original = optuna.storages.RDBStorage.create_new_trial
    patch.setattr(
        optuna.storages.RDBStorage, "create_new_trial", lambda *words, **more: never(original(*words, **more))
    )


@samplers
def test_a_search_killed_at_any_moment_goes_on_as_if_it_had_not_been(tmp_path, sampler):
    study = make_study(sampler=sampler, start=[] if sampler is grid else start)
    whole = ask_all(Search(study, "default", tmp_path / "whole.db"), 16)
    path = tmp_path / "parts.db"
    search = Search(study, "default", path)
    ask_all(search, 12)
    for kill, made in ((kill_while_asking, 12), (kill_before_writing, 12), (kill_after_writing, 13)):
        with pytest.MonkeyPatch.context() as patch:
            kill(patch, search)
            with pytest.raises(Killed):
                search.ask()
        search = Search(study, "default", path)
        assert len(search.proposals()) == made
    proposals = search.proposals() + [search.ask() for _ in range(3)]
    assert [each.recipe for each in proposals] == whole
    assert [each.number for each in proposals] == list(range(16))


@samplers
def test_a_recipe_that_fails_leaves_no_trial(tmp_path, sampler):
    def broken(suggest):
        recipe(suggest)
        raise ValueError

    search = Search(make_study(broken, sampler=sampler), "default", tmp_path / "search.db")
    with pytest.raises(InvalidInput, match="ValueError"):
        search.ask()
    search = Search(make_study(sampler=sampler), "default", tmp_path / "search.db")
    assert search.proposals() == []
    first = Search(make_study(sampler=sampler), "default", tmp_path / "other.db").ask()
    assert search.ask() == first


@pytest.mark.parametrize("sampler", ["random", "quasi-random"])
def test_another_search_seed_proposes_other_recipes(tmp_path, sampler):
    one, two = [
        ask_all(Search(make_study(sampler=sampler, search_seed=seed), "default", tmp_path / f"{seed}.db"), 4)
        for seed in (0, 1)
    ]
    assert not {*one} & {*two}


def test_random_values_are_uniform_and_independent():
    drawn = np.array([[Random(3, number).propose(name, Uniform(0, 1)) for name in "ab"] for number in range(500)])
    assert all(kstest(column, "uniform").pvalue > 0.01 for column in drawn.T)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.1


def test_quasi_random_points_are_a_net(tmp_path):
    """Of 16 points of a Sobol sequence one lies in every sixteenth of an axis, and in every cell of 4 by 4."""

    def plain(suggest):
        units.append((suggest.uniform("x", 0, 1), math.log10(suggest.log("y", 1, 10))))
        return replace(recipe(suggest), model=MLP((3,)))

    units: list[tuple[float, float]] = []
    ask_all(Search(make_study(plain, sampler="quasi-random"), "default", tmp_path / "search.db"), 32)
    points = np.array(units)
    for block in (points[:16], points[16:]):
        assert (np.sort(np.floor(block * 16), axis=0) == np.arange(16)[:, None]).all()
        assert len({tuple(cell) for cell in np.floor(block * 4)}) == 16


def test_cma_es_is_that_of_the_package_told_by_hand():
    """A live distribution that hears of a generation at its end is what the replayed one is."""
    space = {"x": Uniform(-1, 1), "y": Log(1e-3, 1), "z": Choice((1, 2))}
    past = [Past(0, {"x": 0.0, "y": 0.1, "z": 1}, space, 0.5, {})]
    live = CMA(mean=np.full(2, 0.5), sigma=1 / 6, bounds=np.array([[0, 1], [0, 1]]), population_size=6)
    told = []
    for number in range(1, 40):
        proposer = CmaEs(7, number, past, 1, 1)
        values = {name: proposer.propose(name, each) for name, each in space.items()}
        live._rng.seed(seed_of("cma-es", 7, number))
        unit = live.ask()
        assert (values["x"], values["y"]) == pytest.approx((space["x"].at(unit[0]), space["y"].at(unit[1])), rel=1e-12)
        worth = -((values["x"] - 0.5) ** 2) - (math.log10(values["y"]) + 1) ** 2
        told.append((unit, -worth))
        if len(told) == 6:
            live.tell(told)
            told = []
        past.append(Past(number, values, space, worth, proposer.notes))
    assert live.generation == 6


def test_cma_es_finds_the_optimum_and_leaves_conditional_ranges_to_chance(tmp_path):
    study = replace(make_study(sampler="cma-es"), budgets={"default": replace(budget, parallel_trials=1)})
    recipes = ask_all(Search(study, "default", tmp_path / "search.db"), 60, batch=1)

    def off(each):
        return (math.log10(each.optimizer.learning_rate) + 1) ** 2

    assert sum(map(off, recipes[-15:])) < 0.3 * sum(map(off, recipes[:15]))
    momenta = [each.optimizer.momentum for each in recipes if isinstance(each.schedule, Cosine)]
    assert kstest(momenta, "uniform", args=(0.5, 0.4)).pvalue > 0.01


def test_cma_es_without_any_range_is_random():
    past = [Past(0, {"z": 1}, {"z": Choice((1, 2))}, 0.0, {})]
    assert CmaEs(0, 1, past, 1, 8).propose("z", Choice((1, 2))) == Random(0, 1).propose("z", Choice((1, 2)))
    assert CmaEs(0, 1, past, 1, 8).notes == {}


def test_a_grid_proposes_every_combination_once_in_an_order_of_the_seed(tmp_path):
    def plain_recipe(suggest):
        learning_rate = suggest.log("learning_rate", 1e-3, 1.0)
        schedule, width = suggest.choice("schedule", [Constant(), Cosine()]), suggest.integer("width", 1, 9)
        seen.append((learning_rate, schedule, width))
        base = recipe_middle()
        optimizer = replace(base.optimizer, learning_rate=learning_rate)
        return replace(base, optimizer=optimizer, model=MLP((width,)), schedule=schedule)

    seen: list[tuple[float, object, int]] = []
    orders = []
    listed = Grid({"learning_rate": (0.01, 0.1, 1), "schedule": (Cosine(), Constant()), "width": (2, 3)})
    for seed in (0, 1):
        study = make_study(plain_recipe, sampler=listed, search_seed=seed)
        seen.clear()
        recipes = ask_all(Search(study, "default", tmp_path / f"{seed}.db"), 12)
        orders.append(list(seen))
        assert len({*recipes}) == 12
        assert {*seen} == {(x, y, z) for x in (0.01, 0.1, 1.0) for y in (Cosine(), Constant()) for z in (2, 3)}
    assert orders[0] != orders[1]


def recipe_middle():
    return preview(make_study(), "default")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({name: values for name, values in grid.values.items() if name != "width"}, r"grid has no value for 'width'"),
        (
            {name: values for name, values in grid.values.items() if name != "momentum"} | {"width": (2, 3, 4, 9)},
            r"grid has no value for 'momentum'",
        ),
        (grid.values | {"width": (1, 2)}, r"The grid has the value 1 for 'width': give one of 2 to 9"),
        (grid.values | {"depth": (1, 2)}, r"grid has values for 'depth', which the recipe never asks for"),
        (
            {name: values[:1] for name, values in grid.values.items()},
            r"grid has 1 points, and .* 2 trials: give trials=1",
        ),
    ],
)
def test_a_grid_that_does_not_fit_is_refused_at_preview(values, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        preview(replace(make_study(sampler=Grid(values)), budgets=few), "default")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Grid({}), "no parameters"),
        (lambda: Grid({"x": ()}), "give some, each once"),
        (lambda: Grid({"x": (Cosine(), Cosine())}), "give some, each once"),
        (lambda: Grid({"x": "ab"}), "give a tuple"),
        (lambda: make_study(sampler="bayes"), r"sampler is 'bayes': give 'tpe'.*Grid"),
    ],
)
def test_bad_samplers(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()


@samplers
def test_a_name_that_stands_for_two_things_is_refused_with_its_line(tmp_path, sampler):
    def twofold(suggest):
        if len(search.proposals()) == 0:
            suggest.choice("x", [1, 2])
        else:
            suggest.choice("x", [1, 3])
        return recipe_middle()

    sampler = Grid({"x": (1,)}) if sampler is grid else sampler
    search = Search(make_study(twofold, sampler=sampler), "default", tmp_path / "search.db")
    search.ask()
    search.proposals = lambda: [1]
    with pytest.raises(InvalidInput, match=r"test_samplers\.py, line \d+: 'x' was asked for from 1, 2 in trial 0"):
        search.ask()


def test_whole_numbers_come_from_all_of_their_range(tmp_path):
    recipes = ask_all(Search(make_study(sampler="quasi-random"), "default", tmp_path / "search.db"), 8)
    assert {each.model.widths[0] for each in recipes} == {*range(2, 10)}
    assert {Random(0, number).propose("n", Integer(1, 3)) for number in range(30)} == {1, 2, 3}
