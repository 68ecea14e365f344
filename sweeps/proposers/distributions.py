"""Spaces in the terms of Optuna, in which they lie in its database."""

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from sweeps.space import Choice, Integer, Log, Space, Uniform

__all__ = ["distribution_of", "space_of"]


def distribution_of(space: Space) -> BaseDistribution:
    """Return a space as Optuna has it."""
    if isinstance(space, Choice):
        return CategoricalDistribution(space.options)
    if isinstance(space, Integer):
        return IntDistribution(space.low, space.high)
    return FloatDistribution(space.low, space.high, log=isinstance(space, Log))


def space_of(distribution: BaseDistribution) -> Space:
    """Return what `distribution_of` was given."""
    if isinstance(distribution, CategoricalDistribution):
        return Choice(tuple(distribution.choices))
    if isinstance(distribution, IntDistribution):
        return Integer(distribution.low, distribution.high)
    assert isinstance(distribution, FloatDistribution)
    return (Log if distribution.log else Uniform)(distribution.low, distribution.high)
