"""Successive halving: whose training goes on, against full trainings of all that were proposed."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.augmentation.no_augmentation import NoAugmentation
from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.schedules.exponential import Exponential
from lightning_modules.schedules.step import Step
from lightning_modules.schedules.warmup import Warmup
from lightning_modules.stopping.early_stopping import EarlyStopping
from lightning_modules.training.fit import fit
from sweeps.checkpoints import checkpoint_name
from sweeps.files import read_json
from sweeps.paths import StudyPaths
from sweeps.racing import Racing
from sweeps.sampler import Grid
from sweeps.status import status_of
from sweeps.store import RunStore
from sweeps.study import Budget, Study
from sweeps.successive_halving import SuccessiveHalving
from sweeps.verification import verify
from tests.test_driver import Failing, Recorder, content, run
from tests.test_faults import Diary
from tests.test_searching import Shuffled

halving = SuccessiveHalving()
budget = Budget(trials=10, search_seeds=[0, 1], report_seeds=[5], epochs=9, parallel_trials=4, halving=halving)
# Brackets of 4, 4 and 2 trials: after 1 epoch 2, 2 and 1 go on, after 3 one of each.
entrants = (10, 5, 3)


def recipe(suggest):
    rate = suggest.log("learning_rate", 1e-3, 1.0)
    return (
        Recipe(
            data=Moons(examples=100),
            model=MLP((4,)),
            optimizer=suggest.choice("optimizer", [SGD(0.1, 0.9), Adam(0.01), SGD(1e30)]),
            schedule=suggest.choice("schedule", [Constant(), Exponential(0.1), Step(), CyclicCosine(9)]),
            batch_size=8,
            epochs=suggest.budget.epochs,
        )
        if suggest.choice("plain", [True, False])
        else Recipe(
            data=Moons(examples=100),
            model=MLP((3,)),
            optimizer=SGD(rate),
            schedule=Warmup(Constant()),
            stopping=EarlyStopping(2),
            batch_size=8,
            epochs=suggest.budget.epochs,
        )
    )


study = Study(question="Which?", recipe=recipe, budgets={"default": budget})


def whole_budget(**changes):
    return replace(study, budgets={"default": replace(budget, **changes)})


@pytest.fixture(scope="module")
def halved(tmp_path_factory):
    folder, recorder = tmp_path_factory.mktemp("halved"), Recorder()
    trained = run(folder, watcher=recorder, what=study)
    return folder, trained, recorder


def rung_value(result, epochs):
    """The accuracy of a whole training had it been cut, and whether it had diverged: in single precision, as kept."""
    if result.diverged_step is not None and result.diverged_step <= epochs * result.steps_per_epoch:
        return 0.5, True
    kept = result.run.recipe.stopping.best(result.validation_loss[:epochs].astype(np.float32).tolist())
    return float(np.float32(result.validation_score[:epochs][-1 if kept is None else kept])), False


def by_hand(trials, size, rungs, seeds=(0, 1)):
    """At which rung each trial is dropped (None: at none) and with which value, from whole trainings of all."""
    results = {}
    for each in trials:
        one = Recipe.from_json(each["recipe_json"])
        results[each["number"]] = fit([Run(one, Seeds.all(seed)) for seed in seeds])
    fates = {}
    for first in range(0, len(trials), size):
        left = [each["number"] for each in trials][first : first + size]
        for rung in rungs:
            scores = {}
            for number in left:
                values = [rung_value(result, rung) for result in results[number]]
                mean = sum(value for value, _ in values) / len(values)
                scores[number] = (-mean, sum(diverged for _, diverged in values), number)
            order = sorted(left, key=scores.__getitem__)
            left = order[: -(-len(order) // 3)]
            fates |= {number: (rung, -scores[number][0]) for number in order if number not in left}
        fates |= dict.fromkeys(left, (None, None))
    return fates, results


def assert_decided_by_hand(folder, size=4, rungs=(1, 3), seeds=(0, 1)):
    course = read_json(folder / "it" / "study.json")
    fates, results = by_hand(course["trials"], size, rungs, seeds)
    for trial in course["trials"]:
        rung, value = fates[trial["number"]]
        assert trial["dropped"] == (rung is not None)
        assert value is None or trial["value"] == value
    return course, fates, results


def test_every_rung_is_decided_as_by_whole_trainings_cut_there(halved):
    folder, _, _ = halved
    course, fates, _ = assert_decided_by_hand(folder)
    rungs = [rung for rung, _ in fates.values()]
    assert tuple(sum(rung is None or rung >= at for rung in rungs) for at in (1, 3, 9)) == entrants
    assert len({trial["recipe"] for trial in course["trials"]}) > entrants[1]
    # What the cases are there for: divergence, early stopping and its end, schedules that differ.
    assert any(trial["diverged_seeds"] for trial in course["trials"])
    assert any(trial["recipe_json"]["stopping"]["type"].endswith(":EarlyStopping") for trial in course["trials"])
    whole = {trial["recipe"] for trial in course["trials"] if not trial["dropped"]}
    assert {each["recipe"] for each in course["confirmed"]} <= whole


def test_what_is_trained_to_its_end_is_what_it_is_without_halving(halved, tmp_path):
    folder, _, _ = halved
    _, fates, results = assert_decided_by_hand(folder)
    store, other = RunStore(folder / "it" / "runs"), RunStore(tmp_path)
    for number in [number for number, (rung, _) in fates.items() if rung is None]:
        for result in results[number]:
            other.save(result, "search")
            for name in ("record.json", "curves.safetensors"):
                path = store.path(result.run)
                assert (path / name).read_bytes() == (other.path(result.run) / name).read_bytes()
            assert not (path / checkpoint_name).exists()


def test_as_few_epochs_are_trained_as_promised(tmp_path):
    diary = tmp_path / "diary"

    def marked(suggest):
        rate = suggest.log("learning_rate", 1e-2, 0.3)
        one = Recipe(data=Moons(60), model=MLP((2,)), optimizer=SGD(rate), epochs=suggest.budget.epochs)
        return replace(one, augmentation=Diary(str(diary)) if suggest.budget.halving else NoAugmentation())

    recorder = Recorder()
    trained = run(tmp_path, watcher=recorder, what=replace(study, recipe=marked))
    (batches,) = {record.steps_per_epoch for record in RunStore(tmp_path / "it" / "runs").records()}
    first, second, last = entrants
    epochs = 2 * (first * 1 + second * (3 - 1) + last * (9 - 3)) + 9
    assert diary.stat().st_size == epochs * batches
    assert trained == 2 * last + 1 == read_json(tmp_path / "it" / "study.json")["provenance"]["runs"]
    assert recorder.phases == [("search", 0, 2 * sum(entrants)), ("confirm", 0, 1)]
    assert recorder.runs == 2 * sum(entrants) + 1


def test_a_finished_search_trains_nothing_and_is_sound(halved):
    folder, _, _ = halved
    paths, recorder = StudyPaths(folder / "it"), Recorder()
    before = content(folder)
    assert run(folder, watcher=recorder, what=study) == 0
    assert recorder.runs == 0
    assert [done for _, done, _ in recorder.phases] == [total for _, _, total in recorder.phases]
    assert content(folder) == before
    assert list(verify(paths)) == []
    assert len(list(paths.runs.rglob(checkpoint_name))) > 0
    status = status_of(paths)
    assert (status.told, status.dropped, status.searched) == (10, 10 - entrants[-1], (2 * entrants[-1],) * 2)


@pytest.mark.parametrize("stacks", range(0, 12, 2))
def test_a_search_that_is_killed_and_resumed_ends_as_if_it_had_not_been(stacks, tmp_path, halved):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Failing(stacks), what=study)
    run(tmp_path, what=study)
    assert content(tmp_path) == content(halved[0])
    assert list(verify(StudyPaths(tmp_path / "it"))) == []


@pytest.mark.parametrize("slots", [2, 5])
def test_in_order_nothing_depends_on_timing(slots, tmp_path, halved):
    run(tmp_path, Shuffled(slots, slots), what=study)
    assert content(tmp_path) == content(halved[0])


def test_out_of_order_brackets_are_decided_by_the_same_rule(tmp_path):
    run(tmp_path, Shuffled(3, 1), what=study, in_order=False)
    assert_decided_by_hand(tmp_path)


@pytest.mark.parametrize("in_order", [True, False], ids=["in_order", "out_of_order"])
def test_a_recipe_that_is_proposed_twice_is_decided_twice(in_order, tmp_path):
    def few(suggest):
        optimizer = suggest.choice("optimizer", [SGD(0.3), SGD(0.1), SGD(1e-9)])
        return Recipe(data=Moons(60), model=MLP((2,)), optimizer=optimizer, batch_size=8, epochs=9)

    run(tmp_path, Shuffled(3, 1), what=replace(study, recipe=few, sampler="random"), in_order=in_order)
    course, fates, _ = assert_decided_by_hand(tmp_path)
    rungs = {}
    for trial in course["trials"]:
        rungs.setdefault(trial["recipe"], set()).add(fates[trial["number"]][0])
    assert any(len(each) > 1 for each in rungs.values())
    assert list(verify(StudyPaths(tmp_path / "it"))) == []


def test_lost_evidence_is_trained_again(tmp_path, halved):
    run(tmp_path, what=study)
    lost, broken, *_ = sorted((tmp_path / "it").rglob(checkpoint_name))
    lost.unlink()
    broken.write_bytes(broken.read_bytes()[:-9])
    assert len(list(verify(StudyPaths(tmp_path / "it")))) == 2
    assert run(tmp_path, what=study) == 0
    assert content(tmp_path) == content(halved[0])


def test_search_seeds_may_be_added_and_every_rung_is_decided_anew(tmp_path):
    run(tmp_path, what=study)
    run(tmp_path, what=whole_budget(search_seeds=[0, 1, 2]))
    assert_decided_by_hand(tmp_path, seeds=(0, 1, 2))


def test_trials_may_be_added_where_no_bracket_grows(tmp_path):
    run(tmp_path, what=whole_budget(trials=4))
    run(tmp_path, what=whole_budget(trials=6))
    assert_decided_by_hand(tmp_path)
    with pytest.raises(InvalidInput, match=r"halving compared the last 2 of 6 trials, and there are 7 now: give a new"):
        run(tmp_path, what=whole_budget(trials=7))


def test_halving_is_neither_begun_nor_left_out_under_way(tmp_path):
    run(tmp_path, what=whole_budget(trials=4))
    for changed in (None, SuccessiveHalving(2, 2), SuccessiveHalving(3, 1)):
        with pytest.raises(InvalidInput, match=r"halving was {.*reduction: 3, rungs: 2.*} when its search began"):
            run(tmp_path, what=whole_budget(trials=4, halving=changed))


@given(epochs=st.integers(1, 500), reduction=st.integers(2, 6), rungs=st.integers(1, 6))
def test_rungs_are_different_epochs_that_grow_by_the_reduction(epochs, reduction, rungs):
    made = SuccessiveHalving(reduction, rungs)
    if epochs < (least := reduction**rungs):
        with pytest.raises(InvalidInput, match=rf"{epochs}/{least} of an epoch: .* at least {least} "):
            made.epochs(epochs)
        return
    ends = (*made.epochs(epochs), epochs)
    assert len(ends) == rungs + 1
    assert ends[0] >= 1
    for k, end in enumerate(reversed(ends)):
        assert (end - 1) * reduction**k < epochs <= end * reduction**k
    assert all(first < second for first, second in itertools.pairwise(ends))


@given(trials=st.integers(1, 200), bracket=st.integers(2, 40), reduction=st.integers(2, 6), rungs=st.integers(1, 4))
def test_as_many_enter_a_rung_as_went_on_from_the_one_before(trials, bracket, reduction, rungs):
    made = SuccessiveHalving(reduction, rungs)
    expected = [0] * (rungs + 1)
    for first in range(0, trials, bracket):
        left = list(range(first, min(first + bracket, trials)))
        for place in range(rungs + 1):
            expected[place] += len(left)
            left = left[: made.kept(len(left))]
            assert left
    assert made.entrants(trials, bracket) == tuple(expected)
    assert made.entrants(trials, bracket)[0] == trials


def with_schedule(schedule, **changes):
    return lambda suggest: replace(
        Recipe(data=Moons(100), model=MLP((2,)), optimizer=SGD(0.1), schedule=schedule, epochs=9), **changes
    )


@pytest.mark.parametrize(
    ("schedule", "rung"),
    [(Cosine(), 1), (CyclicCosine(3), 1), (CyclicCosine(4), 1), (Warmup(Constant(), 0.2), 1), (Warmup(Cosine()), 1)],
    ids=["cosine", "cycles_of_three", "cycles_that_end_elsewhere", "warm_up", "cosine_after_warm_up"],
)
def test_a_schedule_that_a_rung_cuts_is_refused_before_anything_is_trained(schedule, rung, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        run(tmp_path, what=replace(study, recipe=with_schedule(schedule)))
    sentence = re.escape(type(schedule).__name__[:3].lower()) + rf".* after {rung} of 9 epochs.*: give a schedule"
    assert re.search(sentence, str(refused.value), re.IGNORECASE)
    assert not list((tmp_path / "it" / "runs").glob("*/*"))


def test_an_option_that_a_rung_cuts_is_refused_before_the_search(tmp_path):
    def mixed(suggest):
        return with_schedule(suggest.choice("schedule", [Constant(), Cosine()]))(suggest)

    with pytest.raises(InvalidInput, match=r"(?i)cosine.* after 1 of 9"):
        run(tmp_path, what=replace(study, recipe=mixed))
    assert not list((tmp_path / "it" / "runs").glob("*/*"))
    grid = Grid({"schedule": (Constant(),)})
    run(tmp_path, what=replace(whole_budget(trials=1), recipe=mixed, sampler=grid))
    both = Grid({"schedule": (Constant(), Cosine())})
    with pytest.raises(InvalidInput, match=r"(?i)cosine.* after 1 of 9"):
        run(tmp_path / "both", what=replace(whole_budget(trials=2), recipe=mixed, sampler=both))


def test_a_cut_that_only_one_trial_meets_is_refused_before_that_trial(tmp_path):
    def rare(suggest):
        wild = suggest.uniform("wild", 0, 1) > 0.9
        return with_schedule(Cosine() if wild else Constant())(suggest)

    what = replace(study, recipe=rare, sampler="quasi-random")
    with pytest.raises(InvalidInput, match=r"(?i)cosine.* after 1 of 9"):
        run(tmp_path, what=replace(what, start=[{"wild": 0.95}], budgets={"default": replace(budget, trials=10)}))
    assert not list((tmp_path / "it" / "runs").glob("*/*"))


def test_epochs_of_ones_own_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"has 6 epochs, and the rungs .* its 9: give the recipe epochs=suggest"):
        run(tmp_path, what=replace(study, recipe=with_schedule(Constant(), epochs=6)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"halving": True}, r"halving is True: give SuccessiveHalving\(\)"),
        ({"racing": Racing()}, "racing and halving"),
        ({"parallel_trials": 1}, "parallel_trials is 1"),
        ({"epochs": 8}, "8/9 of an epoch: give the budget at least 9 epochs"),
    ],
    ids=["another_kind", "racing_too", "nobody_to_compare_with", "too_few_epochs"],
)
def test_budgets_that_cannot_be_halved_are_refused(changes, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        replace(budget, **changes)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((1, 2), "reduction is 1"), ((3, 0), "rungs is 0"), ((2.5, 1), r"reduction is 2\.5")],
    ids=["nobody_dropped", "no_rung", "fraction"],
)
def test_halvings_that_are_none_are_refused(arguments, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        SuccessiveHalving(*arguments)
