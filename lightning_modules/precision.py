"""The precisions in which a stack can be trained, named as Lightning names them."""

from typing import Literal, get_args

from lightning_modules.errors import InvalidInput

__all__ = ["Precision", "require_precision"]

Precision = Literal["32-true", "64-true", "bf16-mixed"]


def require_precision(name: str, value: object) -> None:
    """Raise `InvalidInput` unless `value` is a precision that a stack can be trained in."""
    if value in get_args(Precision):
        return
    known = ", ".join(get_args(Precision))
    if value in ("16-mixed", "16-true", 16, "16"):
        raise InvalidInput(
            f"{name} is {value!r}: gradients of half precision vanish unless each run's loss is scaled, which a stack"
            f" does not do; give bf16-mixed, whose range is that of single precision, or another of {known}."
        )
    raise InvalidInput(f"{name} is {value!r}: give one of {known}.")
