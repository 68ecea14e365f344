"""Arguments and options that several verbs take."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["StoreOption", "StudyArgument"]

StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="A built-in study's name, or the path of a file.")]
StoreOption = Annotated[Path, typer.Option("--store", help="Folder that holds everything of every study.")]
