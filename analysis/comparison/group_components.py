"""The variance components of each group's best recipe as estimates that a claim can name."""

from collections.abc import Iterator
from dataclasses import replace

from analysis.comparison.component_estimates import component_estimates
from analysis.comparison.components import components_of_groups
from analysis.estimate import Estimate
from analysis.results import StudyResults

__all__ = ["group_component_estimates"]


def group_component_estimates(results: StudyResults) -> Iterator[Estimate]:
    """Yield what `component_estimates` has of the best recipe for each group: ``sd[init, model=CNN]``.

    Arguments:
        results: of a study; one whose crossed seeds are for the best recipe alone has none.
    """
    for key, found in components_of_groups(results).items():
        for each in component_estimates(found, results.score):
            kind, _, component = each.name.removesuffix("]").partition("[")
            yield replace(each, name=f"{kind}[{', '.join(part for part in (component, key) if part)}]")
