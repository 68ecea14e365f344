"""What a search for a critical point came to: where it began, where it ended, and what is there."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis.critical.criteria import Criteria, Outcome
from analysis.critical.index import IndexSweep
from analysis.critical.starts import Start
from analysis.curvature.exact import ExactSpectrum, exact_spectrum
from analysis.curvature.hessian import Hessian
from analysis.json_numbers import number
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput

__all__ = ["Found", "found_at"]


@dataclass(frozen=True)
class Found:
    """The end of one search.

    Arguments:
        start: where it began.
        method: by which it went, its name.
        steps: that it took.
        outcome: whether it is a critical point, and if not, what.
        reason: for it, in words.
        point: where it ended, (parameters,).
        start_loss: where it began.
        loss: where it ended.
        gradient_norm: there.
        relative_gradient: ``‖g‖ / (‖H‖ ‖w‖)``; NaN where something is not finite.
        flatness: ``‖H g‖ / (‖H‖ ‖g‖)``; NaN where g is zero or something is not finite.
        growth: the weights' length over that at the start.
        distance: from the start, in lengths of the start.
        spectrum: of the Hessian there, exact; None where it is not finite.
    """

    start: Start
    method: str
    steps: int
    outcome: Outcome
    reason: str
    point: Tensor
    start_loss: float
    loss: float
    gradient_norm: float
    relative_gradient: float
    flatness: float
    growth: float
    distance: float
    spectrum: ExactSpectrum | None

    @property
    def index(self) -> IndexSweep | None:
        """The share of negative eigenvalues over a sweep of ε; None where the Hessian is not finite."""
        return None if self.spectrum is None else IndexSweep.of(self.spectrum)

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON data, the weights left out."""
        names = ("start_loss", "loss", "gradient_norm", "relative_gradient", "flatness", "growth", "distance")
        index = self.index
        return {
            "start": self.start.kind,
            "origin": self.start.origin,
            "noise": self.start.noise,
            "method": self.method,
            "steps": self.steps,
            "outcome": self.outcome,
            "reason": self.reason,
            **{name: number(getattr(self, name)) for name in names},
            "largest_eigenvalue": None if index is None else index.scale,
            "index": None if index is None else index.shares.tolist(),
        }


def found_at(
    surface: Surface, start: Start, end: Tensor, method: str, steps: int, criteria: Criteria, given_up: str = ""
) -> Found:
    """Measure the end of a search, and judge it.

    Arguments:
        surface: in float64.
        start: of the search.
        end: where it ended, (parameters,).
        method: by which it went.
        steps: that it took.
        criteria: by which it is judged.
        given_up: why it did not go on, in words; empty where it ended by itself.
    """
    hessian = Hessian(surface, end)
    gradient = hessian.gradient.detach()
    norm = float(gradient.norm())
    began, ended = float(start.point.norm()), float(end.norm())
    growth = ended / began if began else 1.0
    spectrum = None
    relative = flatness = np.nan
    if np.isfinite([norm, float(hessian.loss.detach()), ended]).all():
        # A gradient can be finite where its derivative is not.
        with suppress(InvalidInput):
            spectrum = exact_spectrum(surface, end)
    if spectrum is not None:
        scale = float(np.abs(spectrum.values).max(initial=0.0))
        length = scale * max(began, ended)
        relative = norm / length if length else (np.inf if norm else 0.0)
        pushed = float(hessian.product(gradient).norm())
        # Without any curvature a gradient lies in the kernel.
        flatness = np.nan if not norm else (pushed / (scale * norm) if scale else 0.0)
    outcome, reason = criteria.judge(relative_gradient=relative, flatness=flatness, growth=growth)
    if given_up and outcome in ("gradient-flat", "not converged"):
        reason = f"{reason}; {given_up}"
    with torch.no_grad():
        before = float(surface.mean_loss(start.point))
    return Found(
        start=start,
        method=method,
        steps=steps,
        outcome=outcome,
        reason=reason,
        point=end,
        start_loss=before,
        loss=float(hessian.loss.detach()),
        gradient_norm=norm,
        relative_gradient=relative,
        flatness=flatness,
        growth=growth,
        distance=float((end - start.point).norm()) / began if began else float(end.norm()),
        spectrum=spectrum,
    )
