"""No preprocessing."""

from dataclasses import dataclass

from lightning_modules.data.preprocessing import Array, Preprocessing, Transform

__all__ = ["Identity"]


@dataclass(frozen=True)
class Identity(Preprocessing):
    """Inputs as the data set has them."""

    def fit(self, inputs: Array) -> Transform:
        def unchanged(inputs: Array) -> Array:
            return inputs

        return unchanged
