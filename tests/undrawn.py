"""`python -m tests.undrawn` is `atlas` whose reports have no figures: drawing them takes longer than all the rest."""

__all__ = ["no_pictures"]


def no_pictures(*_):
    """Stand in for `analysis.report.pictures`."""
    return []


if __name__ == "__main__":
    import analysis.report
    from studies.command.app import main

    analysis.report.pictures = no_pictures
    main()
