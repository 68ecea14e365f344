"""The critical points of a study's groups as estimates that claims may cite, numbers and figures."""

from collections.abc import Mapping, Sequence

from analysis.critical.by_run import Parts, correlations, saddle_shares, yields
from analysis.critical.result import CriticalPoints, merged
from analysis.figures import by_group, index_and_loss
from analysis.group_files import Picture, listed_amounts, write_groups
from analysis.inference.of_groups import group_difference, group_mean
from analysis.run_groups import MeasuredStudy, of_pairs

__all__ = ["write_critical_points"]


def write_critical_points(
    study: MeasuredStudy, name: str, found: Mapping[str, Parts], differences: Sequence[tuple[str, str]]
) -> None:
    """Write the critical points of a study's groups.

    Arguments:
        study: that was measured.
        name: of the file; its figures are ``NAME_index``, ``NAME_saddles`` and ``NAME_yields``.
        found: searches by the group's key and the run's seed.
        differences: pairs of keys whose shares of saddles are compared.
    """
    whole: dict[str, CriticalPoints] = {each.label: merged(list(found[each.key].values())) for each in study.groups}
    methods = next(iter(whole.values())).methods
    related = {each.label: correlations(each.key, found[each.key]) for each in study.groups}
    shares = {key: saddle_shares(each) for key, each in found.items()}
    saddles = {
        each.label: {"": group_mean(list(shares[each.key].values()), f"saddle_share[{each.key}]", "fraction")}
        for each in study.groups
    }
    of_search = {each.label: yields(each.key, found[each.key], methods) for each in study.groups}
    by_method = {label: dict(zip(methods, own, strict=False)) for label, own in of_search.items()}
    compared = [
        group_difference(
            shares[first.key], shares[second.key], f"saddle_share_difference[{first.key} - {second.key}]", "points"
        )
        for first, second in of_pairs(study.groups, differences)
    ]
    pictures = [
        Picture(
            f"{name}_index",
            lambda: index_and_loss.draw(whole, {label: own[0] for label, own in related.items()}),
            "Where searches for critical points ended, by loss and by index, the share of the Hessian's eigenvalues"
            " that are below −1e-4 of the largest; what is no critical point is grey. ρ is Spearman's rank correlation"
            " with a 95 % bootstrap interval over runs.",
            "Index against loss. "
            + "; ".join(f"{label} ρ {own[0].amount}, {whole[label].yield_of()}" for label, own in related.items()),
        ),
        Picture(
            f"{name}_saddles",
            lambda: by_group.draw(saddles, "share of critical points found that are saddles"),
            "The share of each run's critical points that have a negative eigenvalue; a dot a run, the mean with"
            " Student's 95 % interval over runs. It is a share of what was found, no sample of all there are.",
            f"Shares of saddles: {listed_amounts(saddles)}.",
        ),
        Picture(
            f"{name}_yields",
            lambda: by_group.draw(by_method, "share of searches that found a critical point"),
            "The yield of the search by method, from the same starts; a dot a run, the mean with Student's 95 %"
            " interval over runs.",
            f"Yields: {listed_amounts(by_method)}.",
        ),
    ]
    estimates = [
        *(each for own in related.values() for each in own),
        *(own[""] for own in saddles.values()),
        *(each for own in of_search.values() for each in own),
        *compared,
    ]
    write_groups(
        study, name, "Critical points", {label: each.to_json() for label, each in whole.items()}, estimates, pictures
    )
