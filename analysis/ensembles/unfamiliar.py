"""Inputs that a run has not learned: its own test set noisy or shifted, or classes that its data holds out."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy.typing as npt

from analysis.predicted import noisy, shifted
from lightning_modules.checks import require_positive
from lightning_modules.data.dataset import Data
from lightning_modules.data.without_classes import WithoutClasses
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from lightning_modules.training.stack_data import load, split_of

__all__ = ["Unfamiliar", "parse_unfamiliar"]

Array = npt.NDArray[Any]
Kind = Literal["noise", "shift", "classes"]

_amounts = {"noise": 1.0, "shift": 2.0, "classes": 1.0}


@dataclass(frozen=True)
class Unfamiliar:
    """A kind of inputs that a network should be unsure of.

    Arguments:
        kind: ``noise``: the test inputs with Gaussian noise; ``shift``: the test images moved down and to the right,
            zeros move in; ``classes``: all examples of the classes that the study's data holds out
            (`WithoutClasses`).
        amount: of noise, in standard deviations of all values of the test inputs; of a shift, in pixels.

    Raises:
        InvalidInput: for another kind, an amount that is not above 0, or a shift of parts of a pixel.
    """

    kind: Kind
    amount: float

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InvalidInput(f"The unfamiliar inputs are {self.kind!r}: give noise, shift or classes.")
        require_positive(f"The amount of {self.kind}", self.amount)
        if self.kind == "shift" and self.amount != int(self.amount):
            raise InvalidInput(f"The shift is {self.amount:g} pixels: give a whole number.")

    def inputs(self, run: Run) -> Array:
        """Return the inputs for a run, (examples, *shape), before they are preprocessed; the same for the same split.

        Raises:
            InvalidInput: for a shift of what is no image, or classes of data that holds none out.
        """
        data = run.recipe.data
        if self.kind == "classes":
            return _held_out(data.source)
        own = load(data).inputs[split_of(data, run.seeds.split).test]
        if self.kind == "shift":
            return shifted(own, int(self.amount), int(self.amount))
        return noisy(own, self.amount * float(own.std()), run.seeds.split)

    def __str__(self) -> str:
        return self.kind if self.kind == "classes" else f"{self.kind} {self.amount:g}"


def parse_unfamiliar(text: str) -> tuple[Unfamiliar, ...]:
    """Return the kinds of a list such as ``noise,shift=3``; each kind once, without an amount its usual one.

    Raises:
        InvalidInput: for what is no such list.
    """
    found: dict[str, Unfamiliar] = {}
    for part in text.split(","):
        name, equals, amount = part.strip().partition("=")
        if name not in _amounts or (equals and name == "classes") or name in found:
            raise InvalidInput(
                f"The unfamiliar inputs are {text!r}: give a list such as noise,shift=2,classes, each of them once."
            )
        try:
            found[name] = Unfamiliar(name, float(amount) if equals else _amounts[name])  # type: ignore[arg-type]
        except ValueError as error:
            raise InvalidInput(f"The amount of {name} is {amount!r}: give a number, such as {name}=2.") from error
    return tuple(found.values())


# Loading the whole data set again for every run would take longer than all its predictions.
@lru_cache(maxsize=2)
def _held_out(source: Data) -> Array:
    if not isinstance(source, WithoutClasses):
        raise InvalidInput(
            "The study's data holds no classes out: give its recipe data such as WithoutClasses(Digits(), (8, 9)), or"
            " ask for noise or shift."
        )
    return source.held_out().inputs
