"""The search proposes the same recipes however often it is interrupted."""

import optuna
import pytest

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from sweeps.search import Search
from sweeps.study import Budget, Study
from sweeps.suggest import Middle, build_recipe

budget = Budget(trials=20, search_seeds=[0], report_seeds=[1], epochs=4)


def recipe(suggest):
    schedule = suggest.choice("schedule", [Constant(), Cosine(), CyclicCosine(cycles=2)])
    width = suggest.integer("width", 2, 9)
    momentum = suggest.uniform("momentum", 0.5, 0.9) if isinstance(schedule, Cosine) else 0.0
    return Recipe(
        data=Moons(),
        model=MLP(widths=(width,)),
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=suggest.log("learning_rate", 1e-3, 1.0), momentum=momentum),
        schedule=schedule,
        epochs=suggest.budget.epochs,
    )


def make_study(function=recipe, **changes):
    return Study(question="Is it?", recipe=function, budgets={"default": budget}, **changes)


def value(each):
    """A smooth landscape with its optimum at a learning rate of 0.1 and the cosine."""
    import math

    return -((math.log10(each.optimizer.learning_rate) + 1) ** 2) - (0 if isinstance(each.schedule, Cosine) else 1)


def ask_all(search, count, batch=4):
    proposals = []
    for start in range(0, count, batch):
        asked = [search.ask() for _ in range(min(batch, count - start))]
        for each in asked:
            search.tell(each.number, value(each.recipe))
        proposals += asked
    return [each.recipe for each in proposals]


def test_conditional_ranges_are_respected(tmp_path):
    recipes = ask_all(Search(make_study(), "default", tmp_path / "search.db"), 16)
    assert all(1e-3 <= each.optimizer.learning_rate <= 1 for each in recipes)
    assert all(2 <= each.model.widths[0] <= 9 for each in recipes)
    assert {type(each.schedule) for each in recipes} == {Constant, Cosine, CyclicCosine}
    assert all((each.optimizer.momentum > 0) == isinstance(each.schedule, Cosine) for each in recipes)


def test_another_search_seed_proposes_other_recipes(tmp_path):
    first = Search(make_study(), "default", tmp_path / "a.db").ask().recipe
    assert Search(make_study(search_seed=1), "default", tmp_path / "b.db").ask().recipe != first
    assert Search(make_study(), "default", tmp_path / "c.db").ask().recipe == first


def test_an_interrupted_search_goes_on_as_if_it_had_not_been(tmp_path):
    whole = ask_all(Search(make_study(), "default", tmp_path / "whole.db"), 16)
    path = tmp_path / "parts.db"
    search = Search(make_study(), "default", path)
    recipes = ask_all(search, 12)
    third = [search.ask() for _ in range(2)]  # killed while asking the last four
    again = Search(make_study(), "default", path)
    proposals = again.proposals()
    assert [each.recipe for each in proposals[:12]] == recipes
    assert [each.value for each in proposals[:12]] == [value(each) for each in recipes]
    assert proposals[12:] == third
    proposals += [again.ask() for _ in range(2)]
    again.tell(12, value(proposals[12].recipe))  # killed while telling them
    once_more = Search(make_study(), "default", path).proposals()
    assert [each.recipe for each in once_more] == whole
    assert [each.value is None for each in once_more[12:]] == [False, True, True, True]


def test_the_search_learns(tmp_path):
    recipes = ask_all(Search(make_study(), "default", tmp_path / "search.db"), 40)
    late, early = [[value(each) for each in part] for part in (recipes[-15:], recipes[:10])]
    assert sum(late) / 15 > sum(early) / 10


def test_a_smaller_loss_is_better(tmp_path):
    Search(make_study(metric="validation_loss"), "default", tmp_path / "search.db")
    found = optuna.load_study(study_name="default", storage=f"sqlite:///{tmp_path / 'search.db'}")
    assert found.direction.name == "MINIMIZE"


def test_a_changed_recipe_is_refused(tmp_path):
    Search(make_study(), "default", tmp_path / "search.db").ask()

    def changed(suggest):
        return Recipe(**(vars(recipe(suggest)) | {"batch_size": 7}))

    with pytest.raises(InvalidInput, match="has changed since trial 0 was made"):
        Search(make_study(changed), "default", tmp_path / "search.db").proposals()


def test_equal_options_are_refused(tmp_path):
    def twice(suggest):
        return suggest.choice("schedule", [Cosine(), Cosine()])

    with pytest.raises(InvalidInput, match="each once"):
        Search(make_study(twice), "default", tmp_path / "search.db").ask()


def test_a_recipe_that_fails_is_named_with_its_line():
    def broken(suggest):
        return suggest.choice("schedule", [1]) / 0

    with pytest.raises(InvalidInput, match=r"test_search\.py, line \d+: ZeroDivisionError"):
        build_recipe(make_study(broken), Middle(budget))
    with pytest.raises(InvalidInput, match="return a Recipe"):
        build_recipe(make_study(lambda suggest: 3), Middle(budget))


def test_the_middle_of_every_range():
    middle = build_recipe(make_study(), Middle(budget))
    assert middle.optimizer.learning_rate == pytest.approx(1e-3**0.5)
    assert (middle.model.widths, middle.schedule) == ((5,), Constant())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"search_seeds": [0, 1], "report_seeds": [1, 2]}, "overlap in 1"),
        ({"trials": 0}, "trials is 0"),
        ({"epochs": 0}, "epochs is 0"),
        ({"search_seeds": []}, "at least one seed"),
        ({"report_seeds": [5, 5]}, "each once"),
        ({"report_seeds": [-1]}, "is -1"),
    ],
)
def test_bad_budgets(changes, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        Budget(**({"trials": 1, "search_seeds": [0], "report_seeds": [1], "epochs": 1} | changes))


def test_a_changed_metric_is_refused(tmp_path):
    Search(make_study(), "default", tmp_path / "search.db").ask()
    with pytest.raises(InvalidInput, match=r"metric was validation_accuracy .* is validation_loss now"):
        Search(make_study(metric="validation_loss"), "default", tmp_path / "search.db")


def test_a_folder_may_be_called_anything(tmp_path):
    folder = tmp_path / "sp ace 'q\" ünï?x=1#f%41&b"
    folder.mkdir()
    Search(make_study(), "default", folder / "search.db").ask()
    assert len(Search(make_study(), "default", folder / "search.db").proposals()) == 1
    assert (folder / "search.db").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
