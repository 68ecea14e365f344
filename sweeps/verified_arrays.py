"""Verifying the arrays of a run: their names, their shapes, and that they give the record's numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sweeps.record import RunRecord

__all__ = ["faults_of_arrays"]

Arrays = Mapping[str, npt.NDArray[Any]]
_norms = ("gradient_norm", "weight_norm")
_parts = ("validation", "calibration", "test")


def faults_of_arrays(record: RunRecord, files: Mapping[str, Arrays]) -> Iterator[tuple[str, str]]:
    """Yield the name of each file whose arrays are not what the record promises, with what is wrong.

    Arguments:
        record: of the run.
        files: the arrays of every file that the record names.
    """
    checks = {
        "curves.safetensors": _of_curves,
        "snapshots.safetensors": _of_snapshots,
        "predictions.safetensors": _of_predictions,
    }
    for name, arrays in files.items():
        yield from ((name, fault) for fault in checks[name](record, arrays))


def _of_curves(record: RunRecord, arrays: Arrays) -> Iterator[str]:
    score, epochs = f"validation_{record.score.name}", record.recipe.epochs
    wanted = {"train_loss": (record.steps,), "validation_loss": (epochs,), score: (epochs,)}
    if not arrays.keys().isdisjoint(_norms):  # a run of an earlier version has none
        wanted |= dict.fromkeys(_norms, (epochs,))
    yield from _of_shapes(arrays, wanted)
    last = epochs - 1 if record.kept_epoch is None else record.kept_epoch
    for name in (score, "validation_loss"):
        said = record.metrics.get(name)
        if said is not None and name in arrays and not np.isclose(arrays[name][last], said, rtol=1e-5, atol=1e-7):
            yield f"has the {name} {arrays[name][last]} where its record says {said}"


def _of_snapshots(record: RunRecord, arrays: Arrays) -> Iterator[str]:
    first = {name.partition("/")[2]: value.shape for name, value in arrays.items() if name.startswith("0/")}
    count = len(record.snapshot_steps)
    yield from _of_shapes(arrays, {f"{index}/{name}": shape for index in range(count) for name, shape in first.items()})


def _of_predictions(record: RunRecord, arrays: Arrays) -> Iterator[str]:
    count, wanted = len(record.snapshot_steps), {}
    for part in _parts:
        if part not in arrays or f"{part}_targets" not in arrays:
            yield f"lacks the part {part}"
            return
        targets = arrays[f"{part}_targets"]
        wanted[f"{part}_targets"] = targets.shape
        wanted[part] = (count, targets.shape[0] if targets.ndim else 0, *arrays[part].shape[2:3])
    yield from _of_shapes(arrays, wanted)
    if any(arrays[part].shape != wanted[part] for part in _parts):
        return
    said, name = record.metrics.get(f"test_{record.score.name}"), f"test_{record.score.name}"
    found = record.score.of(arrays["test"][-1], arrays["test_targets"])
    if said is not None and not np.isclose(found, said, rtol=1e-5, atol=1e-7):
        yield f"has the {name} {float(found)} where its record says {said}"


def _of_shapes(arrays: Arrays, wanted: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    if arrays.keys() != wanted.keys():
        odd = sorted(arrays.keys() ^ wanted.keys())
        yield f"has other arrays than its record promises ({', '.join(odd)})"
    for name in sorted(arrays.keys() & wanted.keys()):
        if arrays[name].shape != wanted[name]:
            yield f"holds {name} of shape {arrays[name].shape}, its record promises {wanted[name]}"
