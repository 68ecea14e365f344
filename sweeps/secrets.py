"""Passwords are for the database alone: no file and no message holds one."""

import re
from urllib.parse import quote, quote_plus

__all__ = ["without_passwords"]

_in_url = re.compile(r"(://[^:/@\s]*:)\S*(@)")
_in_query = re.compile(r"((?:password|passwd|pwd)=)[^&\s]*", re.IGNORECASE)


def without_passwords(text: str, *known: object) -> str:
    """Return a text in which stars stand for the passwords of all URLs.

    Arguments:
        text: that may hold some.
        known: passwords to be looked for besides.
    """
    for password in filter(None, known):
        for form in {str(password), quote(str(password), safe=""), quote_plus(str(password))}:
            text = text.replace(form, "***")
    return _in_query.sub(r"\1***", _in_url.sub(r"\1***\2", text))
