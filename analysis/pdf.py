"""A page as a PDF, printed by a Chromium without a window where there is one."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from lightning_modules.errors import InvalidInput
from sweeps.files import write_aside

__all__ = ["browser", "write_pdf"]

_names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_seconds = 180


def browser() -> str:
    """Return the path of a browser that prints.

    Raises:
        InvalidInput: if none is installed under any of the names that it has.
    """
    for name in _names:
        if found := shutil.which(name):
            return found
    raise InvalidInput(
        f"A PDF is printed by Chromium, and none is here ({', '.join(_names)}): install it, or print the page from a"
        " browser."
    )


def write_pdf(page: Path) -> Path:
    """Print a page as ``report.pdf`` beside it, and return that file.

    Arguments:
        page: an HTML file.

    Raises:
        InvalidInput: if there is no browser, or it prints nothing.
    """
    program, place = browser(), page.with_name("report.pdf")
    # A profile of its own: one that is in use, or the user's, would be asked or changed.
    with tempfile.TemporaryDirectory(prefix="lossatlas-", ignore_cleanup_errors=True) as profile:
        made = Path(profile) / "report.pdf"
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={made}",
            # Chromium refuses its sandbox to root, as which containers run; the page is ours and asks for nothing.
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_seconds)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise InvalidInput(f"{program} printed nothing in {_seconds} s: print the page from a browser.") from None
        except OSError as error:
            raise InvalidInput(f"{program} cannot be started ({error.strerror}): print the page by hand.") from error
        if not made.is_file() or not made.read_bytes().startswith(b"%PDF"):
            last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
            raise InvalidInput(f"{program} printed nothing ({last[:200]}): print the page from a browser.")
        with write_aside(place) as aside:
            shutil.copyfile(made, aside)
    return place
