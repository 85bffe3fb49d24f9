"""Writes the page: in the reader's language, light or dark, without scripts, in nobody's frame.

It does not look at the ticket: opening the page tells nothing and changes nothing.
"""

import base64
import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vestibule.core.projects import Project
from vestibule.core.redirects import parse_target
from vestibule.dialects.nhost.shapes import VerifyQuery
from vestibule.wire import Call, Html

if TYPE_CHECKING:
    from jinja2 import Template

_ROOM: Final = Path(__file__).parent
_LAST_RESORT: Final = "en"
_RIGHT_TO_LEFT: Final = frozenset({"ar"})
_MOST_LANGUAGES: Final = 32

Words = dict[str, Any]  # Any: texts, and tables of texts; the tests read all of them


class ConfirmPages:
    """Reads template, style and words when the first page is asked for: most servers never show one."""

    def page(self, call: Call, project: Project, link: VerifyQuery, kind: str, target: str) -> Html:
        """Return the page for a link of this kind that leads to `target`."""
        locale = self._locale(call, project)
        words = self._words[locale]
        destination = parse_target(target)
        host = destination.host if destination and destination.scheme in {"http", "https"} else None
        text = self._template.render(
            locale=locale,
            direction="rtl" if locale in _RIGHT_TO_LEFT else "ltr",
            style=self._style,
            product=project.name,
            heading=words[kind]["heading"],
            text=words[kind]["text"],
            button=words[kind]["button"],
            leads_to=words["leads_to"].split("{host}") if host else (),
            host=host,
            ending=words["ending"],
            link=link,
        )
        scheme = destination.scheme if destination else ""
        return Html(text, headers=(("Content-Security-Policy", self._policy(scheme)), ("X-Frame-Options", "DENY")))

    def _policy(self, scheme: str) -> str:
        # The form is answered with a redirect, and some browsers hold form-action against that as well, and against
        # where the application sends its users from there.
        beyond = {"http": " http: https:", "https": " https:", "": ""}.get(scheme, f" {scheme}: https:")
        return (
            f"default-src 'none'; style-src 'sha256-{self._digest}'; form-action 'self'{beyond}; base-uri 'none';"
            " frame-ancestors 'none'"
        )

    def _locale(self, call: Call, project: Project) -> str:
        for wanted in (*_languages(call.header("accept-language") or ""), project.policy.default_locale):
            language = wanted.replace("_", "-").partition("-")[0].lower()
            if language in self._words:
                return language
        return _LAST_RESORT

    @cached_property
    def _words(self) -> dict[str, Words]:
        import tomllib  # noqa: PLC0415 - most servers show no such page

        return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in (_ROOM / "words").glob("*.toml")}

    @cached_property
    def _style(self) -> str:
        return (_ROOM / "page.css").read_text("utf-8")

    @cached_property
    def _digest(self) -> str:
        return base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()

    @cached_property
    def _template(self) -> "Template":
        from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 - see the class

        environment = Environment(loader=FileSystemLoader(_ROOM), autoescape=True, auto_reload=False)
        return environment.get_template("page.html")


def _languages(header: str) -> list[str]:
    """Return the languages of Accept-Language, the best liked first (RFC 9110 section 12.5.4)."""
    liked: list[tuple[float, str]] = []
    for entry in header.split(",")[:_MOST_LANGUAGES]:
        language, *parameters = (part.strip() for part in entry.split(";"))
        weights = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            continue
        if language and weight > 0:
            liked.append((weight, language))
    return [language for _, language in sorted(liked, key=lambda pair: pair[0], reverse=True)]
