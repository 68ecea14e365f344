"""Several preprocessings in turn."""

from dataclasses import dataclass
from functools import reduce

from lightning_modules.data.preprocessing import Array, Preprocessing, Transform
from lightning_modules.errors import InvalidInput

__all__ = ["Pipeline"]


@dataclass(frozen=True)
class Pipeline(Preprocessing):
    """Each step is fitted on what the steps before it make of the training inputs.

    Arguments:
        steps: for example ``(Standardize(), PCA(20), Whiten())``.

    Raises:
        InvalidInput: for steps that are not a tuple of preprocessings, or none.
    """

    steps: tuple[Preprocessing, ...]

    def __post_init__(self) -> None:
        sound = isinstance(self.steps, tuple) and all(isinstance(step, Preprocessing) for step in self.steps)
        if not sound or not self.steps:
            raise InvalidInput(
                f"The pipeline's steps are {self.steps!r}: give a tuple of preprocessings,"
                " such as (Standardize(), PCA(20))."
            )

    def fit(self, inputs: Array) -> Transform:
        transforms: list[Transform] = []
        for step in self.steps:
            transforms.append(step.fit(inputs))
            inputs = transforms[-1](inputs)

        def in_turn(inputs: Array) -> Array:
            return reduce(lambda result, transform: transform(result), transforms, inputs)

        return in_turn

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return reduce(lambda result, step: step.output_shape(result), self.steps, shape)
