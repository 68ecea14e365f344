"""The table of the variance components."""

from analysis.inference.components import Components
from analysis.results import StudyResults
from analysis.shown import shown
from analysis.table import Table

__all__ = ["components_table"]


def components_table(found: Components, results: StudyResults) -> Table:
    """Return the components as a table.

    Arguments:
        found: of `components_of`.
        results: of the study.
    """
    score = results.score
    show = shown(score)
    lost = sum(record.diverged_step is not None for record in results.crossed.values())
    counted = f" {lost} of {found.values.size} runs diverged and count as {score.guessing}." if lost else ""
    runs = " × ".join(f"{count} {name}" for count, name in zip(found.values.shape, found.factors, strict=True))
    floor = (
        f" The draw of the test examples alone would cause √(p(1 − p) / N) = {show.text(found.floor)} points."
        if found.floor is not None
        else ""
    )
    return Table(
        "components",
        f"Variance components of test {score.title}",
        f"The best recipe on {runs} seeds: the standard deviation that each stream causes, with its 95 % interval"
        " (method of moments, generalized intervals). An estimate of a variance below 0 is shown as 0. The last row"
        f" holds what a repeated run would change as well.{floor}{counted}",
        ("component", "variance", "variance_low", "variance_high", "sd", "sd_low", "sd_high", "degrees_of_freedom"),
        tuple(
            (each.name, each.variance, each.low, each.high, each.deviation, *each.ends, each.freedom)
            for each in found.components
        ),
        ("component", f"sd [95 %]{show.difference_suffix}", "variance below 0", "degrees of freedom"),
        tuple(
            (
                each.name,
                f"{show.text(each.deviation)} [{show.text(each.ends[0])}, {show.text(each.ends[1])}]",
                "yes" if each.variance < 0 else "",
                str(each.freedom),
            )
            for each in found.components
        ),
        section="components",
    )
