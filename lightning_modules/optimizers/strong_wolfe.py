"""A line search for the strong Wolfe conditions."""

from collections.abc import Generator

from lightning_modules.optimizers.cubic_interpolation import Point, cubic_minimum

__all__ = ["Search", "strong_wolfe"]

Search = Generator[float, Point, Point]
"""Yields the steps at which it wants to know the objective, is sent the points there, and returns one of them."""

_decrease = 1e-4
_curvature = 0.9


def strong_wolfe(start: Point, step: float, reach: float, tolerance: float, trials: int) -> Search:
    """Search a step t > 0 with ``f(t) ≤ f(0) + 10⁻⁴ t f'(0)`` and ``|f'(t)| ≤ 0.9 |f'(0)|``.

    The step grows until an interval must hold such a point, and the interval
    shrinks until the point is found, or is returned as good as it is after so
    many trials. It is a generator so that many searches can go on side by side,
    each asking for its own steps.

    Arguments:
        start: at step 0, with a negative slope.
        step: the first to be tried.
        reach: the largest element of the direction, absolute.
        tolerance: the interval is small enough when it moves no weight by more than this.
        trials: steps tried after the first.

    References:
        | Numerical optimization (Nocedal & Wright, 2006), algorithms 3.5 and 3.6; bounds as in torch and minFunc
        | https://doi.org/10.1007/978-0-387-40065-5
    """
    previous, point = start, (yield step)
    for trial in range(trials):
        if _too_high(start, point) or (trial > 1 and point.loss >= previous.loss):
            return (yield from _zoom(start, [previous, point], reach, tolerance, trials - trial))
        if _flat(start, point):
            return point
        if point.slope >= 0:
            return (yield from _zoom(start, [previous, point], reach, tolerance, trials - trial))
        nearest = point.step + 0.01 * (point.step - previous.step)
        previous, point = point, (yield cubic_minimum(previous, point, nearest, 10 * point.step))
    return _lower(start, point)


def _zoom(start: Point, ends: list[Point], reach: float, tolerance: float, trials: int) -> Search:
    """Shrink an interval that holds a point of the kind looked for."""
    low = 0 if ends[0].loss <= ends[1].loss else 1
    stuck = False
    for _ in range(trials):
        left, right = min(ends[0].step, ends[1].step), max(ends[0].step, ends[1].step)
        if (right - left) * reach < tolerance:
            break
        step = cubic_minimum(ends[0], ends[1], left, right)
        margin = 0.1 * (right - left)
        at_the_edge = min(right - step, step - left) < margin
        leave = at_the_edge and (stuck or step >= right or step <= left)
        if leave:
            step = right - margin if abs(step - right) < abs(step - left) else left + margin
        stuck = at_the_edge and not leave
        point = yield step
        if _too_high(start, point) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if _flat(start, point):
            return point
        if point.slope * (ends[1 - low].step - ends[low].step) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = point
    return ends[low]


def _too_high(start: Point, point: Point) -> bool:
    return point.loss > start.loss + _decrease * point.step * start.slope


def _flat(start: Point, point: Point) -> bool:
    return abs(point.slope) <= -_curvature * start.slope


def _lower(first: Point, second: Point) -> Point:
    return first if first.loss <= second.loss else second
