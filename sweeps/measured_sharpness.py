"""The largest eigenvalues that were measured along a study's runs, as the landscape's file has them."""

import math
from collections.abc import Mapping
from pathlib import PurePath

from lightning_modules.errors import InvalidInput
from sweeps.files import read_json
from sweeps.paths import StudyPaths

__all__ = ["Sharpness", "measured_sharpness"]

Sharpness = Mapping[tuple[str, str], tuple[tuple[int, float], ...]]


def measured_sharpness(paths: StudyPaths) -> Sharpness:
    """Return the steps taken and the Hessian's largest eigenvalue there, by the folder's names of recipe and seeds.

    Read from ``landscape/stability.json``, which `atlas trajectory` writes;
    empty where there is none or where it cannot be read: a tracker does
    without it.

    Arguments:
        paths: the study's.
    """
    try:
        found = read_json(paths.landscape / "stability.json")["found"].values()
        return {
            (PurePath(each["run"]).parent.name, PurePath(each["run"]).name): tuple(
                (int(step), float(top[0]))
                for step, top in zip(each["steps"], each["top"], strict=True)
                if top[0] is not None and math.isfinite(top[0])
            )
            for each in found
        }
    except (OSError, InvalidInput, KeyError, IndexError, TypeError, ValueError, AttributeError):
        return {}
