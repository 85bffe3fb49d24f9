"""Jinja for templates that may come from people who administer mail, not the machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import Environment

BUILT_IN: Final = Path(__file__).parent / "templates"


def sandbox(*folders: Path) -> "Environment":
    """Return an environment that finds templates in `folders`, escapes in HTML and lets them reach nothing else."""
    # Imported on first use: a server that sends no mail does not pay for it.
    from jinja2 import FileSystemLoader, select_autoescape  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(loader=FileSystemLoader(folders), autoescape=select_autoescape(("html",)))
