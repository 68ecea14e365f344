"""`python -m tests.undrawn` is `atlas` whose reports have no figures: drawing them takes longer than all the rest."""

from contextlib import nullcontext

__all__ = ["no_pictures", "nobody_apart"]


def no_pictures(*_):
    """Stand in for `analysis.report.pictures`."""
    return []


def nobody_apart(*_):
    """Stand in for `analysis.figures.apart.Apart`, who would draw them meanwhile."""
    return nullcontext()


if __name__ == "__main__":
    import analysis.figures.apart
    import analysis.report
    from studies.command.app import main

    analysis.report.pictures = no_pictures
    analysis.figures.apart.Apart = nobody_apart
    main()
