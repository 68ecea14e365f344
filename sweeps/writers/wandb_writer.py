"""W&B runs, offline or online."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from sweeps.mirrored_run import MirroredRun, Rows
from sweeps.writers.writer import Writer

if TYPE_CHECKING:
    import wandb

__all__ = ["WandbWriter", "run_folders"]


@dataclass(frozen=True)
class WandbWriter(Writer):
    """Writes W&B runs; ``WANDB_PROJECT`` and ``WANDB_ENTITY`` say where to.

    W&B's own Step axis counts the steps of the training; every curve is drawn
    over ``epoch`` unless one chooses ``step``.

    Arguments:
        place: the folder of the offline files.
        mode: online or offline; W&B refuses what it does not know.
    """

    title: ClassVar[str] = "W&B"
    place: Path
    mode: str

    @property
    def folder(self) -> Path:
        return self.place

    @property
    def target(self) -> str:
        entity = os.environ.get("WANDB_ENTITY", "")
        return quote(f"{self.mode}:{entity}/{_project()}", safe=":/")

    def held(self) -> frozenset[str]:
        return frozenset(run_folders(self.place))

    def write(self, run: MirroredRun) -> None:
        import wandb

        self.place.mkdir(parents=True, exist_ok=True)
        # W&B keeps the tables of offline runs in its data folder until they are synced: keep them with the study.
        for name in ("DATA", "CACHE"):
            os.environ.setdefault(f"WANDB_{name}_DIR", str(self.place / name.lower()))
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        for left in self.place.glob(f"*run-*-{run.id}"):
            shutil.rmtree(left)
        target = wandb.init(
            project=_project(),
            id=run.id,
            name=run.name,
            group=run.group,
            job_type=run.job_type,
            tags=run.tags,
            config=dict(run.config),
            settings=self._settings(),
        )
        try:
            _log(target, run)
        finally:
            target.finish()

    def close(self) -> None:
        if "wandb" in sys.modules:
            sys.modules["wandb"].teardown()

    def _settings(self) -> "wandb.Settings":
        """Return settings that record what is logged and nothing of the machine, the code or the terminal."""
        import wandb

        return wandb.Settings(
            mode=self.mode,  # type: ignore[arg-type] # W&B refuses what it does not know
            root_dir=str(self.place.parent),  # W&B appends "wandb" itself
            use_dot_wandb=False,
            silent=True,
            console="off",
            symlink=False,
            save_code=False,
            disable_code=True,
            disable_git=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
        )


def run_folders(folder: Path) -> dict[str, Path]:
    """Return the folders of W&B runs by their ids, the newest of each."""
    names = sorted(entry.name for entry in os.scandir(folder)) if folder.is_dir() else []
    found = [(re.fullmatch(r"(?:offline-)?run-\d{8}_\d{6}-(\w+)", name), name) for name in names]
    return {match[1]: folder / name for match, name in found if match is not None}


def _log(target: "wandb.Run", run: MirroredRun) -> None:
    import wandb

    target.define_metric("epoch")
    target.define_metric("step")
    target.define_metric("*", step_metric="epoch")
    last = 0
    for row in run.history():
        last = int(row["step"])
        # Committed: a row that waits for the next one would come after the summary, and replace it.
        target.log(row, step=last, commit=True)
    media: dict[str, object] = {name: _table(rows) for name, rows in run.tables.items()}
    for path in run.figures:
        drawing = wandb.Html(path.read_text(), inject=False) if path.suffix == ".svg" else wandb.Image(str(path))
        media[f"figures/{path.stem}"] = drawing
    if media:
        target.log(media, step=last + 1, commit=True)
    for name, files in run.artifacts.items():
        # A name is a project's, so it says which study.
        artifact = wandb.Artifact(_artifact_name(f"{run.name}-{name}"), type=name)
        for path in files:
            artifact.add_file(str(path), name=path.name)
        target.log_artifact(artifact)
    target.summary.update(run.summary())


def _artifact_name(text: str) -> str:
    return re.sub(r"[^\w.-]", "-", text)


def _project() -> str:
    return os.environ.get("WANDB_PROJECT", "lossatlas")


def _table(rows: Rows) -> "wandb.Table":
    import wandb

    columns: list[str | int] = list(dict.fromkeys(column for row in rows for column in row))
    data = [[row.get(str(column)) for column in columns] for row in rows]
    return wandb.Table(columns=columns, data=data, allow_mixed_types=True)
