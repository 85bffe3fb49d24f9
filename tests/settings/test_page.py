"""The documentation of the settings."""

import subprocess
import sys
from pathlib import Path

from vestibule.settings import nhost_names, own
from vestibule.settings.environ import Variable
from vestibule.settings.nhost_unused import UNUSED

ROOT = Path(__file__).resolve().parents[2]


def declared_in(module: object) -> set[str]:
    return {value.name for value in vars(module).values() if isinstance(value, Variable)}


def test_the_page_is_fresh() -> None:
    """docs/configuration.md is what `make generate` would write."""
    checked = subprocess.run([sys.executable, ROOT / "scripts/configuration-page", "--check"], check=False)
    assert checked.returncode == 0, "run: make generate"


def test_every_declared_variable_is_documented() -> None:
    """A variable outside the sections would be refused as unknown."""
    for module in (own, nhost_names):
        listed = {variable.name for section in module.SECTIONS.values() for variable in section}
        assert declared_in(module) <= listed


def test_no_name_is_both_used_and_unused() -> None:
    """A name moves from one list to the other when it is built."""
    used = {variable.name for section in nhost_names.SECTIONS.values() for variable in section}
    assert not used & UNUSED
