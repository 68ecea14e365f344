"""A W&B dashboard in code: two views of a study, its confirmed runs grouped without their seeds, and its search.

W&B draws bands and bars from the runs that it has loaded, which it samples; the
intervals to trust are those of the tables, computed from all runs of the store.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import wandb

from lightning_modules.component import Json, content_hash
from lightning_modules.errors import InvalidInput
from sweeps.files import read_json, write_json
from sweeps.logged import Logged

# It defines its models in a way that its own dependency has deprecated.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import wandb_workspaces.workspaces as ws
    from wandb_workspaces.reports.v2 import interface as wp


__all__ = ["dashboard_json", "push_dashboard", "views"]

_runs_shown = 100
_wide = 30.0
"""Positive numbers of which the largest is so many times the smallest lie on a logarithmic axis."""


def views(logged: Logged, entity: str, project: str) -> list[ws.Workspace]:
    """Return the views: of the confirmed runs once there are any, and of the search.

    Arguments:
        logged: what the study's runs hold.
        entity: the user or team, empty if it is not known.
        project: to which the runs are synced.
    """
    found = [_confirmed(logged, entity, project)] if logged.run_curves else []
    return [_named(view) for view in (*found, _search(logged, entity, project))]


def dashboard_json(views: Sequence[ws.Workspace]) -> list[Json]:
    """Return views as W&B takes them; the network is not asked."""
    return [view._to_model().model_dump(mode="json", by_alias=True, exclude_none=True) for view in views]


def push_dashboard(views: Sequence[ws.Workspace], known: Path) -> list[str]:
    """Save views at W&B and return their addresses; those that were saved before are replaced.

    Arguments:
        views: an empty entity stands for the key's own.
        known: a file that keeps under which names W&B has them.

    Raises:
        InvalidInput: if there is no key, or W&B does not take them.
    """
    kept = read_json(known) if known.is_file() else {}
    try:
        for view in views:
            view.entity = view.entity or str(wandb.Api().default_entity)
            place = f"{view.entity}/{view.project}/{view.name}"
            before = kept.get(place, {})
            view._internal_name, view._internal_id = before.get("name", ""), before.get("id", "")
            view.save()
            kept[place] = {"name": view._internal_name, "id": view._internal_id}
            write_json(known, kept)
        return [view.url for view in views]
    except wandb.errors.UsageError as error:
        raise InvalidInput(
            "W&B has no key of yours: `wandb login` first, or give --output FILE in place of --push."
        ) from error
    except Exception as error:  # whatever W&B raises
        raise InvalidInput(
            f"W&B did not take the dashboard ({' '.join(str(error).split())}): see that WANDB_ENTITY and WANDB_PROJECT"
            " say where your key may write."
        ) from error


def _confirmed(logged: Logged, entity: str, project: str) -> ws.Workspace:
    bars = [
        wp.BarPlot(
            title=f"{_words(name)}: mean and standard deviation over seeds",
            metrics=[name],
            groupby_aggfunc="mean",
            groupby_rangefunc="stddev",
        )
        for name in logged.run_numbers
    ]
    lines = [
        wp.LinePlot(
            title=f"{_words(name)}: mean and range over seeds",
            x="epoch",
            y=[name],
            groupby_aggfunc="mean",
            groupby_rangefunc="minmax",
        )
        for name in logged.run_curves
    ]
    tables = [wp.WeavePanelSummaryTable(table_name=name) for name in logged.tables]
    sections = [
        _section("Results, with intervals", [_about(logged), *tables]),
        _section("Final metrics", bars),
        _section("Curves", lines),
        _section("Figures", [wp.MediaBrowser(media_keys=[name], title=_words(name)) for name in logged.figures]),
    ]
    return ws.Workspace(
        entity=entity,
        project=project,
        name=f"{logged.study}: confirmed runs",
        sections=[section for section in sections if section.panels],
        settings=ws.WorkspaceSettings(x_axis="epoch", max_runs=_runs_shown),
        runset_settings=ws.RunsetSettings(
            filters=ws.And(ws.Config("study") == logged.study, ws.Metric("JobType").isin(["confirm", "study"])),
            # Runs of one W&B group are of one recipe, and differ in their seeds only.
            groupby=[*map(ws.Config, logged.groups), ws.Metric("Group")],
            pinned_columns=[f"summary:{name}" for name in logged.run_numbers],
        ),
    )


def _search(logged: Logged, entity: str, project: str) -> ws.Workspace:
    objective = logged.trial_numbers[0]
    searched: list[wp.PanelTypes] = [
        wp.ParallelCoordinatesPlot(
            title=f"{_words(objective)} of every trial",
            columns=[
                *(_column(name, values) for name, values in logged.factors.items()),
                wp.ParallelCoordinatesPlotColumn(metric=wp.SummaryMetric(objective), display_name=_words(objective)),
            ],
        ),
        wp.ParameterImportancePlot(with_respect_to=objective),
        *(
            wp.ScatterPlot(
                title=f"{_words(objective)} by {_words(name)}",
                x=wp.Config(name),
                y=wp.SummaryMetric(objective),
                log_x=_is_wide(values),
            )
            for name, values in logged.factors.items()
            if _are_numbers(values)
        ),
    ]
    sections = [
        _section("Search", searched if logged.factors else []),
        _section(
            "Curves",
            [
                wp.LinePlot(title=f"{_words(name)}: mean over a trial's seeds", x="epoch", y=[name])
                for name in logged.trial_curves
            ],
        ),
        _section("Differences", [wp.RunComparer(diff_only="split")]),
    ]
    return ws.Workspace(
        entity=entity,
        project=project,
        name=f"{logged.study}: search",
        sections=[section for section in sections if section.panels],
        settings=ws.WorkspaceSettings(x_axis="epoch", max_runs=_runs_shown),
        runset_settings=ws.RunsetSettings(
            # A trial is one run there: its curves are means over its seeds already.
            filters=ws.And(ws.Config("study") == logged.study, ws.Metric("JobType") == "search"),
            order=[ws.Ordering(ws.Summary(objective), ascending=logged.sign < 0)],
            pinned_columns=[f"summary:{name}" for name in logged.trial_numbers],
        ),
    )


def _section(name: str, panels: Sequence[wp.PanelTypes]) -> ws.Section:
    return ws.Section(name=name, panels=list(panels), is_open=True)


def _about(logged: Logged) -> wp.PanelTypes:
    return wp.MarkdownPanel(
        markdown=f"**{logged.question}**\n\nThe tables hold what was computed from all runs of the store, with 95 %"
        " intervals. W&B draws the bars and bands of this page itself, from the runs that it has loaded."
    )


def _column(name: str, values: Sequence[Json]) -> wp.ParallelCoordinatesPlotColumn:
    return wp.ParallelCoordinatesPlotColumn(
        metric=wp.Config(name), display_name=name.removeprefix("recipe."), log=_is_wide(values)
    )


def _are_numbers(values: Sequence[Json]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _is_wide(values: Sequence[Json]) -> bool | None:
    """Return True for positive numbers of several magnitudes; None leaves the axis as it is."""
    return (_are_numbers(values) and min(values) > 0 and max(values) / min(values) > _wide) or None


def _words(name: str) -> str:
    return name.removeprefix("recipe.").removeprefix("figures/").replace("_", " ").replace(".", " ")


def _named(view: ws.Workspace) -> ws.Workspace:
    """Give the parts of a view names that are the same whenever it is built; W&B would draw them by chance."""
    view._internal_runset_id = content_hash([view.name])
    for number, panel in enumerate(panel for section in view.sections for panel in section.panels):
        if isinstance(panel, wp.Panel):
            panel._id = content_hash([view.name, number])
    return view
