"""What the offline files of W&B hold, by W&B's own reader."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_modules.errors import InvalidInput

__all__ = ["OfflineRun", "read_offline_run"]


@dataclass(frozen=True)
class OfflineRun:
    """One W&B run, as W&B reads it.

    Arguments:
        folder: of the run.
        about: ``run_id``, ``display_name``, ``run_group``, ``job_type``, ``project`` and ``tags``.
        config: as it was given.
        history: the rows, in their order; of tables and figures where they lie, as ``NAME.path``.
        summary: the last value of each name; what is of a history has an object's names joined by dots.
        artifacts: by their type, the MD5 of each file in base 64, by its name.
        exit_code: 0 of a run that was finished, None of one that was cut short.
    """

    folder: Path
    about: Mapping[str, Any]
    config: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...]
    summary: Mapping[str, Any]
    artifacts: Mapping[str, Mapping[str, str]]
    exit_code: int | None

    def table(self, name: str) -> list[dict[str, Any]] | None:
        """Return the rows of a table, None where there is none that can be read."""
        try:
            content = json.loads((self.folder / "files" / self.summary[f"{name}.path"]).read_bytes())
            return [dict(zip(content["columns"], row, strict=True)) for row in content["data"]]
        except (OSError, KeyError, TypeError, ValueError):
            return None


def read_offline_run(folder: Path) -> OfflineRun:
    """Return the run whose folder this is, read by ``wandb leet inspect``.

    Raises:
        InvalidInput: if W&B cannot read it, or it holds no run.
    """
    records = _records(folder)
    try:
        (run,) = [each["run"] for each in records if each["type"] == "run"]
        ends = [each["exit"].get("exit_code", 0) for each in records if each["type"] == "exit"]
        artifacts = [each["artifact"] for each in records if each["type"] == "artifact"]
        return OfflineRun(
            folder=folder,
            about=run,
            config={name: each for name, each in run["config"]["update"].items() if name != "_wandb"},
            history=tuple(each["history"]["item"] for each in records if each["type"] == "history"),
            summary={
                name: value
                for each in records
                if each["type"] == "summary"
                for name, value in each["summary"].get("update", {}).items()
            },
            artifacts={
                each["type"]: {file["path"]: file["digest"] for file in each["manifest"]["contents"]}
                for each in artifacts
            },
            exit_code=ends[-1] if ends else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"holds no W&B run ({error!r})") from error


def _records(folder: Path) -> list[dict[str, Any]]:
    # What `wandb leet inspect --json` calls: a run takes it a twentieth of what an interpreter needs to get there.
    from wandb.util import get_core_path

    command = [get_core_path(), "leet", "inspect", "--no-observability", "--json"]
    files = list(folder.glob("*.wandb"))
    if len(files) != 1:
        raise InvalidInput(f"holds {len(files)} files of W&B instead of one")
    try:
        done = subprocess.run(  # noqa: S603 - W&B's own program
            [*command, "--run-file", str(files[0].absolute()), str(folder.parent.absolute())],
            check=True,
            capture_output=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise InvalidInput(f"cannot be read by W&B ({error})") from error
