"""The verb `resume`: the options with which a study last ran."""

import shlex
from pathlib import Path

import typer

from lightning_modules.errors import InvalidInput
from sweeps.files import read_json
from sweeps.paths import StudyPaths

__all__ = ["command_of", "words_given", "words_of"]

_default_store = Path("runs")


def words_given(context: typer.Context) -> list[str]:
    """Return the options that stood on a command line as words that give them again.

    Not the store's folder, which is named again, and not the search's database, whose URL may hold a password.
    """
    words: list[str] = []
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.param_type_name != "option" or option.name in ("store", "storage") or source is None:
            continue
        if source.name == "COMMANDLINE":
            value = context.params[option.name or ""]
            if isinstance(value, bool):
                words.append((option.opts if value else option.secondary_opts)[0])
            else:
                each = value if isinstance(value, list | tuple) else [value]
                words += [word for one in each for word in (option.opts[0], str(one))]
    return words


def command_of(verb: str, study: str, store: Path) -> str:
    """Return a command of a study in a store as one would type it."""
    given = [] if store == _default_store else ["--store", str(store)]
    return shlex.join(["atlas", verb, study, *given])


def words_of(paths: StudyPaths, study: str) -> list[str]:
    """Return the words of the options with which a study last ran.

    Arguments:
        paths: the study's.
        study: as the user names it.

    Raises:
        InvalidInput: if the store holds nothing of it, or what it holds cannot be read.
    """
    try:
        if paths.driver.is_file():
            words = read_json(paths.driver)["words"]
        elif paths.study.is_file():
            words = ["--budget", read_json(paths.study)["budget_name"]]
        else:
            first = command_of("run", study, paths.root.parent)
            raise InvalidInput(f"{paths.root} holds no study to resume: `{first}` first.")
    except (KeyError, TypeError):
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        again = command_of("run", study, paths.root.parent)
        raise InvalidInput(f"{paths.driver} does not say how the study ran: `{again}` with its options.")
    return words
