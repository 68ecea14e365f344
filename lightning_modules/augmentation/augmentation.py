"""What an augmentation is."""

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Augmentation"]

Array = npt.NDArray[np.float32]


class Augmentation:
    """Changes training examples at random each time they are trained on; subclasses are frozen dataclasses.

    What selects, calibrates and tests stays as it is. A subclass overrides one
    of the two methods, or both; they may return their argument but must not
    write to it.
    """

    @property
    def changes_raw(self) -> bool:
        """Whether `before_preprocessing` changes anything: the raw examples are looked up only then."""
        return type(self).before_preprocessing is not Augmentation.before_preprocessing

    def before_preprocessing(self, inputs: Array, rng: np.random.Generator) -> Array:
        """Return raw inputs (examples, *shape) as a camera might have seen them."""
        return inputs

    def after_preprocessing(self, inputs: Array, rng: np.random.Generator) -> Array:
        """Return preprocessed inputs (examples, *shape), changed in their final units."""
        return inputs
