"""Which recipes of a search are the best, and which of them are confirmed."""

from collections.abc import Iterable

from lightning_modules.recipe import Recipe
from sweeps.course import Confirmation, TrialOutcome
from sweeps.groups import group_of
from sweeps.study import Study, sign_of

__all__ = ["confirmations", "ranked"]


def ranked(trials: Iterable[TrialOutcome], study: Study) -> list[TrialOutcome]:
    """Return the trials that were not dropped, from best to worst.

    Of equals the one that diverged less is the better, then the earlier. A
    trial that was dropped has met too few seeds, or epochs, to be compared.
    """
    sign = sign_of(study.metric)
    whole = [trial for trial in trials if not trial.dropped]
    return sorted(whole, key=lambda trial: (-sign * trial.value, trial.diverged_seeds, trial.number))


def confirmations(trials: Iterable[TrialOutcome], study: Study, winners: int) -> list[Confirmation]:
    """Return the recipes to confirm: the best overall and the best of every group, each once, with all its reasons.

    Arguments:
        trials: of the whole search.
        study: says how to rank and to group.
        winners: how many of the best overall.
    """
    reasons: dict[Recipe, list[str]] = {}
    order = ranked(trials, study)
    distinct = list(dict.fromkeys(trial.recipe for trial in order))
    for rank, recipe in enumerate(distinct[:winners], start=1):
        reasons.setdefault(recipe, []).append(f"winner {rank}")
    for field in study.group_by:
        seen = set()
        for recipe in distinct:
            group = group_of(recipe, field)
            if group not in seen:
                seen.add(group)
                reasons.setdefault(recipe, []).append(group)
    return [Confirmation(recipe, tuple(each)) for recipe, each in reasons.items()]
