"""Frozen dataclasses as JSON: how a recipe is written down, read back, hashed and labelled.

A component (a model, a schedule, a data set …) is a frozen dataclass. Its JSON
form is ``{"type": "module:Class", field: value, …}``, so that adding one needs
no registry: the type is found again by its import path.
"""

import dataclasses
import hashlib
import importlib
import json
import re
import sys
from typing import Any

from lightning_modules.errors import InvalidInput

__all__ = ["Json", "content_hash", "float_fields", "from_json", "label", "shape_of", "to_json", "words"]

type_key = "type"
Json = Any


def to_json(value: Any) -> Json:
    """Return `value` (a component, a sequence or a plain value) as plain JSON data, every field written out.

    Raises:
        InvalidInput: if a value has no JSON form.
    """
    return _encode(value, every_field=True)


def from_json(data: Json) -> Any:
    """Return the component or plain value that `to_json` wrote.

    Only classes of this package are imported by name; a class of a user's own
    study must have been loaded before (no file of a store can make the program
    import something else).

    Raises:
        InvalidInput: if a type is unknown or does not take these fields.
    """
    if isinstance(data, list):
        return tuple(from_json(item) for item in data)
    if not isinstance(data, dict):
        return data
    cls = _class_of(str(data.get(type_key)))
    try:
        return cls(**{name: from_json(item) for name, item in data.items() if name != type_key})
    except TypeError as error:
        raise InvalidInput(f"{data[type_key]} cannot be rebuilt from its record: {error}.") from error


def content_hash(value: Any) -> str:
    """Return 12 hexadecimal digits that name the content of a component.

    The hash depends on neither the order of fields nor the Python version, and
    a field at its default is left out of it: a field added later, with a
    default that keeps the old meaning, does not orphan what is in a store. A
    field that does not take part in comparison (where a file lies) is left out
    as well: equal components have equal hashes.
    """
    text = json.dumps(_encode(value, every_field=False), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def shape_of(component: Any) -> tuple[Any, ...]:
    """Return what two components must share to be trained in one stack: the type and every field but the floats.

    A float field (learning rate, momentum …) becomes a vector over the runs, in
    a component within the component as well.
    """
    shape: list[Any] = [type(component)]
    for field in dataclasses.fields(component):
        value = getattr(component, field.name)
        if not _holds_float(field, value):
            shape.append((field.name, shape_of(value) if _is_component(value) else value))
    return tuple(shape)


def float_fields(component: Any) -> list[str]:
    """Return the names of a component's fields that hold floats, a whole number in a field for floats included.

    Those of a component within it follow a dot: ``optimizer.momentum``.
    """
    names = []
    for field in dataclasses.fields(component):
        value = getattr(component, field.name)
        if _holds_float(field, value):
            names.append(field.name)
        elif _is_component(value):
            names += [f"{field.name}.{name}" for name in float_fields(value)]
    return names


def words(name: str) -> str:
    """Return a class name as words, acronyms kept: ``CyclicCosine`` → ``cyclic cosine``, ``ReLU`` → ``ReLU``."""
    parts = re.split(r"(?<=[a-z0-9])(?=[A-Z][a-z])", name)
    return " ".join(part.lower() if part.istitle() and part.isalpha() else part for part in parts)


def label(value: Any) -> str:
    """Return a short human label: ``cyclic cosine(cycles=5)``; settings that are off by default and left so are out."""
    if _is_component(value):
        told = [field for field in dataclasses.fields(value) if not _is_off(field, getattr(value, field.name))]
        settings = ", ".join(f"{field.name}={label(getattr(value, field.name))}" for field in told)
        return words(type(value).__name__) + (f"({settings})" if settings else "")
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, tuple):
        return ("×" if all(isinstance(item, int) for item in value) else "/").join(label(item) for item in value)
    return str(value)


def _is_component(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _is_off(field: "dataclasses.Field[Any]", value: Any) -> bool:
    return not value and _is_default(field, value)


def _encode(value: Any, *, every_field: bool) -> Json:
    if _is_component(value):
        cls = type(value)
        encoded = {type_key: f"{cls.__module__}:{cls.__qualname__}"}
        for field in dataclasses.fields(value):
            item = getattr(value, field.name)
            if every_field or (field.compare and not _is_default(field, item)):
                if _holds_float(field, item):
                    item = float(item)
                encoded[field.name] = _encode(item, every_field=every_field)
        return encoded
    if isinstance(value, list | tuple):
        return [_encode(item, every_field=every_field) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise InvalidInput(f"{value!r} cannot stand in a recipe: use numbers, strings, tuples and frozen dataclasses.")


def _holds_float(field: "dataclasses.Field[Any]", value: Any) -> bool:
    """Tell whether a value is one of the reals: ``SGD(1)`` is ``SGD(1.0)``."""
    declared = field.type in (float, "float", float | None, "float | None")
    return isinstance(value, float) or (declared and isinstance(value, int) and not isinstance(value, bool))


def _is_default(field: "dataclasses.Field[Any]", value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return field.default is not dataclasses.MISSING and bool(value == field.default)


def _class_of(path: str) -> type:
    module_name, _, class_name = path.partition(":")
    module = sys.modules.get(module_name)
    if module is None and module_name.split(".")[0] == "lightning_modules":
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError:
            module = None
    cls = getattr(module, class_name, None)
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        raise InvalidInput(
            f"The type {path!r} is not known here: name the study file that defines it, as in `atlas report FILE.py`."
        )
    return cls
