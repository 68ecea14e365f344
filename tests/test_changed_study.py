"""A study file may add to an old store and change nothing in it; what changed is shown."""

from dataclasses import replace

import optuna
import pytest

from analysis.claims_document import claims_document
from analysis.findings import find
from analysis.report import write_report
from analysis.results import StudyResults
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from sweeps.changes import described, study_changes
from sweeps.claim import Claim
from sweeps.paths import StudyPaths
from sweeps.racing import Racing
from sweeps.search import Search
from sweeps.successive_halving import SuccessiveHalving
from tests.test_driver import content, run
from tests.test_driver import recipe as small
from tests.test_driver import study as small_study
from tests.test_search import ask_all, budget, make_study, recipe, value

point = {"learning_rate": 0.1, "schedule": Cosine()}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A search of which four trials were told and one was not."""
    file = tmp_path_factory.mktemp("old") / "search.db"
    search = Search(make_study(start=[point]), "default", file)
    ask_all(search, 4)
    search.ask()
    return file


def with_budget(**changes):
    return replace(make_study(start=[point]), budgets={"default": replace(budget, **changes)})


@pytest.mark.parametrize(
    ("study", "sentence"),
    [
        (make_study(start=[point], search_seed=3), r"seed was 0 when its search began and is 3 now"),
        (make_study(start=[point], sampler="random"), r"sampler was tpe when its search began and is random now"),
        (make_study(), r"starting points were {learning_rate: 0\.1, schedule: cosine.*} when .* and are none now"),
        (make_study(start=[point | {"width": 3}]), r"starting points were {.*} when .* and are {.*, width: 3} now"),
        (make_study(start=[point] * 2), r"starting points were {.*} when .* and are {.*}, {.*} now"),
        (with_budget(epochs=9), r"epochs were 4 when its search began and are 9 now"),
        (with_budget(search_seeds=[3]), r"search seeds were 0 when its search began and are 3 now"),
        (with_budget(report_seeds=[2]), r"report seeds were 1 when its search began and are 2 now"),
        (with_budget(trials=3), r"trials were 5 when its search began and are 3 now"),
        (with_budget(parallel_trials=3), r"parallel trials were 8 when its search began and are 3 now"),
        (
            with_budget(halving=SuccessiveHalving(2, 2)),
            r"halving was none when its search began and is {.*reduction: 2, rungs: 2.*} now",
        ),
        (with_budget(racing=Racing()), r"racing was none when its search began and is {.*block: 5.*} now"),
    ],
)
def test_a_change_is_refused_and_shown(path, study, sentence):
    with pytest.raises(InvalidInput, match=sentence + ".*: give a new --store, or undo the change"):
        Search(study, "default", path)


def test_a_search_from_before_there_was_halving_had_none():
    now = described(with_budget(), "default")
    before = {name: value for name, value in now.items() if name != "halving"}
    assert study_changes(before, now, 4) == []
    (change,) = study_changes(before, described(with_budget(halving=SuccessiveHalving(2, 2)), "default"), 4)
    assert change.startswith("halving was none")


def changed(**fields):
    return lambda suggest: Recipe(**(vars(recipe(suggest)) | fields))


class Edited:
    """A `Suggest` as an edited study file uses it."""

    def __init__(self, suggest, edits):
        self._suggest, self._edits = suggest, edits
        self.budget = suggest.budget

    def __getattr__(self, kind):
        return lambda name, *rest: self._edits.get(name, getattr(self._suggest, kind))(name, *rest)


def edited(**edits):
    return lambda suggest: recipe(Edited(suggest, {name: edit(suggest) for name, edit in edits.items()}))


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (changed(batch_size=7), r"\(batch_size was \d+ and is 7 now\)"),
        (
            edited(learning_rate=lambda suggest: lambda name, *_: suggest.log(name, 0.01, 1)),
            r"\('learning_rate' was asked for from 0\.001 to 1, logarithmic and is from 0\.01 to 1, logarithmic now\)",
        ),
        (
            edited(schedule=lambda suggest: lambda name, _: suggest.choice(name, [Constant(), Cosine()])),
            r"\('schedule' was asked for from constant.*, cosine.*, cyclic.* and is from constant.*, cosine \w+ now\)",
        ),
        (
            edited(width=lambda suggest: lambda name, *_: suggest.uniform(name, 2, 9)),
            r"\('width' was asked for from 2 to 9, whole and is from 2 to 9 now\)",
        ),
        (edited(width=lambda _: lambda *_: 3), r"\('width' was asked for and is not now\)"),
        (
            edited(width=lambda suggest: lambda *_: suggest.integer("units", 2, 9)),
            r"\('units' was not asked for and is now\)",
        ),
    ],
)
def test_a_changed_recipe_is_refused_and_shown(path, function, sentence):
    with pytest.raises(InvalidInput, match=f"has changed since trial 0 was made {sentence}: give a new --store"):
        Search(make_study(function, start=[point]), "default", path).proposals()


def test_what_only_adds_is_taken(path):
    claim = Claim("It is.", estimate="ensemble_gain_accuracy[schedule=cosine]", bound=0.0, direction="above")
    more = with_budget(trials=60, report_seeds=[7, 1], winners=3)
    more = replace(more, claims=[claim], group_by=["schedule"], budgets=dict(more.budgets) | {"full": budget})
    proposals = Search(more, "default", path).proposals()
    assert [each.value is None for each in proposals] == [False] * 4 + [True]
    assert Search(more, "full", path).proposals() == []
    with pytest.raises(InvalidInput, match=r"report seeds were 7, 1 when its search began and are 1 now"):
        Search(make_study(start=[point]), "default", path)


def test_starting_points_that_were_not_tried_may_change(tmp_path):
    ask_all(Search(make_study(start=[point]), "default", tmp_path / "search.db"), 1)
    study = make_study(start=[point, {"learning_rate": 0.5}])
    assert Search(study, "default", tmp_path / "search.db").ask().recipe.optimizer.learning_rate == 0.5


def test_before_the_first_trial_anything_may_change(tmp_path):
    Search(make_study(), "default", tmp_path / "search.db")
    Search(make_study(search_seed=3, sampler="random"), "default", tmp_path / "search.db").ask()


def seeds(*numbers):
    return replace(make_study(), budgets={"default": replace(budget, search_seeds=numbers, report_seeds=[9])})


def test_with_added_seeds_recipes_stay_and_values_are_told_anew(tmp_path, monkeypatch):
    path = tmp_path / "search.db"
    recipes = ask_all(Search(seeds(0), "default", path), 12)

    original, added = optuna.Study.add_trial, []

    def add_few(self, trial):
        if len(added) == 5:
            raise KeyboardInterrupt
        added.append(trial)
        original(self, trial)

    with monkeypatch.context() as patch:
        patch.setattr("optuna.Study.add_trial", add_few)
        with pytest.raises(KeyboardInterrupt):
            Search(seeds(0, 4), "default", path)
    search = Search(seeds(0, 4), "default", path)
    assert [(each.recipe, each.value) for each in search.proposals()] == [(each, None) for each in recipes]
    for number, each in enumerate(recipes):
        search.tell(number, 2 * value(each))
    again = Search(seeds(0, 4), "default", path)
    assert [each.value for each in again.proposals()] == [2 * value(each) for each in recipes]
    again.ask()
    assert len(Search(seeds(0, 4), "default", path).proposals()) == 13
    with pytest.raises(InvalidInput, match="search seeds were 0, 4 when its search began and are 0 now"):
        Search(seeds(0), "default", path)
    assert len(Search(seeds(0, 4, 5), "default", path).proposals()) == 13


def test_a_study_with_added_seeds_is_the_same_however_often_it_is_run(tmp_path):
    def grown(search, report, trials):
        few = replace(small_study.budgets["default"], search_seeds=search, report_seeds=report, trials=trials)
        return replace(small_study, recipe=small, budgets={"default": few})

    for name in ("one", "two"):
        run(tmp_path / name, what=grown([0], [5], 6))
        run(tmp_path / name, what=grown([0, 1], [5, 6], 8))
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert run(tmp_path / "one", what=grown([0, 1], [5, 6], 8)) == 0


@pytest.mark.usefixtures("undrawn")
def test_a_claim_that_was_changed_after_the_first_run_says_so(tmp_path):
    first = Claim("Cosine wins.", "test_accuracy[winner]", 0.1, "above")
    paths = StudyPaths(tmp_path / "it")
    run(tmp_path, what=replace(small_study, claims=[first]))
    # Its reading comes later by nature, what it claims does not.
    read = replace(first, reading="It is easy.")
    turned = replace(first, direction="below")
    for claims in ([read], [turned, read], [read, replace(first, bound=0.2)]):
        run(tmp_path, what=replace(small_study, claims=claims))
        late = {each.claim for each in find(StudyResults.open(paths), []).judgements if each.late}
        assert late == set(claims) - {read}
    page = write_report(paths).read_text()
    assert page.count("(written down, or changed, after the study was first run)") == 1
    assert "1 of 2 claims is written down, or changed, after the study was first run" in page
    assert "Written down before the study ran." not in page
    table = claims_document([paths], "atlas results")
    assert "1 of them written down with their bounds before their studies ran and 1 later" in table
