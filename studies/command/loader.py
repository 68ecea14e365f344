"""Finding and loading study files; a user's own file is the equal of a built-in one."""

import difflib
import importlib.util
import re
import sys
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.paths import StudyPaths
from sweeps.study import Study
from sweeps.suggest import Suggest, build_recipe

__all__ = ["LoadedStudy", "built_in", "load_study", "paths_of", "study_name"]

_folder = Path(__file__).parent.parent


@dataclass(frozen=True)
class LoadedStudy:
    """A study with the file that it came from.

    Arguments:
        name: the file's stem; its folder in a store.
        file: the study file.
        study: what it defines.
    """

    name: str
    file: Path
    study: Study

    def in_precision(self, precision: str | None) -> "LoadedStudy":
        """Return the study with all its recipes in another precision; the same study for None."""
        if precision is None:
            return self

        def recipe(suggest: Suggest) -> Recipe:
            return build_recipe(self.study, suggest).in_precision(precision)

        return replace(self, study=replace(self.study, recipe=recipe))


def built_in() -> list[Path]:
    """Return the files of the built-in studies, by name."""
    return sorted(path for path in _folder.glob("*.py") if not path.name.startswith("_"))


def load_study(name_or_path: str) -> LoadedStudy:
    """Load a built-in study by its name or any study by the path of its file.

    Raises:
        InvalidInput: if there is none, its file cannot be executed, or it defines no `study`.
    """
    file = _find(name_or_path)
    return LoadedStudy(study_name(name_or_path), file, load_file(file))


def load_file(file: Path) -> Study:
    """Execute a study file and return its `study`.

    The file is registered as a module, so that dataclasses it defines (a model
    of the user's own) can be rebuilt from records and in workers.

    Raises:
        InvalidInput: if it cannot be executed or defines no `study`.
    """
    package = "studies" if file.parent == _folder else "user_studies"
    module_name = f"{package}.{file.stem}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    # Pickle imports a class's module from its topmost package down, and that package has no file.
    sys.modules.setdefault(package, ModuleType(package))
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    try:
        spec.loader.exec_module(module)
    except InvalidInput:
        raise
    except SyntaxError as error:
        where = f"{error.filename}, line {error.lineno}," if error.filename else file
        raise InvalidInput(f"{where} is not Python: {error.msg}.") from error
    except (Exception, SystemExit) as error:
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        where = f", line {lines[-1].lineno}," if lines else ""
        raise InvalidInput(f"{file}{where} fails: {type(error).__name__}: {error}") from error
    study = getattr(module, "study", None)
    if not isinstance(study, Study):
        raise InvalidInput(f"{file} defines no study: end it with `study = Study(question=…, recipe=…, budgets=…)`.")
    return study


def paths_of(name_or_path: str, store: Path) -> StudyPaths:
    """Return where a study lies in a store, for a verb that reads what is there.

    Records may hold components that a study file defines. The file is executed
    only when the user names it: a store may come from anybody.

    Raises:
        InvalidInput: if a file is named that cannot be executed, or a name that cannot be a folder's.
    """
    if name_or_path.endswith(".py"):
        load_study(name_or_path)
    return StudyPaths(store / study_name(name_or_path))


def study_name(name_or_path: str) -> str:
    """Return the name of a study: a path's stem, or the name itself.

    Raises:
        InvalidInput: for a name that cannot be a folder's.
    """
    name = Path(name_or_path).stem if _is_path(name_or_path) else name_or_path
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise InvalidInput(f"{name!r} cannot name a study: use letters, digits, hyphens and underscores.")
    return name


def _find(name_or_path: str) -> Path:
    if not name_or_path.endswith(".py") and Path(name_or_path).is_file():
        raise InvalidInput(f"{name_or_path} is no study file: the name of one ends in .py.")
    if _is_path(name_or_path):
        file = Path(name_or_path).resolve()
        if not file.is_file():
            raise InvalidInput(f"There is no study file {name_or_path}: check the path.")
        return file
    names = {path.stem: path for path in built_in()}
    if name_or_path in names:
        return names[name_or_path]
    near = difflib.get_close_matches(name_or_path, names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}."
    raise InvalidInput(f"There is no study {name_or_path!r}: {hint} A study file of your own is given by its path.")


def _is_path(name_or_path: str) -> bool:
    return name_or_path.endswith(".py") or "/" in name_or_path or "\\" in name_or_path
