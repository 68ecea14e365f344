"""What a report is made of, by checksums: whether it is of what the store holds now."""

import hashlib
from pathlib import Path

from sweeps.files import checksum
from sweeps.paths import StudyPaths

__all__ = ["file_checksum", "sources_of"]


def sources_of(paths: StudyPaths) -> dict[str, str]:
    """Return the checksums of what a report is made of, by their names in its ``results.json``."""
    return {"study_sha256": file_checksum(paths), "landscape_sha256": _folder_checksum(paths.landscape)}


def _folder_checksum(folder: Path) -> str:
    """Return one SHA-256 for the names and contents of all that was measured in a folder; empty if there is nothing."""
    files = sorted(path for path in folder.glob("*.*") if path.is_file() and not path.name.startswith("."))
    listed = "".join(f"{checksum(path)}  {path.name}\n" for path in files)
    return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest() if files else ""


def file_checksum(paths: StudyPaths) -> str:
    """Return the SHA-256 of a study's file, empty where there is none; to be taken before the file is read."""
    return checksum(paths.study) if paths.study.is_file() else ""
