"""The one exception that is shown to a user as a sentence."""

__all__ = ["InvalidInput"]


class InvalidInput(ValueError):
    """Something a user wrote cannot be used.

    Its message is one clear sentence that names the culprit and suggests the
    fix; the command line prints it and leaves with exit status 2.
    """
