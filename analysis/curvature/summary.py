"""What one solution's curvature is, in numbers and in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from analysis.curvature.density import SpectralDensity, spectral_density
from analysis.curvature.eigenpairs import eigenpairs
from analysis.curvature.exact import ExactSpectrum, exact_spectrum
from analysis.curvature.hessian import Hessian
from analysis.curvature.trace import Trace, trace
from analysis.subjects import Subject
from lightning_modules.errors import InvalidInput

__all__ = ["Curvature", "curvature_of"]

Array = npt.NDArray[np.float64]

# Of so many parameters all eigenvalues take seconds, and then nothing has to be estimated.
_few_parameters = 2000


@dataclass(frozen=True)
class Curvature:
    """The Hessian of the loss at a solution, in double precision.

    Arguments:
        subject: the solution.
        examples: on which the loss is, in words.
        parameters: how many.
        loss: there.
        gradient_norm: there.
        top: the largest eigenvalues, the largest first.
        bottom: the smallest, the smallest first.
        residuals: ``‖H v − λ v‖`` of both, top then bottom; zeros of an exact spectrum.
        trace: of the whole matrix.
        density: estimated; None of an exact spectrum.
        exact: all eigenvalues; None where there are too many.
    """

    subject: Subject
    examples: str
    parameters: int
    loss: float
    gradient_norm: float
    top: Array
    bottom: Array
    residuals: Array
    trace: Trace
    density: SpectralDensity | None
    exact: ExactSpectrum | None

    @property
    def negative(self) -> tuple[float, float]:
        """The share of eigenvalues below −1 % of the largest, with its standard error over the probes (exact: 0)."""
        bound = 0.01 * float(self.top[0])
        if self.exact is not None:
            return float(self.exact.index(np.array([bound]))[0]), 0.0
        assert self.density is not None
        return self.density.share_below(-bound)

    @property
    def checks(self) -> list[str]:
        """What one has to know to trust the numbers, a sentence each."""
        return list(_checks(self))

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON data."""
        share, error = self.negative
        return {
            self.subject.kind: self.subject.name,
            "examples": self.examples,
            "parameters": self.parameters,
            "loss": self.loss,
            "gradient_norm": self.gradient_norm,
            "top": self.top.tolist(),
            "bottom": self.bottom.tolist(),
            "residuals": self.residuals.tolist(),
            "trace": self.trace.value,
            "trace_standard_error": self.trace.standard_error,
            "trace_probes": self.trace.probes,
            "negative_share": share,
            "negative_share_standard_error": error,
            "eigenvalues": None if self.exact is None else self.exact.values.tolist(),
            "checks": self.checks,
        }


def curvature_of(subject: Subject, count: int = 10) -> Curvature:
    """Measure the curvature at a solution, of the loss without penalties.

    Up to 2,000 parameters the spectrum is exact; beyond, the ends of it come
    from Lanczos, the trace from random signs, the density from both.

    Arguments:
        subject: the solution.
        count: eigenvalues from each end, fewer than parameters.

    Raises:
        InvalidInput: for a solution without a landscape, or whose loss has no finite second derivatives there.
    """
    landscape = subject.landscape(torch.float64)
    surface, point = landscape.surface, landscape.weights
    hessian = Hessian(surface, point)
    loss, norm = float(hessian.loss.detach()), float(hessian.gradient.detach().norm())
    if not np.isfinite([loss, norm]).all():
        raise InvalidInput(
            f"The {subject.kind} {subject.name} has no finite loss at its end: choose one that converged."
        )
    if len(point) <= max(_few_parameters, count + 1):
        exact = exact_spectrum(surface, point)
        top, bottom = exact.values[::-1][:count], exact.values[:count]
        whole = Trace(exact.trace, 0.0, len(point), settled=True)
        residuals = np.zeros(len(top) + len(bottom))
        return Curvature(subject, surface.examples, len(point), loss, norm, top, bottom, residuals, whole, None, exact)
    ends = [eigenpairs(hessian, count, end) for end in ("top", "bottom")]
    residuals = np.concatenate([each.residuals for each in ends])
    return Curvature(
        subject,
        surface.examples,
        len(point),
        loss,
        norm,
        ends[0].values,
        ends[1].values,
        residuals,
        trace(hessian, tolerance=0.02, most_probes=300),
        spectral_density(hessian),
        None,
    )


def _checks(found: Curvature) -> Iterator[str]:
    largest = float(found.top[0])
    if found.exact is not None:
        yield f"all {found.parameters:,} eigenvalues are computed, none is estimated"
    else:
        worst = float(found.residuals.max())
        yield f"each of the {len(found.residuals)} outer eigenvalues is within {worst:.1g} of an exact one"
        error = found.trace.standard_error / abs(found.trace.value) if found.trace.value else np.inf
        reached = "" if found.trace.settled else ", more than the 2 % asked for"
        yield f"the trace's standard error is {100 * error:.1f} % of it ({found.trace.probes} probes){reached}"
    share, error = found.negative
    chance = f" ± {100 * error:.1f}" if error else ""
    yield f"{100 * share:.1f}{chance} % of the eigenvalues are below −1 % of the largest"
    if found.gradient_norm > 0.1 * max(found.loss, 1e-12):
        yield (
            f"the gradient's norm {found.gradient_norm:.2g} is large beside the loss {found.loss:.2g}:"
            " this is no minimum, and the curvature changes along the way"
        )
    rate = found.subject.learning_rate
    if rate is not None and rate > 0:
        beyond = "above" if largest > 2 / rate else "below"
        yield f"the largest eigenvalue {largest:.3g} is {beyond} 2 / learning rate = {2 / rate:.3g}"
    yield "a rescaled ReLU network computes the same function with another spectrum: compare equal recipes only"
