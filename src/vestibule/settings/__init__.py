"""Environment, file and flags in; one frozen tree of settings out. The only room that reads the environment.

The names are imported on first use: the supervisor of several workers needs `process` alone, and stays small.
"""

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vestibule.settings.environ import Problem, SettingsError
    from vestibule.settings.process import Flags, environment
    from vestibule.settings.reading import Reading, load, read
    from vestibule.settings.tree import ConfiguredJwt, Settings

__all__ = ["ConfiguredJwt", "Flags", "Problem", "Reading", "Settings", "SettingsError", "environment", "load", "read"]

_HOMES: Final = {
    "ConfiguredJwt": "tree",
    "Flags": "process",
    "Problem": "environ",
    "Reading": "reading",
    "Settings": "tree",
    "SettingsError": "environ",
    "environment": "process",
    "load": "reading",
    "read": "reading",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"vestibule.settings.{home}"), name)
