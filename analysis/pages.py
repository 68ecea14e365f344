"""Pages from templates, in which every text that is not markup stays text."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["rendered"]

_templates = Path(__file__).parent / "templates"


def rendered(template: str, **content: object) -> str:
    """Return a page.

    Arguments:
        template: its name in `templates`.
        content: by the names that the template knows; one that is missing is an error.
    """
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
