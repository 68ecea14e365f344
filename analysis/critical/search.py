"""Critical points of a loss surface, searched for from many starts."""

from collections.abc import Callable, Sequence
from threading import Event

import torch

from analysis.critical.criteria import Criteria
from analysis.critical.descent import descend
from analysis.critical.found import Found, found_at
from analysis.critical.gradient_field import GradientField, require_double
from analysis.critical.gradient_norm import GradientNorm
from analysis.critical.method import Method
from analysis.critical.newton_mr import NewtonMR
from analysis.critical.result import CriticalPoints
from analysis.critical.starts import Start
from analysis.curvature.exact import most_parameters
from analysis.curvature.hessian import Hessian
from analysis.own_threads import own_threads
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.stack.working_set import working_set

__all__ = ["critical_points"]

# Bytes of the records of the gradients of the searches that go on together: as much as stays in a processor's cache.
_memory = 2**23
# A search goes on until its gradient is so many times smaller than it has to be: Newton's last step is one of many
# digits, and the norm of the Hessian is only estimated on the way.
_beyond = 1e-3


def critical_points(
    surface: Surface,
    starts: Sequence[Start],
    *,
    methods: Sequence[Method] = (NewtonMR(), GradientNorm()),
    criteria: Criteria | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> CriticalPoints:
    """Search for critical points from every start by every method, and judge where each search ends.

    Every search is kept with its outcome and the reason for it, whatever it
    came to; one that gets nowhere is given up early (`Method.patience`). At its
    end all eigenvalues of the Hessian are computed. Every thread that torch may
    use follows a few searches at a time.

    Arguments:
        surface: in float64, of at most 10,000 parameters.
        starts: `around` makes them from any points.
        methods: from each start each.
        criteria: of what counts as critical.
        tell: takes a line of how far the search is, before each part of it.

    Raises:
        InvalidInput: for another precision, too many parameters, no starts or methods, starts of another model, or a
            model whose second derivatives torch has wrong.

    References:
        | Identifying and attacking the saddle point problem in high-dimensional non-convex optimization
        | (Dauphin et al., 2014), https://arxiv.org/abs/1406.2572
        | Critical point-finding methods reveal gradient-flat regions of deep network losses (Frye et al., 2021)
        | https://arxiv.org/abs/2003.10397
    """
    require_double(surface)
    size = surface.layout.size
    if size > most_parameters:
        raise InvalidInput(
            f"The network has {size:,} parameters, and critical points are sought of at most {most_parameters:,},"
            " whose index can be computed exactly: take a smaller network."
        )
    if not starts or not methods:
        raise InvalidInput("There are no starts, or no methods: give one of each at least.")
    if any(tuple(each.point.shape) != (size,) for each in starts):
        raise InvalidInput(f"A start has not the model's {size} weights: make its point with Surface.row.")
    criteria = criteria or Criteria()
    points = torch.stack([each.point.detach().double() for each in starts])
    # Rather now than at the end of the first search: it refuses a model whose second derivatives torch has wrong.
    Hessian(surface, points[0])
    touched = 4 * working_set(surface.module, tuple(surface.inputs.shape[1:]), len(surface.inputs))
    together = max(1, _memory // touched)
    groups = [slice(first, first + together) for first in range(0, len(starts), together)]
    stopped = Event()

    def search(method: Method, group: slice) -> list[Found]:
        # torch.func writes to the module: each thread has its own.
        own, apart = starts[group], surface.apart()
        tell(f"{method.name}: searching from starts {group.start + 1} to {group.start + len(own)} of {len(starts)}")
        ended = descend(
            GradientField(apart),
            points[group],
            method,
            tolerance=_beyond * criteria.gradient,
            far=criteria.far,
            stopped=stopped,
        )
        tell(f"{method.name}: {len(own)} searches have ended, all eigenvalues at each end come next")
        return [
            found_at(apart, start, end, method.name, int(steps), criteria, given_up)
            for start, end, steps, given_up in zip(own, ended.points, ended.steps, ended.given_up, strict=True)
        ]

    asked = [(method, group) for method in methods for group in groups]
    # So few points are too little work for two threads to share: each has searches of its own.
    with own_threads() as threads:
        try:
            found = [each for own in threads.map(search, *zip(*asked, strict=True)) for each in own]
        finally:
            # One that failed, or was interrupted, leaves no other under way.
            stopped.set()
    return CriticalPoints(
        tuple(found), size, criteria, _has_kinks(surface), examples=surface.examples, penalty=surface.penalty
    )


def _has_kinks(surface: Surface) -> bool:
    from torch import nn

    kinked = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ReLU6, nn.Hardtanh, nn.MaxPool1d, nn.MaxPool2d, nn.Threshold)
    return any(isinstance(layer, kinked) for layer in surface.module.modules())
