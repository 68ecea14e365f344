"""How signals and gradients pass through deep networks before training, for each initializer and activation."""

from dataclasses import dataclass

from lightning_modules.checks import require_integer, require_integers
from lightning_modules.errors import InvalidInput
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["InitialSignal"]


@dataclass(frozen=True)
class InitialSignal(Measurement):
    """Profiles of networks of equal layers on unit inputs; nothing is trained and nothing of the store is read.

    Arguments:
        widths: units of a layer; the first is the one that most estimates are of.
        depth: layers.
        seeds: networks of each kind, of which there are 24 a width.
        examples: inputs of each network.

    Raises:
        InvalidInput: for a number below 1, no width, or one twice.
    """

    widths: tuple[int, ...] = (4096, 256)
    depth: int = 6
    seeds: int = 10
    examples: int = 64

    name = "initial_signal"

    def __post_init__(self) -> None:
        require_integers("The widths of initial signals", self.widths, at_least=1)
        if not self.widths or len(set(self.widths)) < len(self.widths):
            raise InvalidInput(f"The widths of initial signals are {self.widths}: give some, each once.")
        for field in ("depth", "seeds", "examples"):
            require_integer(f"The {field} of initial signals", getattr(self, field), at_least=1)

    def measure(self, paths: StudyPaths) -> None:
        from analysis.signal.of_study import measure_signals

        measure_signals(paths, self.name, self.widths, self.depth, self.seeds, self.examples)
