"""The rank of the first layer's weights after training, of each group of a study."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["FirstLayerRank"]


@dataclass(frozen=True)
class FirstLayerRank(Measurement):
    """Ranks of the first layer, whose units stay alike if they start alike.

    Estimates are ``first_layer_rank[GROUP]``, over the report seeds that did
    not diverge; a group of which all did has none.

    Arguments:
        field: of the study's `group_by`, by whose groups ranks are told; the last of them if it is empty. Of several
            fields with commas between, the first is a line of the figure and the others are a panel.
    """

    field: str = ""

    name = "first_layer_rank"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.signal.ranks import measure_ranks

        measure_ranks(paths, self.name, self.field)
