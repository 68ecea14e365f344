"""Independent streams of random numbers, each a pure function of what it is for."""

import numpy as np

__all__ = ["stream"]

# A stream depends on its purpose's place: new ones are added at the end.
_purposes = (
    "init",
    "order",
    "split",
    "direction",
    "data",
    "subset",
    "labels",
    "dropout",
    "augmentation",
    "probe",
    "lanczos",
    "matching",
    "curve",
    "start",
    "perturbation",
    "posterior",
)


def stream(purpose: str, *key: int) -> int:
    """Return a 63-bit seed for one purpose and key, so that init seed 3 and order seed 3 share nothing.

    Arguments:
        purpose: one of ``init``, ``order``, ``split``, ``direction``, ``data``, ``subset``, ``labels``,
            ``dropout``, ``augmentation``, ``probe``, ``lanczos``, ``matching``, ``curve``, ``start``, ``perturbation``,
            ``posterior``.
        key: the user's seed, and where it applies the epoch or the index.
    """
    # With the length, because a seed sequence takes (3,) and (3, 0) for the same.
    sequence = np.random.SeedSequence([_purposes.index(purpose), len(key), *key])
    return int(sequence.generate_state(1, np.uint64)[0]) >> 1
