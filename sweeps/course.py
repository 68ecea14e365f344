"""What a study's driver has done, as a file that analysis reads: trials, confirmed recipes, provenance."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lightning_modules.component import to_json
from lightning_modules.recipe import Recipe
from sweeps.companions import companions
from sweeps.journal import journal_lines
from sweeps.secrets import without_passwords
from sweeps.study import Study

__all__ = ["Confirmation", "Course", "TrialOutcome"]

_packages = ("lossatlas", "torch", "pytorch-lightning", "optuna", "numba", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True)
class TrialOutcome:
    """A recipe of the search with its value.

    Arguments:
        number: of the trial.
        recipe: that was proposed.
        value: the study's metric, a mean over the search seeds.
        diverged_seeds: how many of its runs diverged.
        dropped: whether it was given up (`Racing`, `SuccessiveHalving`) before it was trained on all search seeds, to
            the end.
    """

    number: int
    recipe: Recipe
    value: float
    diverged_seeds: int
    dropped: bool = False


@dataclass(frozen=True)
class Confirmation:
    """A recipe that is trained on the report seeds.

    Arguments:
        recipe: to be confirmed.
        reasons: ``winner 1``, ``schedule=cosine``: its rank in the search, the groups of which it is the best.
    """

    recipe: Recipe
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """How far a study has come.

    Arguments:
        name: of the study.
        file: that defines it.
        study: that is run.
        budget_name: one of its budgets.
        trials: of the search so far.
        confirmed: the recipes that are trained on the report seeds.
        finished: whether all of their runs are complete.
    """

    name: str
    file: Path
    study: Study
    budget_name: str
    trials: Sequence[TrialOutcome]
    confirmed: Sequence[Confirmation]
    finished: bool

    def to_json(self, journal: Path) -> dict[str, Any]:
        """Return what `StudyPaths.study` holds.

        Arguments:
            journal: says how much work it was.
        """
        study, budget = self.study, self.study.budget(self.budget_name)
        return {
            "format": 1,
            "name": self.name,
            "file": str(self.file),
            "question": study.question,
            "budget_name": self.budget_name,
            "budget": {name: value for name, value in to_json(budget).items() if name != "type"},
            "metric": study.metric,
            "group_by": list(study.group_by),
            "claims": [asdict(claim) for claim in study.claims],
            "finished": self.finished,
            "trials": [
                {
                    "number": trial.number,
                    "recipe": trial.recipe.hash,
                    "recipe_json": trial.recipe.to_json(),
                    "value": trial.value,
                    "diverged_seeds": trial.diverged_seeds,
                    "dropped": trial.dropped,
                }
                for trial in self.trials
            ],
            "confirmed": [
                {
                    "recipe": each.recipe.hash,
                    "recipe_json": each.recipe.to_json(),
                    "reasons": list(each.reasons),
                    "companions": [
                        f"{run.recipe.hash}/{run.seeds.name}"
                        for seed in budget.report_seeds
                        for run in companions(each.recipe, seed, budget.members)
                    ],
                }
                for each in self.confirmed
            ],
            "provenance": _provenance(journal, self.budget_name),
        }


def _provenance(journal: Path, budget_name: str) -> dict[str, Any]:
    """Return where results come from: command, versions, commit, hardware, and the work by purpose."""
    return {
        "command": without_passwords(" ".join(["atlas", *sys.argv[1:]])),
        "versions": dict(_versions()),
        "commit": _commit(),
        "hardware": f"{platform.machine()}, {os.cpu_count()} CPU cores, {platform.system()}",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        **_work(journal, budget_name),
    }


def _work(journal: Path, budget_name: str) -> dict[str, Any]:
    """Return the seconds of workers by purpose and the runs trained."""
    seconds: dict[str, float] = {}
    runs = 0
    for line in journal_lines(journal, budget_name):
        seconds[line["purpose"]] = round(seconds.get(line["purpose"], 0.0) + line["seconds"], 3)
        runs += line["runs"]
    return {"seconds": seconds, "runs": runs}


@cache
def _versions() -> Mapping[str, str]:
    return {"python": platform.python_version()} | {package: version(package) for package in _packages}


@cache
def _commit() -> str | None:
    """Return the commit of this program's source, with a mark if it was changed since; None for an installed copy."""
    folder = Path(__file__).parent
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty=, changed since", "--abbrev=10"]
    try:
        if "site-packages" in folder.parts:
            return None
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
