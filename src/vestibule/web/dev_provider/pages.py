"""The provider's pages: who will you be today, what is wrong, and the form that posts itself."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vestibule.web.dev_provider.faults import FAULTS
from vestibule.web.dev_provider.grants import Asked
from vestibule.web.dev_provider.people import PEOPLE
from vestibule.web.dev_provider.saying import HTML, Said

if TYPE_CHECKING:
    from jinja2 import Environment

_ROOM: Final = Path(__file__).parent
_BAD_REQUEST: Final = 400

ASSET_TYPES: Final[Mapping[str, str]] = {
    "page.css": "text/css; charset=utf-8",
    "post.js": "text/javascript; charset=utf-8",
    "sign-in.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

# No form-action: a form here is answered with a redirect to wherever an application sends its users, and some browsers
# hold the policy against that as well. Nothing that is shown here can hold a form of its own.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS: Final = (("Content-Security-Policy", _POLICY), ("X-Frame-Options", "DENY"))


def choosing(asked: Asked) -> Said:
    """Return the page on which one chooses whom to be, and what goes wrong."""
    return _page("choose.html", asked=asked, people=PEOPLE, faults=FAULTS)


def problem(heading: str, words: str) -> Said:
    """Return the page that says why the browser is sent nowhere."""
    return _page("problem.html", _BAD_REQUEST, heading=heading, words=words)


def posting(target: str, fields: Mapping[str, str]) -> Said:
    """Return the page that posts `fields` to `target` (OAuth 2.0 Form Post Response Mode)."""
    return _page("post.html", target=target, fields=fields)


def sign_in(doors: Sequence[tuple[str, str]], *, page: str, api: str) -> str:
    """Return the page with a button for each provider in `doors` (name and label).

    `page` is its own address as browsers know it, `api` where the nhost routes are.
    """
    return _environment().get_template("sign_in.html").render(doors=doors, page=page, api=api)


def asset(name: str) -> bytes | None:
    """Return the content of one of `ASSET_TYPES`; None for any other name."""
    return (_ROOM / "assets" / name).read_bytes() if name in ASSET_TYPES else None


def _page(template: str, status: int = 200, **shown: object) -> Said:
    return Said(_environment().get_template(template).render(shown).encode(), HTML, status, HEADERS)


@cache
def _environment() -> "Environment":
    # Imported on first use: the pages exist while developing only.
    from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415

    return Environment(loader=FileSystemLoader(_ROOM / "templates"), autoescape=True, auto_reload=False)
