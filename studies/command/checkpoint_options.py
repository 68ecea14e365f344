"""The options that put a checkpoint in the place of a study, for every verb that takes one."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from studies.command.arguments import CheckpointOption, DataOption, LossOption, ModelOption, OutputOption
from studies.command.given import CheckpointOptions

__all__ = ["takes_checkpoint"]

_annotations = {
    "checkpoint": CheckpointOption,
    "model": ModelOption,
    "data": DataOption,
    "loss": LossOption,
    "output": OutputOption,
}
_parameters = [
    inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)
    for name, annotation in _annotations.items()
]


def takes_checkpoint(verb: Callable[..., None]) -> Callable[..., None]:
    """Return a verb with the five options of a checkpoint on its command line, behind its own.

    Arguments:
        verb: with a parameter ``options``, in whose place they stand and which is given them as `CheckpointOptions`.
    """

    @functools.wraps(verb)
    def with_options(**values: Any) -> None:
        files, *named = (values.pop(name) for name in _annotations)
        verb(options=CheckpointOptions(tuple(files or ()), *named), **values)

    signature = inspect.signature(verb)
    own = [parameter for name, parameter in signature.parameters.items() if name != "options"]
    with_options.__signature__ = signature.replace(parameters=[*own, *_parameters])  # type: ignore[attr-defined]
    # Typer reads both.
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *_parameters]}
    return with_options
