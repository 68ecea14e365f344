"""Starting points are tried first, in order, and one that does not fit is refused before anything is trained."""

import pytest

from lightning_modules.errors import InvalidInput
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.preview import preview
from sweeps.sampler import Grid
from sweeps.search import Search
from tests.test_search import ask_all, make_study

start = [
    {"learning_rate": 1, "schedule": Cosine(), "momentum": 0.75, "width": 7},
    {"learning_rate": 0.1, "schedule": Constant()},
]


@pytest.mark.parametrize("sampler", ["tpe", "random", "quasi-random", "cma-es"])
def test_they_are_tried_first_in_order_and_the_rest_is_proposed(tmp_path, sampler):
    recipes = ask_all(Search(make_study(sampler=sampler, start=start), "default", tmp_path / "search.db"), 3)
    assert (recipes[0].optimizer.learning_rate, recipes[0].optimizer.momentum) == (1.0, 0.75)
    assert (recipes[0].schedule, recipes[0].model.widths) == (Cosine(), (7,))
    assert (recipes[1].optimizer.learning_rate, recipes[1].schedule) == (0.1, Constant())
    assert recipes[2].optimizer.learning_rate not in (1.0, 0.1)
    known = Search(make_study(sampler=sampler, start=start), "default", tmp_path / "search.db").proposals()
    assert [each.recipe for each in known] == recipes


def test_the_search_learns_from_them(tmp_path):
    """Estimators that know of ten poor trials and a few good ones propose close to the good ones."""
    near = [{"learning_rate": 0.1 * (1 + number / 100), "schedule": Cosine()} for number in range(6)]
    far = [{"learning_rate": 0.001 * (1 + number / 100), "schedule": Constant()} for number in range(20)]
    recipes = ask_all(Search(make_study(start=[*near, *far]), "default", tmp_path / "search.db"), 41)
    assert sum(0.02 < each.optimizer.learning_rate < 0.5 for each in recipes[26:]) >= 10


def test_the_grid_comes_after_them(tmp_path):
    values = {"learning_rate": (0.01, 0.1), "schedule": (Constant(),), "width": (2, 3)}
    study = make_study(sampler=Grid(values), start=[start[0]])
    recipes = ask_all(Search(study, "default", tmp_path / "search.db"), 5)
    assert recipes[0].model.widths == (7,)
    rest = {(each.optimizer.learning_rate, each.model.widths[0]) for each in recipes[1:]}
    assert rest == {(0.01, 2), (0.01, 3), (0.1, 2), (0.1, 3)}


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        (
            {"learning_rates": 0.1},
            r"Starting point 1 has a value for 'learning_rates', .* for 'schedule', 'width', 'lea",
        ),
        ({"momentum": 0.6}, r"Starting point 1 has a value for 'momentum', .* the choices on which they depend"),
        ({"learning_rate": 2.0}, r"Starting point 1 has the value 2\.0 for 'learning_rate': give one of 0\.001 to 1"),
        ({"width": 2.5}, r"the value 2\.5 for 'width': give one of 2 to 9, whole"),
        ({"schedule": CyclicCosine(cycles=9)}, r"the value 'cyclic.* for 'schedule': give one of constant"),
    ],
)
def test_one_that_does_not_fit_is_refused_at_preview(point, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        preview(make_study(start=[start[0], point]), "default")


@pytest.mark.parametrize("points", [{"width": 3}, "width", [3], [{3: 4}]])
def test_what_is_no_list_of_dictionaries_is_refused(points):
    with pytest.raises(InvalidInput, match=r"give a (list of dictionaries|dictionary such as)"):
        make_study(start=points)


def test_with_a_grid_they_give_every_value():
    values = {"learning_rate": (0.01, 0.1), "schedule": (Constant(),), "width": tuple(range(2, 10))}
    with pytest.raises(InvalidInput, match="Starting point 0 has no value for 'width'"):
        preview(make_study(sampler=Grid(values | {"schedule": (Constant(), Cosine())}), start=[start[1]]), "default")
