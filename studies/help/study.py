"""Write a study: one question, the recipes among which the answer is searched, and how much it may cost.

Save this as width.py:

    from lightning_modules.data import Digits
    from lightning_modules.models import MLP
    from lightning_modules.optimizers import SGD
    from lightning_modules.recipe import Recipe
    from sweeps import Budget, Study

    def recipe(suggest):
        return Recipe(
            data=Digits(),
            model=MLP(widths=(suggest.choice("width", [16, 64]),)),
            optimizer=SGD(learning_rate=suggest.log("learning_rate", 0.01, 1.0), momentum=0.9),
            epochs=suggest.budget.epochs,
        )

    study = Study(
        question="How much does the width of a small network matter on digits?",
        recipe=recipe,
        group_by=["model.widths"],
        budgets={
            "smoke": Budget(trials=2, search_seeds=range(2), report_seeds=range(100, 102), epochs=1),
            "default": Budget(trials=16, search_seeds=range(3), report_seeds=range(100, 110), epochs=15),
        },
    )

See what it would do, try every part of it in seconds, and run it:

    atlas show width.py
    atlas run width.py --budget smoke --store tried
    atlas run width.py

It may be killed at any moment: the same command goes on. From another shell,
`atlas status width.py --watch` shows how far it is and `atlas stop width.py`
ends it after the stacks under way. `atlas open width.py` shows the report.

A name is asked for again with the same range; a range may depend on an earlier
choice. The search sees validation scores of the search seeds only. The best
recipe of each group is trained again on the report seeds, and these runs alone
meet the test set. Write claims down before you run: `atlas help report` says
how they are decided.
"""

from sweeps import Budget, Study, Suggest

__all__ = ["named"]

named = (Study, Budget, Suggest)
"""Whose docstrings the page ends with."""
