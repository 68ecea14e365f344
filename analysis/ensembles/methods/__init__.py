"""The ways to an ensemble, one a file; each file ends with an instance called ``method``."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType

from analysis.ensembles.methods.method import Made, Method
from lightning_modules.errors import InvalidInput

__all__ = ["Made", "Method", "methods", "methods_named"]

# As readers expect them in a table; what is not among them follows by its name.
_order = (
    "single",
    "snapshot",
    "no-cycle",
    "constant-rate",
    "fge",
    "swa",
    "ema",
    "swag",
    "swag-diagonal",
    "dropout",
    "independent-short",
    "independent",
)


def methods() -> tuple[Method, ...]:
    """Return all methods, found in the files beside this one."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found: list[Method] = [module.method for module in modules if isinstance(getattr(module, "method", None), Method)]
    return tuple(
        sorted(found, key=lambda each: (_order.index(each.name) if each.name in _order else len(_order), each.name))
    )


def methods_named(names: Sequence[str], settings: Mapping[str, float] = MappingProxyType({})) -> tuple[Method, ...]:
    """Return the methods of these names, the single network first; all of them without a name.

    Arguments:
        names: of methods.
        settings: of all methods that have such: ``samples``, ``rank``, ``decay``.

    Raises:
        InvalidInput: for a name that no method has, or a setting that a method cannot have.
    """
    known = {each.name: each for each in methods()}
    for name in names:
        if name not in known:
            raise InvalidInput(f"There is no method {name!r}: choose from {', '.join(known)}.")
    return tuple(_set(each, settings) for name, each in known.items() if not names or name in {"single", *names})


def _set(method: Method, settings: Mapping[str, float]) -> Method:
    own = {field.name for field in fields(method) if field.init}  # type: ignore[arg-type]
    return replace(method, **{name: value for name, value in settings.items() if name in own})  # type: ignore[type-var]
