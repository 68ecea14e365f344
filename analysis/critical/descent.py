"""The search from many starts at once: a method's directions, and a line search on the norm of the gradient."""

from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Event

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.critical.gradient_field import GradientField, Recorded
from analysis.critical.method import Method, Standing
from analysis.critical.standstill import Standstill
from lightning_modules.randomness import stream

__all__ = ["Ended", "descend"]

# Armijo's share of the decrease that the slope promises, and how often a step is halved.
_share, _halvings = 1e-4, 40
# A step of which less than this share is left says that the direction is a bad one.
_jammed = 1e-2
_tiny = 1e-300


@dataclass(frozen=True)
class Ended:
    """Where searches ended.

    Arguments:
        points: (searches, parameters).
        steps: that each took, (searches,).
        given_up: why a search was ended that might have gone on, in words; empty where it ended by itself.
    """

    points: Tensor
    steps: npt.NDArray[np.int64]
    given_up: tuple[str, ...]


def descend(
    field: GradientField, starts: Tensor, method: Method, *, tolerance: float, far: float, stopped: Event
) -> Ended:
    """Make the gradient's norm smaller from each start, until it is small, or no step makes it smaller.

    A search ends by itself: when ``‖g‖`` is at most `tolerance` times
    ``‖H‖ ‖w‖``, when its weights are `far` times as long as at the start, when
    or when no step along its direction or the steepest makes the gradient
    smaller. It is given up after the method's steps, or when ``½‖g‖²`` has
    fallen by less than 2 % over the method's patience. One whose gradient is
    not finite stays where it is.

    Arguments:
        field: of the gradients.
        starts: (searches, parameters).
        method: says where to go.
        tolerance: of the gradient; ``‖H‖`` is estimated from below, ``‖w‖`` is the longer of now and at the start.
        far: in lengths of the start.
        stopped: set by another thread, it ends the search before its next step.

    Raises:
        CancelledError: if it was stopped.
    """
    points, steps = starts.clone(), torch.zeros(len(starts), dtype=torch.int64)
    lengths = starts.norm(dim=1)
    limits = torch.where(lengths > 0, far * lengths, torch.inf)
    directions = method.begin(starts)
    source = torch.Generator().manual_seed(stream("lanczos", 0))
    probes = torch.randn(starts.shape[1], generator=source, dtype=starts.dtype).repeat(len(starts), 1)
    first = torch.full_like(lengths, torch.nan)
    rows = torch.arange(len(starts))
    given_up = [""] * len(starts)
    standstill = Standstill(len(starts), method.patience)
    while len(rows):
        if stopped.is_set():
            raise CancelledError
        recorded = field.at(points[rows])
        sizes, now = recorded.gradients.norm(dim=1), points[rows].norm(dim=1)
        first[rows] = torch.where(first[rows].isnan(), sizes, first[rows])
        pulled = recorded.products(recorded.gradients)
        norms = torch.maximum(pulled.norm(dim=1) / sizes.clamp(min=_tiny), _power_step(recorded, probes, rows))
        # Nothing that is not finite is above or below anything, and so goes on.
        going = (sizes > tolerance * norms * torch.maximum(now, lengths[rows])) & (now <= limits[rows])
        stalled = going & standstill.of(rows, steps[rows], sizes.square())
        late = going & ~stalled & (steps[rows] >= method.steps)
        for row in rows[stalled].tolist():
            given_up[row] = standstill.words
        for row in rows[late].tolist():
            given_up[row] = f"it was given up after {method.steps} steps"
        going &= ~(stalled | late)
        if not going.all():
            rows = rows[going]
            continue
        ways = directions(Standing(rows, recorded, pulled, norms, sizes / first[rows]))
        moved, values = _line_search(field, recorded, ways, pulled)
        # A direction can be all but orthogonal to the steepest: then both are tried.
        jammed = (moved - recorded.points).norm(dim=1) < _jammed * ways.norm(dim=1)
        jammed |= values >= sizes**2 / 2
        if jammed.any():
            steepest = torch.where(jammed[:, None], -pulled / norms.square().clamp(min=_tiny)[:, None], 0)
            other, lower = _line_search(field, recorded, steepest, pulled)
            moved = torch.where((lower < values)[:, None], other, moved)
            values = torch.minimum(values, lower)
        smaller = values < sizes**2 / 2
        points[rows] = moved
        steps[rows] += smaller
        rows = rows[smaller]
    return Ended(points, steps.numpy(), tuple(given_up))


def _power_step(recorded: Recorded, probes: Tensor, rows: Tensor) -> Tensor:
    """Return estimates of ``‖H‖``, (searches,), and follow the eigenvectors of the moving Hessians in `probes`."""
    pushed = recorded.products(probes[rows] / probes[rows].norm(dim=1, keepdim=True))
    found: Tensor = pushed.norm(dim=1)
    probes[rows] = torch.where((found.isfinite() & (found > 0))[:, None], pushed, probes[rows])
    return found


def _line_search(field: GradientField, recorded: Recorded, ways: Tensor, pulled: Tensor) -> tuple[Tensor, Tensor]:
    """Return the points after a step each, (searches, parameters), and ``½‖g‖²`` there; where none helps, as before.

    Steps are halved from 1 until the decrease is a share of what the slope promises.
    """
    points, values = recorded.points.clone(), recorded.gradients.square().sum(dim=1) / 2
    slopes = (ways * pulled).sum(dim=1)
    # Rounding can turn a direction around.
    pending = torch.nonzero(slopes.isfinite() & (slopes < 0))[:, 0]
    length = 1.0
    for _ in range(_halvings):
        if not len(pending):
            break
        trial = recorded.points[pending] + length * ways[pending]
        found = field.gradients(trial).square().sum(dim=1) / 2
        # The first comparison is no decrease where rounding hides what the slope promises.
        enough = (found <= values[pending] + _share * length * slopes[pending]) & (found < values[pending])
        points[pending[enough]], values[pending[enough]] = trial[enough], found[enough]
        pending = pending[~enough]
        length /= 2
    return points, values
