"""Which runs there are, and that they get done: studies, search, driver, executors, store and tracking."""

from sweeps.claim import Claim
from sweeps.crossed import Crossed
from sweeps.measurement import Measurement
from sweeps.racing import Racing
from sweeps.sampler import Grid
from sweeps.study import Budget, Study
from sweeps.successive_halving import SuccessiveHalving
from sweeps.suggest import Suggest

__all__ = ["Budget", "Claim", "Crossed", "Grid", "Measurement", "Racing", "Study", "SuccessiveHalving", "Suggest"]
