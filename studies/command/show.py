"""The verb `show`: what a study is and how far it has come."""

from collections.abc import Iterator, Sequence

from lightning_modules.errors import InvalidInput
from studies.command.loader import LoadedStudy
from sweeps.files import read_json
from sweeps.groups import describe
from sweeps.paths import StudyPaths
from sweeps.preview import preview
from sweeps.study import Budget

__all__ = ["lines"]


def lines(loaded: LoadedStudy, paths: StudyPaths) -> Iterator[str]:
    """Yield the lines that describe a study and its place in a store.

    Raises:
        InvalidInput: if the study's recipe cannot be built.
    """
    study = loaded.study
    yield f"{loaded.name}: {study.question}"
    yield f"file      {loaded.file}"
    for name, budget in study.budgets.items():
        recipe = preview(study, name)
        search, report = len(budget.search_seeds), len(budget.report_seeds)
        yield (
            f"{name:<9} {budget.trials} trials × {search} search seeds (one a split), {budget.epochs} epochs;"
            f" winners on {report} report seeds{_crossed(budget)}{_halving(budget)}"
        )
    yield f"recipe    {describe(recipe)} (the middle of its ranges)"
    yield f"metric    {study.metric}"
    if study.group_by:
        yield f"groups    {', '.join(study.group_by)}"
    yield from (f"claim     {claim.statement}" for claim in study.claims)
    yield from _progress(paths)


def _crossed(budget: Budget) -> str:
    if budget.crossed is None:
        return ""
    counts = " × ".join(f"{len(getattr(budget.crossed, name))} {name}" for name in budget.crossed.varied)
    best = "the best of each group" if budget.crossed.of == "groups" else "the best"
    return f", {best} on {counts} crossed seeds"


def _halving(budget: Budget) -> str:
    if budget.halving is None:
        return ""
    stages = zip(budget.entrants, (*budget.rungs, budget.epochs), strict=True)
    return "; halving: " + ", ".join(f"{trials} trials to epoch {epochs}" for trials, epochs in stages)


def _progress(paths: StudyPaths) -> Iterator[str]:
    if not paths.study.is_file():
        yield f"store     nothing in {paths.root} yet"
        return
    try:
        yield from _course(paths)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{paths.study} cannot be read ({error!r}): `atlas verify` says what is wrong.") from error


def _course(paths: StudyPaths) -> Iterator[str]:
    course = read_json(paths.study)
    state = "complete" if course["finished"] else "unfinished"
    confirmed: Sequence[object] = course["confirmed"]
    yield (
        f"store     {state} at budget {course['budget_name']}: {len(course['trials'])} trials,"
        f" {len(confirmed)} recipes confirmed, in {paths.root}"
    )
    page = paths.report / "index.html"
    if page.is_file():
        yield f"report    {page}"
