"""When recipes are proposed and told: in order it depends on no timing, out of order no slot waits."""

import random
from dataclasses import replace

import pytest

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from sweeps.executors.executor import Executor, Outcome
from sweeps.executors.worker import perform
from sweeps.pool import Pool
from sweeps.store import RunStore
from sweeps.study import Budget, Study
from tests.test_driver import content, run

budget = Budget(trials=9, search_seeds=[0, 1], report_seeds=[5], epochs=1, parallel_trials=3)


def recipe(suggest):
    return Recipe(
        data=Moons(examples=100),
        model=MLP((suggest.integer("width", 2, 5),)),
        optimizer=SGD(suggest.log("learning_rate", 1e-2, 1.0)),
        epochs=suggest.budget.epochs,
    )


study = Study(question="Which?", recipe=recipe, budgets={"default": budget})


class Shuffled(Executor):
    """Slots of which one at random is done next."""

    def __init__(self, slots, seed):
        self.slots, self._random, self._tasks, self.most = slots, random.Random(seed), [], 0

    def submit(self, task):
        self._tasks.append(task)
        self.most = max(self.most, len(self._tasks))
        assert len(self._tasks) <= self.slots, "more than the slots"

    def next_outcome(self):
        return perform(self._tasks.pop(self._random.randrange(len(self._tasks))))

    def close(self):
        self._tasks.clear()


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    run(folder, Shuffled(1, 0), what=study)
    return content(folder)


@pytest.mark.parametrize(("slots", "seed"), [(2, 1), (3, 2), (5, 3)])
def test_in_order_nothing_depends_on_timing_or_on_the_number_of_slots(tmp_path, alone, slots, seed):
    executor = Shuffled(slots, seed)
    run(tmp_path, executor, what=study)
    assert content(tmp_path) == alone
    assert executor.most > 1


def test_out_of_order_a_slow_trial_blocks_nothing(tmp_path):
    class Slow(Shuffled):
        """The stack that came first is done last."""

        def next_outcome(self):
            return perform(self._tasks.pop(1 if len(self._tasks) > 1 else 0))

    def widths(suggest):
        return replace(recipe(suggest), model=MLP((2 + suggest.integer("number", 0, 30),)))

    what = replace(study, recipe=widths)
    executor = Slow(2, 0)
    run(tmp_path, executor, what=what, in_order=False)
    course = content(tmp_path)["study"].decode()
    assert course.count('"number"') >= 9
    assert executor.most == 2


def test_a_recipe_proposed_twice_is_trained_once(tmp_path):
    def constant(suggest):
        suggest.log("idle", 0.1, 1.0)
        return replace(recipe(suggest), model=MLP((3,)), optimizer=SGD(0.1))

    trained = run(tmp_path, Shuffled(2, 0), what=replace(study, recipe=constant))
    assert trained == len(budget.search_seeds) + len(budget.report_seeds)


def test_a_pool_takes_a_run_once_and_hands_out_no_more_than_the_slots(tmp_path):
    runs = [Run(Recipe(data=Moons(60), model=MLP((2,)), optimizer=SGD(0.1), epochs=1), Seeds.all(s)) for s in range(5)]
    outcomes: list[Outcome] = []
    pool = Pool("search", RunStore(tmp_path), Shuffled(2, 0), outcomes.append)
    assert pool.empty
    pool.add(runs[:3])
    pool.fill()
    pool.add(runs)
    done = []
    while not pool.empty:
        done += pool.next_stack()
    assert sorted(done, key=lambda each: each.seeds.init) == runs
    assert sum(len(outcome.task.runs) for outcome in outcomes) == 5


def test_bad_budgets_are_refused():
    with pytest.raises(InvalidInput, match="parallel_trials"):
        replace(budget, parallel_trials=0)
