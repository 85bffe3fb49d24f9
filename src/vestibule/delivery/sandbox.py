"""Jinja for templates that may come from people who administer mail, not the machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment

BUILT_IN: Final = Path(__file__).parent / "templates"


def sandbox(*folders: Path) -> "Environment":
    """Return an environment that finds templates in `folders`, escapes in HTML and lets them reach nothing else."""
    # Imported on first use: a server that sends no mail does not pay for it.
    from jinja2 import FileSystemLoader, select_autoescape  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(loader=FileSystemLoader(folders), autoescape=select_autoescape(("html",)))


def needed_templates(environment: "Environment", source: str) -> "Iterator[tuple[int, str]]":
    """Yield line and name of the templates that `source` cannot do without. Raises: jinja2.TemplateSyntaxError."""
    from jinja2 import nodes  # noqa: PLC0415 - as above

    for node in environment.parse(source).find_all(nodes.Stmt):
        if not isinstance(node, nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport):
            continue
        may_be_missing = isinstance(node, nodes.Include) and node.ignore_missing
        if not may_be_missing and isinstance(node.template, nodes.Const) and isinstance(node.template.value, str):
            yield node.lineno, node.template.value
