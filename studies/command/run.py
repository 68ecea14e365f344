"""The verb `run`: from a study file to its report."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from lightning_modules.errors import InvalidInput
from studies.command.executors import ExecutorOptions, executor_of
from studies.command.loader import LoadedStudy, load_file
from studies.command.progress import watcher
from studies.command.verdicts import verdicts
from sweeps.executors.executor import Executor
from sweeps.executors.local import Local
from sweeps.executors.placement import Placement
from sweeps.files import read_json
from sweeps.lock import locked
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

if TYPE_CHECKING:
    from analysis.figures.apart import Apart
    from sweeps.tracking import Tracking

__all__ = ["RunOptions", "run_study"]


@dataclass(frozen=True)
class RunOptions:
    """How a study is run.

    Arguments:
        budget: the name of one of its budgets.
        executor: what trains.
        placement: on what it trains, and how large stacks may be.
        tracking: where the runs are mirrored.
        deterministic: propose in an order that no timing changes.
        storage: an SQLAlchemy URL to keep the search at; None keeps it beside the runs.
    """

    budget: str
    executor: ExecutorOptions
    placement: Placement
    tracking: "Tracking"
    deterministic: bool
    storage: str | None


def run_study(
    loaded: LoadedStudy, options: RunOptions, paths: StudyPaths, console: Console, words: Sequence[str] = ()
) -> None:
    """Run a study to its report.

    Arguments:
        loaded: the study.
        options: how it is run.
        paths: where it is kept.
        console: shows the progress.
        words: the options of the command line, written down for `atlas resume`.

    Raises:
        InvalidInput: if the study or its store cannot be used.
        Stopped: if the driver was asked to leave.
    """
    budget = options.budget
    _require_own(loaded, paths)
    with locked(paths), executor_of(loaded, options.executor, options.placement) as executor:
        # Imported while the workers start.
        from sweeps.activity import Activity
        from sweeps.driver import Driver
        from sweeps.stopping import stoppable
        from sweeps.tracking import tracker_of

        with tracker_of(loaded.name, paths, options.tracking) as tracker:
            with (
                watcher(console) as progress,
                Activity(paths.driver, loaded.study, budget, executor.slots, words, progress) as activity,
                stoppable(paths, _say_what_comes) as stop,
            ):
                study, file = loaded.study, loaded.file
                driver = Driver(
                    loaded.name,
                    file,
                    study,
                    budget,
                    paths,
                    executor,
                    tracker,
                    activity,
                    in_order=options.deterministic,
                    stop=stop,
                    database=options.storage,
                )
                measurements = study.budget(budget).measurements
                if isinstance(executor, Local):
                    # What trains for a measurement takes a second more, which a report alone has no use for.
                    training = ("lightning_modules.training.fit",) if measurements else ()
                    executor.meanwhile(partial(_import_ahead, "analysis.figures.ahead", *training))
                trained = driver.run()
            executor.close()
            page = paths.report / "index.html"
            if not trained:
                console.print("Nothing to train: every run of this study is complete.", soft_wrap=True)
            with _drawing(loaded, paths, executor) as apart:
                _measure(measurements, paths, console)
                if not _is_reported(paths):
                    _report(paths, console, apart)
            if options.tracking.writers(paths):
                from analysis.tracked import tell_study

                tell_study(paths, tracker)
    for line in verdicts(page):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Report: {page}", highlight=False, soft_wrap=True)


def _require_own(loaded: LoadedStudy, paths: StudyPaths) -> None:
    """Require that a study's folder does not hold that of another file of the same name; a file that moved is the same.

    Raises:
        InvalidInput: if it does.
    """
    try:
        held = read_json(paths.study)
        other, question = Path(held["file"]), held["question"]
    except (OSError, InvalidInput, KeyError, TypeError):
        return  # there is none, or the driver will say what is wrong with it
    if other != loaded.file and question != loaded.study.question and other.is_file():
        raise InvalidInput(
            f"{paths.root} holds the study of {other}: rename {loaded.file.name}, or give another --store."
        )


def _say_what_comes() -> None:
    # Not by a file object: a signal's handler may interrupt one in the middle of its writing.
    os.write(2, b"\nFinishing the stacks under way; Ctrl-C once more leaves at once.\n")


def _is_reported(paths: StudyPaths) -> bool:
    """Return whether the report is of study and landscape as they are now; times of files prove nothing."""
    from analysis.report_sources import sources_of

    try:
        told = read_json(paths.report / "results.json")
        return all(told[name] == value for name, value in sources_of(paths).items())
    except (OSError, InvalidInput, KeyError, TypeError):
        return False


def _measure(measurements: Sequence[Measurement], paths: StudyPaths, console: Console) -> None:
    """Measure what is not measured yet of the study as it is now; one that cannot be measured keeps no other."""
    if not measurements:
        return
    from analysis.measured import measured_now

    known = {each.name for each in measured_now(paths)}
    for each in measurements:
        if each.name not in known:
            try:
                with console.status(f"measuring {each.name}"):
                    each.measure(paths)
            except InvalidInput as error:
                console.print(f"Not measured, {each.name}: {error}", highlight=False, soft_wrap=True)


def _import_ahead(*modules: str) -> None:
    """Import by their names what takes seconds, while workers train."""
    for name in modules:
        import_module(name)


def _drawing(loaded: LoadedStudy, paths: StudyPaths, executor: Executor) -> "AbstractContextManager[Apart | None]":
    """Let another process draw figures of a report that is due, where the workers' server can start one."""
    if not isinstance(executor, Local) or _is_reported(paths):
        return nullcontext()
    from analysis.figures.apart import Apart

    return Apart(paths, partial(load_file, loaded.file))


def _report(paths: StudyPaths, console: Console, apart: "Apart | None") -> None:
    from analysis.report import write_report

    with console.status("report"):
        write_report(paths, apart)
