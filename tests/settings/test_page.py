"""The documentation of the settings."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from vestibule.settings import nhost, own
from vestibule.settings.environ import Variable
from vestibule.settings.nhost.unused import UNUSED

ROOT = Path(__file__).resolve().parents[2]


def declared_in(package: ModuleType) -> set[str]:
    found = set()
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        values = vars(importlib.import_module(module.name)).values()
        found |= {value.name for value in values if isinstance(value, Variable)}
    return found


def test_the_page_is_fresh() -> None:
    """docs/configuration.md is what `make generate` would write."""
    checked = subprocess.run([sys.executable, ROOT / "scripts/configuration-page", "--check"], check=False)
    assert checked.returncode == 0, "run: make generate"


def test_every_declared_variable_is_documented() -> None:
    """A variable outside the sections would be refused as unknown."""
    for package in (own, nhost):
        listed = {variable.name for section in package.SECTIONS.values() for variable in section}
        declared = declared_in(package)
        assert declared
        assert declared <= listed


def test_no_name_is_both_used_and_unused() -> None:
    """A name moves from one list to the other when it is built."""
    used = {variable.name for section in nhost.SECTIONS.values() for variable in section}
    assert not used & UNUSED
