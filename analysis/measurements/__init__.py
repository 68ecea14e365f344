"""What studies measure of their finished runs, one file each."""

from analysis.measurements.anytime import Anytime
from analysis.measurements.barriers import Barriers
from analysis.measurements.checkup import CheckupOfWinner
from analysis.measurements.critical_points import CriticalPointSearch
from analysis.measurements.ensembles import Ensembles
from analysis.measurements.final_loss_spread import FinalLossSpread
from analysis.measurements.first_layer_rank import FirstLayerRank
from analysis.measurements.initial_signal import InitialSignal
from analysis.measurements.interval_widths import IntervalWidths
from analysis.measurements.lines import Lines
from analysis.measurements.minima import Minima
from analysis.measurements.minimum_width import MinimumWidth
from analysis.measurements.newton_steps import NewtonSteps
from analysis.measurements.noise_floor import NoiseFloor
from analysis.measurements.path_plane import PathPlane
from analysis.measurements.planes import Planes
from analysis.measurements.score_map import ScoreMap
from analysis.measurements.start_to_end import StartToEnd
from analysis.measurements.symmetry import Symmetry
from analysis.measurements.three_minima import ThreeMinima
from analysis.measurements.train_loss import TrainLoss

__all__ = [
    "Anytime",
    "Barriers",
    "CheckupOfWinner",
    "CriticalPointSearch",
    "Ensembles",
    "FinalLossSpread",
    "FirstLayerRank",
    "InitialSignal",
    "IntervalWidths",
    "Lines",
    "Minima",
    "MinimumWidth",
    "NewtonSteps",
    "NoiseFloor",
    "PathPlane",
    "Planes",
    "ScoreMap",
    "StartToEnd",
    "Symmetry",
    "ThreeMinima",
    "TrainLoss",
]
