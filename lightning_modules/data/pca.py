"""Principal component analysis: the few directions in which the training inputs vary most."""

import math
from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_integer
from lightning_modules.data.preprocessing import Array, Preprocessing, Transform
from lightning_modules.data.principal_axes import PrincipalAxes
from lightning_modules.errors import InvalidInput

__all__ = ["PCA"]


@dataclass(frozen=True)
class PCA(Preprocessing):
    """``U_kᵀ (x − μ)``: the coordinates along the k axes of largest training variance, uncorrelated over training.

    Images become plain vectors, shape (components,). The number is fixed
    because a network's shape must not depend on the split; features of
    different units are standardised first, ``Pipeline((Standardize(), PCA(k)))``.

    Arguments:
        components: k, at most the number of features and below the number of training examples.

    Raises:
        InvalidInput: for no component, or on fitting for more components than the inputs have directions.

    References:
        | On lines and planes of closest fit to systems of points in space (Pearson, 1901)
        | https://doi.org/10.1080/14786440109462720
    """

    components: int

    def __post_init__(self) -> None:
        require_integer("PCA's components", self.components, at_least=1)

    def fit(self, inputs: Array) -> Transform:
        self.output_shape(inputs.shape[1:])
        if self.components >= len(inputs):
            raise InvalidInput(
                f"PCA cannot keep {self.components} components of {len(inputs)} training examples:"
                f" give at most {len(inputs) - 1}."
            )
        principal, scale = PrincipalAxes.of(inputs), np.ones(self.components)

        def project(inputs: Array) -> Array:
            return principal.project(inputs, scale)

        return project

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        features = math.prod(shape)
        if self.components > features:
            raise InvalidInput(
                f"PCA cannot keep {self.components} components of inputs with {features} features:"
                f" give at most {features}."
            )
        return (self.components,)
