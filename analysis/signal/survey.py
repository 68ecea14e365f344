"""Profiles of many networks: every initializer with every activation, at several widths and seeds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.estimate import Estimate, t_interval
from analysis.signal.network import Profile, drawn_weights, profile_of, unit_signals
from lightning_modules.activations.activation import Activation
from lightning_modules.activations.relu import ReLU
from lightning_modules.activations.sigmoid import Sigmoid
from lightning_modules.activations.tanh import Tanh
from lightning_modules.component import words
from lightning_modules.initializers.glorot_normal import GlorotNormal
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.initializer import Initializer
from lightning_modules.initializers.lecun_normal import LecunNormal
from lightning_modules.initializers.misprinted_he import MisprintedHe
from lightning_modules.initializers.normal import Normal
from lightning_modules.initializers.uniform_fan_in import UniformFanIn

__all__ = ["Case", "activations", "estimates", "initializers", "stds", "survey"]

Array = npt.NDArray[np.float64]

lecture_width = 4096
"""Units of a layer for which the fixed standard deviations were stated."""

stds = (0.01, 0.05, 0.1)

activations: Mapping[str, Activation] = {"tanh": Tanh(), "ReLU": ReLU(), "sigmoid": Sigmoid()}


@dataclass(frozen=True)
class Case:
    """One initializer with one activation at one width.

    Arguments:
        activation: its name.
        initializer: its name; of normal weights with the standard deviation that they have at 4096 units.
        width: units of every layer.
    """

    activation: str
    initializer: str
    width: int

    @property
    def label(self) -> str:
        """The case in words."""
        return f"{self.activation}, {self.initializer}, {self.width} units"


def initializers(width: int) -> dict[str, Initializer]:
    """Return the initializers that are compared, by name.

    What a fixed standard deviation does depends on ``std · √width`` alone: at
    another width than 4096 it is scaled so that this product stays.

    Arguments:
        width: units of every layer.
    """
    scale = (lecture_width / width) ** 0.5
    fixed = {f"normal {std:g}": Normal(std * scale) for std in stds}
    scaled = (LecunNormal(), GlorotNormal(), HeNormal(), MisprintedHe(), UniformFanIn())
    return fixed | {words(type(each).__name__): each for each in scaled}


def survey(widths: Sequence[int], depth: int, seeds: Sequence[int], examples: int) -> dict[Case, tuple[Profile, ...]]:
    """Return the profiles of all cases, one a seed.

    The weights and the inputs of a seed are the same for all activations, and
    up to their scale for all normal initializers, so that cases are paired.

    Arguments:
        widths: of the networks.
        depth: layers.
        seeds: of weights and inputs.
        examples: inputs of each network.
    """
    found: dict[Case, list[Profile]] = {}
    for width in widths:
        for seed in seeds:
            inputs, upstream = unit_signals(width, examples, seed)
            for name, initializer in initializers(width).items():
                weights = drawn_weights(initializer, width, depth, seed)
                for kind, activation in activations.items():
                    profile = profile_of(weights, activation, inputs, upstream)
                    found.setdefault(Case(kind, name, width), []).append(profile)
    return {case: tuple(profiles) for case, profiles in found.items()}


def estimates(found: Mapping[Case, Sequence[Profile]]) -> Iterator[Estimate]:
    """Yield what claims may cite, each over seeds; a logarithm is to base 10.

    Of the first width, as ``NAME[tanh, lecun normal]``:
    ``signal_std_ratio``: log of the last layer's standard deviation over the first's;
    ``gradient_h_ratio``, ``gradient_w_ratio``: log of the first layer's dL/dh or dL/dW over the last's, by which
    gradients vanish (below 0) or explode (above 0) on their way back;
    ``signal_saturated``: the share of saturated units in the last layer.
    ``signal_width_effect``: ``signal_std_ratio`` of the last width minus that of the first, if there are two.

    Arguments:
        found: by case.
    """
    first, last = next(iter(found)).width, list(found)[-1].width
    for case, profiles in found.items():
        key, over = f"{case.activation}, {case.initializer}", _over(profiles)
        if case.width == first:
            yield t_interval([_log(p.std[-1], p.std[0]) for p in profiles], f"signal_std_ratio[{key}]", over, "number")
            for name in ("gradient_h", "gradient_w"):
                ratios = [_log(getattr(p, name)[0], getattr(p, name)[-1]) for p in profiles]
                yield t_interval(ratios, f"{name}_ratio[{key}]", over, "number")
            yield t_interval([float(p.saturated[-1]) for p in profiles], f"signal_saturated[{key}]", over)
        elif case.width == last:
            wide = found[Case(case.activation, case.initializer, first)]
            changes = [
                _log(own.std[-1], own.std[0]) - _log(other.std[-1], other.std[0])
                for own, other in zip(profiles, wide, strict=True)
            ]
            yield t_interval(changes, f"signal_width_effect[{key}]", over, "number")


def _over(profiles: Sequence[Profile]) -> str:
    return f"{len(profiles)} seed{'' if len(profiles) == 1 else 's'} of weights and inputs"


def _log(value: float, other: float) -> float:
    return float(np.log10(value / other))
