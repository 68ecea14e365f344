"""The four-way split: train, validation (selects), calibration (temperature), test (touched once, by the report)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.data.dataset import Dataset
from lightning_modules.data.stratified import stratified
from lightning_modules.errors import InvalidInput
from lightning_modules.randomness import stream

__all__ = ["Split", "split"]

Indices = npt.NDArray[np.int64]

# Of all examples: a fifth is tested on, the rest trains, selects and calibrates.
_test, _calibration, _validation = 0.20, 0.05, 0.15


@dataclass(frozen=True)
class Split:
    """Indices of the examples in each part, each (examples of the part,), disjoint, together everything."""

    train: Indices
    validation: Indices
    calibration: Indices
    test: Indices


def split(dataset: Dataset, seed: int) -> Split:
    """Divide a data set 60 : 15 : 5 : 20 with any classes in equal shares; the sizes do not depend on the seed.

    Arguments:
        dataset: what to divide.
        seed: the split seed.

    Raises:
        InvalidInput: if there are too few examples, or too few of a class, to appear in every part.
    """
    state = np.random.RandomState(stream("split", seed) % 2**32)
    count = len(dataset.targets)
    in_classes = "" if dataset.classes is None else f" in {dataset.classes} classes"
    rest: Indices = np.arange(count)
    parts: dict[str, Indices] = {}
    for name, fraction in (("test", _test), ("calibration", _calibration), ("validation", _validation)):
        try:
            size = round(fraction * count)
            if dataset.classes is None:
                from sklearn.model_selection import train_test_split

                rest, parts[name] = train_test_split(rest, test_size=size, random_state=state)
            else:
                first, second = stratified(dataset.targets[rest].astype(np.int64), size, state)
                rest, parts[name] = rest[first], rest[second]
        except ValueError as error:
            raise InvalidInput(
                f"A data set of {count} examples{in_classes} is too small to split four ways:"
                f" give more examples ({error})"
            ) from error
    return Split(train=np.sort(rest), **{name: np.sort(part) for name, part in parts.items()})
