"""Search by tree-structured Parzen estimators, by Optuna."""

from collections.abc import Sequence
from dataclasses import dataclass

import optuna
from optuna.trial import TrialState

from sweeps.proposers.distributions import distribution_of
from sweeps.proposers.proposer import Past, Proposer
from sweeps.sampler import seed_of
from sweeps.space import Choice, Integer, Log, Space, Value

__all__ = ["Tpe"]


@dataclass
class Tpe(Proposer):
    """Proposes where good trials are dense and poor ones are not; the first ten at random.

    Optuna works on a copy of the past in memory.

    Arguments:
        seed: of the search.
        number: of the trial.
        past: all trials before.
        sign: 1 if more is better, -1 if less is.

    References:
        | Algorithms for hyper-parameter optimization (Bergstra et al., 2011)
        | https://papers.nips.cc/paper/4443-algorithms-for-hyper-parameter-optimization
    """

    seed: int
    number: int
    past: Sequence[Past]
    sign: int

    def __post_init__(self) -> None:
        sampler = optuna.samplers.TPESampler(seed=seed_of(self.seed, self.number))
        self._study = optuna.create_study(direction="maximize" if self.sign > 0 else "minimize", sampler=sampler)
        self._study.add_trials(_copy(each) for each in self.past)
        self._trial = self._study.ask()

    def propose(self, name: str, space: Space) -> Value:
        value = self._suggest(name, space)
        self.notes |= self._study.get_trials(deepcopy=False)[-1].system_attrs
        return value

    def _suggest(self, name: str, space: Space) -> Value:
        if isinstance(space, Choice):
            return self._trial.suggest_categorical(name, space.options)
        if isinstance(space, Integer):
            return self._trial.suggest_int(name, space.low, space.high)
        return self._trial.suggest_float(name, space.low, space.high, log=isinstance(space, Log))


def _copy(past: Past) -> optuna.trial.FrozenTrial:
    return optuna.trial.create_trial(
        state=TrialState.RUNNING if past.value is None else TrialState.COMPLETE,
        value=past.value,
        params=dict(past.values),
        distributions={name: distribution_of(space) for name, space in past.spaces.items()},
        system_attrs=dict(past.notes),
    )
