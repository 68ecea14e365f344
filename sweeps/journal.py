"""What every stack took, a line each, as the driver writes it down."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["append_journal", "journal_lines"]

_read = {"purpose", "runs", "seconds"}


def append_journal(path: Path, budget_name: str, purpose: str, runs: int, seconds: float) -> None:
    """Add a line: a stack took so many seconds of a worker, and so many runs came to their end in it."""
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "budget": budget_name,
        "purpose": purpose,
        "runs": runs,
        "seconds": round(seconds, 3),
    }
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def journal_lines(path: Path, budget_name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a budget as `append_journal` writes them; one that was torn or changed is passed over."""
    for text in path.read_text().splitlines() if path.is_file() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and line.get("budget") == budget_name and line.keys() >= _read:
            yield line
