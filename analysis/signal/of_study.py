"""Signals before training, as files beside a study."""

from collections.abc import Sequence

import numpy as np

from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.signal.network import Profile, flat
from analysis.signal.survey import Case, estimates, stds, survey
from analysis.style import save, styled
from analysis.subjects import written
from sweeps.paths import StudyPaths

__all__ = ["measure_signals"]

_histograms = (f"normal {stds[0]:g}", f"normal {stds[1]:g}", "lecun normal")


def measure_signals(paths: StudyPaths, name: str, widths: Sequence[int], depth: int, seeds: int, examples: int) -> None:
    """Pass unit inputs through all networks (`survey`), and write numbers, estimates and two figures.

    Arguments:
        paths: of the study beside which they are written; nothing of it is read.
        name: of the file of numbers.
        widths: of the networks; figures and most estimates are of the first.
        depth: layers.
        seeds: networks of each kind.
        examples: inputs of each.
    """
    from analysis.figures import signal_histograms, signal_layers

    study = study_checksum(paths)
    found = survey(widths, depth, range(seeds), examples)
    first = widths[0]
    rows = [(each, found[Case("tanh", each, first)][0]) for each in _histograms]
    with written(paths.landscape) as folder:
        with styled():
            save(signal_layers.draw(found, first), folder, "signal_layers")
            save(signal_histograms.draw(rows), folder, "signal_histograms")
        write_measured(
            folder,
            name,
            {case.label: _numbers(profiles) for case, profiles in found.items()},
            title="Signals and gradients before training",
            illustrations=_illustrations(f"{depth}-layer networks of {first} units", examples, seeds),
            study=study,
            estimates=list(estimates(found)),
        )


def _illustrations(networks: str, examples: int, seeds: int) -> list[Illustration]:
    layers = (
        f"Activations and gradients by layer in {networks} on {examples} standard normal inputs, before training; means"
        f" over {seeds} seeds. Saturated: the activation's slope is below {flat:.0%} of its largest (of ReLU: the unit"
        " is off). L is the inner product of the last layer with a standard normal vector. A fixed standard deviation"
        " is the one at 4096 units; at other widths std · √width is kept. In layers of equal size the normal"
        " initializers of LeCun and Glorot are the same."
    )
    shapes = f"Activations of tanh {networks} before training, one seed: {', '.join(_histograms)}."
    alt = "Histograms of activations, a row for each initializer, a column for each layer."
    return [
        Illustration("signal_layers", layers, "Statistics by layer, a line for each initializer, in twelve panels."),
        Illustration("signal_histograms", shapes, alt),
    ]


def _numbers(profiles: Sequence[Profile]) -> dict[str, object]:
    names = ("std", "saturated", "gradient_h", "gradient_w")
    return {name: listed(np.stack([getattr(each, name) for each in profiles])) for name in names}
