"""The curvature at solutions, as files."""

from collections.abc import Mapping
from pathlib import Path

from analysis.curvature.summary import Curvature, curvature_of
from analysis.measured import Illustration, write_measured
from analysis.shown import loss_name
from analysis.style import save, styled
from analysis.subjects import Subjects, written

__all__ = ["measure_spectra"]


def measure_spectra(subjects: Subjects, count: int = 10) -> tuple[dict[str, Curvature], Path]:
    """Measure the curvature at each solution, write it, and return it with its folder.

    Written are ``spectrum.json`` (`write_measured`) and the figure ``spectrum`` as PNG and PDF.

    Arguments:
        subjects: of a study or a checkpoint.
        count: eigenvalues from each end.

    Raises:
        InvalidInput: if a solution has no landscape, or the folder cannot be written.
    """
    from analysis.figures.spectrum import draw

    found = {each.label: curvature_of(each, count) for each in subjects.members}
    with written(subjects.folder) as folder:
        with styled():
            save(draw(found, subjects.colours), folder, "spectrum")
        write_measured(
            folder,
            "spectrum",
            {label: each.to_json() for label, each in found.items()},
            title="Spectrum of the Hessian",
            illustrations=[_illustration(found)],
            study=subjects.study,
        )
    return found, subjects.folder


def _illustration(found: Mapping[str, Curvature]) -> Illustration:
    exact = {each.exact is not None for each in found.values()}
    bands = "" if exact == {True} else " Bands of an estimated density are two standard errors over its probes."
    names = " or ".join(dict.fromkeys(loss_name(each.examples) for each in found.values()))
    caption = (
        f"Eigenvalues of the Hessian of the {names}, without penalties, at one solution each: how many lie near"
        f" a value, smoothed by Gaussians of 1 % of the range, and below a mark for each of the outer ones.{bands}"
    )
    ends = "; ".join(f"{label} {each.bottom[0]:.3g} to {each.top[0]:.3g}" for label, each in found.items())
    return Illustration("spectrum", caption, f"Density of eigenvalues. From the smallest to the largest: {ends}.")
