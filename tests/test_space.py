"""Ranges and choices: the unit interval covers each evenly, and what is asked for wrongly is named with its line."""

import inspect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lightning_modules.errors import InvalidInput
from sweeps.space import Choice, Integer, Log, Uniform
from sweeps.study import Budget
from sweeps.suggest import Middle

spaces = [Uniform(-2.0, 3.5), Log(1e-4, 10.0), Integer(-3, 4), Choice(("a", 2, None, False)), Uniform(1.0, 1.0)]


@given(space=some.sampled_from(spaces), unit=some.floats(0, 1))
def test_every_place_is_in_the_space(space, unit):
    assert space.holds(space.at(unit))


@pytest.mark.parametrize("space", [Integer(-3, 4), Choice(("a", 2, None, False))])
def test_discrete_values_have_equal_parts_of_the_unit_interval(space):
    count = 8 if isinstance(space, Integer) else 4
    values = [space.at((place + 0.5) / 800) for place in range(800)]
    assert [values.count(value) for value in dict.fromkeys(values)] == [800 // count] * count


def test_ranges_are_even_in_their_scale():
    assert [Uniform(2, 6).at(unit) for unit in (0, 0.25, 1)] == [2, 3, 6]
    assert [Log(1e-4, 1).at(unit) for unit in (0, 0.25, 1)] == pytest.approx([1e-4, 1e-3, 1])
    assert (Uniform(2, 6).middle, Log(1e-4, 1).middle, Integer(1, 4).middle) == (4, pytest.approx(1e-2), 2)


@pytest.mark.parametrize(
    ("space", "value"),
    [(Uniform(0, 1), 1.1), (Uniform(0, 1), "x"), (Uniform(0, 1), True), (Integer(0, 3), 1.5), (Choice((1, 2)), 3)],
)
def test_what_a_space_does_not_hold(space, value):
    assert not space.holds(value)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda suggest: suggest.uniform("x", 2, 1), r"range of 'x' is 2 to 1: give low ≤ high"),
        (lambda suggest: suggest.integer("x", 3, 2), r"range of 'x' is 3 to 2: give low ≤ high"),
        (lambda suggest: suggest.integer("x", 3.5, 9), r"lower end of 'x' is 3\.5: give a whole number"),
        (lambda suggest: suggest.log("x", 0, 1), r"range of 'x' is 0 to 1, logarithmic: give 0 < low"),
        (lambda suggest: suggest.uniform("x", 0, math.nan), r"upper end of 'x' is nan: give a finite number"),
        (lambda suggest: suggest.log("x", "a", 1), r"lower end of 'x' is 'a': give a finite number"),
        (lambda suggest: suggest.choice("x", []), r"'x' has no options: give at least one"),
        (lambda suggest: suggest.choice("x", [1, 2, 1]), r"options of 'x' are 1, 2, 1: give each once"),
        (lambda suggest: suggest.choice("x", [object()]), r"cannot stand in a recipe"),
        (
            lambda suggest: (suggest.uniform("x", 0, 1), suggest.uniform("x", 0, 2)),
            r"'x' was asked for from 0 to 1, and now from 0 to 2: give another name",
        ),
    ],
)
def test_a_mistake_is_named_with_the_line_of_the_study(ask, sentence):
    line = inspect.getsourcelines(ask)[1]
    with pytest.raises(InvalidInput, match=rf"^{__file__}, line {line}: .*{sentence}"):
        ask(Middle(Budget(trials=1, search_seeds=[0], report_seeds=[1], epochs=1)))


def test_a_name_that_is_asked_for_again_has_the_same_value():
    suggest = Middle(Budget(trials=1, search_seeds=[0], report_seeds=[1], epochs=1))
    assert suggest.uniform("x", 0, 1) == suggest.uniform("x", 0, 1) == 0.5
    assert suggest.values == {"x": 0.5}
