"""The ways to take the steps of a stack."""

from typing import Literal, cast, get_args

from lightning_modules.errors import InvalidInput

__all__ = ["Backend", "backend_named"]

Backend = Literal["auto", "compiled", "chain", "functional"]
"""``compiled``: small networks of linear layers with ReLUs between them under the cross-entropy, by compiled code on a
CPU; ``chain``: batched layers with derivatives by hand; ``functional``: `torch.func`, for any module; ``auto``: the
first of these that knows the model and its loss.

They differ in rounding. What is chosen depends on the recipe and the device alone, so that a run has the same bits in
every stack.
"""


def backend_named(name: str) -> Backend:
    """Return the backend of a name.

    Raises:
        InvalidInput: for another name.
    """
    if name not in get_args(Backend):
        raise InvalidInput(f"There is no backend {name!r}: give {', '.join(get_args(Backend)[:-1])} or functional.")
    return cast("Backend", name)
