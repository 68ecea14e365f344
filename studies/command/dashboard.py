"""The verb `dashboard`: a study's page in W&B, or that of its search in optuna-dashboard."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lightning_modules.errors import InvalidInput
from studies.command.arguments import StorageOption, StoreOption, StudyArgument
from studies.command.loader import paths_of
from studies.command.said import write_output
from sweeps.paths import StudyPaths

__all__ = ["dashboard"]

dashboard = typer.Typer()


@dashboard.command("dashboard")
def dashboard_(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    output: Annotated[
        Path | None, typer.Option("--output", help="The file to write. [default: print the dashboard]")
    ] = None,
    push: Annotated[
        bool,
        typer.Option(
            "--push", help="Save it at W&B, which needs a key; WANDB_ENTITY and WANDB_PROJECT say where, as for runs."
        ),
    ] = False,
    search: Annotated[
        bool, typer.Option("--search", help="Serve optuna-dashboard on the study's search, until Ctrl-C.")
    ] = False,
    host: Annotated[str, typer.Option("--host", help="With --search: where to listen.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="With --search: where to listen; 0 takes a free one.")
    ] = 8080,
    storage: StorageOption = None,
) -> None:
    """Build a W&B workspace of a study: panels by its metrics and factors, runs grouped without their seeds."""
    if search + push + (output is not None) > 1:
        raise InvalidInput("--search, --push and --output are three things to do: give one of them.")
    paths = paths_of(study, store)
    if search:
        _serve(paths.search if storage is None else storage, host, port)
    else:
        _build(paths, output, push=push)


def _build(paths: StudyPaths, output: Path | None, *, push: bool) -> None:
    from sweeps.logged import logged_by

    logged = logged_by(paths)
    with _extra("wandb_workspaces", "A dashboard needs wandb-workspaces"):
        from sweeps.dashboard import dashboard_json, push_dashboard, views

    entity, project = os.environ.get("WANDB_ENTITY", ""), os.environ.get("WANDB_PROJECT", "lossatlas")
    built = views(logged, entity, project)
    if push:
        for address in push_dashboard(built, paths.tracking / "dashboard.json"):
            typer.echo(f"Pushed: {address}")
        return
    text = json.dumps(dashboard_json(built), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
        return
    write_output(output, text + "\n")
    typer.echo(f"Written: {output}")


def _serve(database: Path | str, host: str, port: int) -> None:
    with _extra("optuna_dashboard", "The page of a search needs optuna-dashboard"):
        from sweeps.search_page import search_page

    with search_page(database, host, port) as (server, address), contextlib.suppress(KeyboardInterrupt):
        typer.echo(f"Search: {address} (Ctrl-C ends it)")
        server.serve_forever()


@contextlib.contextmanager
def _extra(package: str, need: str) -> Iterator[None]:
    """Turn the absence of a package that not everyone installs into a sentence.

    Raises:
        InvalidInput: if it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise InvalidInput(f"{need}, which is not installed: pip install 'lossatlas[dashboard]'.") from error
