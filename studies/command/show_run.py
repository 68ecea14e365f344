"""The verb `show` for a run: its record, its curves' last values, its snapshots."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lightning_modules.errors import InvalidInput
from sweeps.export import flat
from sweeps.files import read_arrays, read_json

__all__ = ["is_run", "run_lines"]

_name = re.compile(r"[0-9a-f]{12}/init\d+-order\d+-split\d+/?")


def is_run(target: str) -> bool:
    """Tell whether what the user names is a run: ``RECIPE/SEEDS``, or the path of such a folder."""
    return re.fullmatch(rf"(.*/)?{_name.pattern}", target) is not None


def run_lines(target: str, store: Path) -> Iterator[str]:
    """Yield the lines that show a run; nothing that a study file defines is executed.

    Arguments:
        target: the run's folder, or ``RECIPE/SEEDS`` within any study of the store.
        store: where it is looked for.

    Raises:
        InvalidInput: if there is no such run, or it cannot be read.
    """
    for folder in _folders(target, store):
        path = folder / "record.json"
        record = read_json(path)
        try:
            yield f"run       {folder}"
            yield f"purpose   {record['purpose']}"
            for name, value in flat(record["recipe"], "recipe").items():
                if name != "recipe.type":
                    yield f"{name:<40} {value}"
            yield f"steps     {record['steps_per_epoch']} an epoch"
            if record["diverged_step"] is not None:
                yield f"diverged  at step {record['diverged_step']}"
            if record.get("kept_epoch") is not None:
                yield f"kept      epoch {record['kept_epoch']} (from 0)"
            yield from (f"metric    {name:<24} {value:.6g}" for name, value in sorted(record["metrics"].items()))
            for name, curve in sorted(read_arrays(folder / "curves.safetensors").items()):
                finite = curve[np.isfinite(curve)]
                last = f"{finite[-1]:.6g} at the last of {len(finite)}" if len(finite) else "nothing finite"
                yield f"curve     {name:<24} {last}"
            steps = record["snapshot_steps"]
            yield f"snapshots {', '.join(f'step {step}' for step in steps) or 'none'}"
            yield from (f"file      {name:<24} sha256 {found}" for name, found in sorted(record["files"].items()))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(f"{path} cannot be read ({error!r}): `atlas verify` says what is wrong.") from error


def _folders(target: str, store: Path) -> list[Path]:
    """Return the folders that a user may mean: the one named, or those of that name in the studies of the store."""
    name = "/".join(Path(target).parts[-2:])
    found = [Path(target)] if (Path(target) / "record.json").is_file() else []
    if not found and len(Path(target).parts) == 2:
        found = sorted(path.parent for path in store.glob(f"*/*/{name}/record.json") if "damaged" not in path.parts)
    if not found:
        raise InvalidInput(f"There is no complete run {target} in {store}: check its recipe, its seeds and --store.")
    return found
