"""Every route that the server serves, from what is compiled at mount, beside the table of docs/routes.md.

What a table says is for people; `served` is what is so.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Final, get_args, get_origin, get_type_hints

import pytest

from tests.support.cores import PUBLIC_URL, settings_for
from vestibule.assembly.application import assemble
from vestibule.core.facade import Core
from vestibule.core.letters import SendCode, SendLetter, SendNotice
from vestibule.core.mailed import WriteMail
from vestibule.core.text_codes import SendText
from vestibule.dialects.nhost.captcha import CAPTCHA, CAPTCHA_IN_NEWEST
from vestibule.dialects.nhost.dialect import ENROLS
from vestibule.kernel.secret import Secret
from vestibule.settings.dev_provider import dev_provider
from vestibule.wire import Dialect
from vestibule.wire import app as wire_app
from vestibule.wire.declaration import Endpoint, Function
from vestibule.wire.endpoint import Responder
from vestibule.wire.steps import Mounting

PAGE: Final = Path(__file__).parents[2] / "docs" / "routes.md"
NOTHING: Final = "-"
NEVER: Final = "never"  # what it holds could send, and it does not let it

_HEADING: Final = re.compile(r"^## `(?P<dialect>[a-z]+)`", re.MULTILINE)
_ROW: Final = re.compile(r"^\| (?P<method>[A-Z]+) `(?P<path>[^`]*)` \|(?P<cells>.*)\|$")
_ELEVATED: Final = "BearerAuthElevated"
_DOORS: Final = ("vestibule.dialects.", "vestibule.web.")
_MAILS: Final = (SendLetter, SendCode, WriteMail)


@dataclass(frozen=True, order=True)
class Route:
    """One endpoint, under all of its bases, as the table has it."""

    dialect: str
    method: str
    path: str
    under: str
    auth: str
    limits: str
    elevation: str
    captcha: str
    sends: str

    def __str__(self) -> str:
        cells = (self.under, self.auth, self.limits, self.elevation, self.captcha, self.sends)
        return f"| {self.method} `{self.path}` | {' | '.join(cells)} |"

    @property
    def key(self) -> tuple[str, ...]:
        """What names it."""
        return self.dialect, self.method, self.path, self.under


def listed() -> list[Route]:
    """Return the rows of the table."""
    found: list[Route] = []
    dialect = ""
    for line in PAGE.read_text().splitlines():
        heading, row = _HEADING.match(line), _ROW.match(line)
        if heading:
            dialect = heading["dialect"]
        elif row:
            cells = [cell.strip() for cell in row["cells"].split("|")]
            found.append(Route(dialect, row["method"], row["path"], *cells))
    return found


@dataclass(frozen=True)
class Served:
    """One endpoint as it is mounted."""

    dialect: Dialect
    endpoint: Endpoint
    bases: tuple[str, ...]

    @property
    def sends(self) -> set[str]:
        """What it can send for all that its use-cases hold: letters to an address that was named, texts, notices."""
        return {kind for use_case in _use_cases(self.endpoint.function) for kind in _sent_by(use_case)}

    def row(self, sends: str) -> Route:
        """Return its row; what it really sends is known to people only."""
        endpoint = self.endpoint
        return Route(
            self.dialect.name,
            endpoint.method,
            endpoint.path,
            ", ".join(f"`{base or '/'}`" for base in self.bases),
            _auth(endpoint),
            self._limits(),
            _elevation(endpoint),
            _captcha(endpoint),
            sends,
        )

    def _limits(self) -> str:
        own = [limit.group for limit in self.endpoint.limits]
        always = [] if self.endpoint.standalone else [limit.group for limit in self.dialect.limits]
        return ", ".join((*always, *own)) or NOTHING


def served() -> list[Served]:
    """Return what a development server mounts, which is everything there is."""
    found: dict[int, Served] = {}
    compile_endpoint = wire_app.compile_endpoint  # type: ignore[attr-defined]  # where all endpoints pass

    def noting(dialect: Dialect, endpoint: Endpoint, base: str, mounting: Mounting) -> Responder:
        before = found.get(id(endpoint))
        found[id(endpoint)] = Served(dialect, endpoint, (*(before.bases if before else ()), base))
        responder: Responder = compile_endpoint(dialect, endpoint, base, mounting)
        return responder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire_app, "compile_endpoint", noting)
        provider = dev_provider(PUBLIC_URL, f"{PUBLIC_URL}/v1", Secret("never told"))
        settings = settings_for("sqlite:///never-opened", dev=True, mail=None, dev_provider=provider)
        assemble(settings, with_worker=False)
    return list(found.values())


def _auth(endpoint: Endpoint) -> str:
    if endpoint.auth is None:
        return NOTHING
    return f"{endpoint.auth.name}, optional" if endpoint.auth.is_optional else endpoint.auth.name


def _elevation(endpoint: Endpoint) -> str:
    if endpoint.auth is None or endpoint.auth.name != _ELEVATED:
        return "none"
    return "elevated, or enrols" if ENROLS in endpoint.marks else "elevated"


def _captcha(endpoint: Endpoint) -> str:
    if CAPTCHA in endpoint.marks:
        return "when configured"
    return "as the newest" if CAPTCHA_IN_NEWEST in endpoint.marks else NOTHING


def _use_cases(function: Function, seen: frozenset[Function] = frozenset()) -> Iterator[type]:
    """Yield the classes behind every `core.<use case>` that a handler and its helpers beside it mention."""
    hints = get_type_hints(Core)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Attribute) and node.attr in hints and _names_the_core(node.value):
            yield hints[node.attr]
        elif isinstance(node, ast.Name):
            helper = getattr(function, "__globals__", {}).get(node.id)
            if inspect.isfunction(helper) and helper not in seen and helper.__module__.startswith(_DOORS):
                yield from _use_cases(helper, seen | {function, helper})


def _names_the_core(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "core") or (
        isinstance(node, ast.Attribute) and node.attr == "core"
    )


@cache
def _sent_by(use_case: type) -> frozenset[str]:
    if use_case in _MAILS:
        return frozenset({"mail"})
    if use_case is SendText:
        return frozenset({"text"})
    if use_case is SendNotice:
        return frozenset({"notice"})
    if not is_dataclass(use_case) or not use_case.__module__.startswith("vestibule.core"):
        return frozenset()
    hints = get_type_hints(use_case)
    held = {part for field in fields(use_case) for part in _classes_in(hints[field.name])}
    return frozenset(kind for part in held for kind in _sent_by(part))


def _classes_in(hint: object) -> Iterator[type]:
    """Yield the classes that a field's type is made of: of `EntryByMail[LetterForm] | None` all three."""
    made = get_origin(hint) or hint
    if isinstance(made, type):
        yield made
    for part in get_args(hint):
        yield from _classes_in(part)
