"""The development mailbox as pages: mails in, HTML out. What a message contains cannot act on the page that shows it.

Its HTML is shown from an address of its own, in a frame without scripts, forms or an origin.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from jinja2 import Environment

View = Literal["html", "text", "headers"]

ROOM: Final = Path(__file__).parent
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Mail needs its inline styles; the sandbox here holds also when the address is opened outside of the frame.
_BODY_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)
PAGE_HEADERS: Final = (
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Content-Security-Policy", _PAGE_POLICY),
)
BODY_HEADERS: Final = (("Content-Security-Policy", _BODY_POLICY),)
ASSET_TYPES: Final[Mapping[str, str]] = {
    "gallery.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class StoredMail(Protocol):
    """What the pages show of one message."""

    @property
    def id(self) -> UUID:
        """The id under which the outbox knows it."""
        ...

    @property
    def template(self) -> str:
        """The name of the template."""
        ...

    @property
    def recipient(self) -> str:
        """The address it would have gone to."""
        ...

    @property
    def subject(self) -> str:
        """The subject line."""
        ...

    @property
    def html(self) -> str:
        """A complete HTML document."""
        ...

    @property
    def text(self) -> str:
        """The plain-text twin; may be empty."""
        ...

    @property
    def link(self) -> str:
        """The http(s) link within; may be empty."""
        ...

    @property
    def ticket(self) -> str:
        """The secret within the link; may be empty."""
        ...

    @property
    def code(self) -> str:
        """A code to type; may be empty."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was queued."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The extra headers."""
        ...


class MailSource(Protocol):
    """Where the mails are."""

    def newest(self) -> Sequence[StoredMail]:
        """Return all mails, the newest first."""
        ...


class MailEntry(msgspec.Struct, frozen=True):
    """One message in `/_/mail.json`, for tests."""

    id: str
    to: str
    subject: str
    template: str
    link: str
    ticket: str
    code: str
    text: str
    html: str
    sent_at: datetime
    headers: Mapping[str, str]


class MailboxPages:
    """The mailbox page, its parts, and the same as JSON. With `mail_leaves` it stays empty and says why."""

    def __init__(self, mails: MailSource, *, mail_leaves: bool = False) -> None:
        self._mails = mails
        self._mail_leaves = mail_leaves

    def entries(self, recipient: str | None = None) -> list[MailEntry]:
        """Return all mails, the newest first; only those to `recipient` when given (case does not matter)."""
        wanted = None if recipient is None else recipient.casefold()
        mails = self._mails.newest()
        return [_entry(mail) for mail in mails if wanted is None or mail.recipient.casefold() == wanted]

    def page(self, mail_id: str | None = None, view: str | None = None) -> str | None:
        """Return the page with one message open, the newest without `mail_id`; None when there is no such message.

        `view` is html, text or headers; anything else counts as html.
        """
        mails = self.entries()
        chosen = next((mail for mail in mails if mail_id in {None, mail.id}), None)
        if chosen is None and mail_id is not None:
            return None
        return self._environment.get_template("mailbox.html").render(
            mails=mails,
            open=chosen,
            pinned=mail_id is not None,
            view=view if view in get_args(View) else "html",
            mail_leaves=self._mail_leaves,
        )

    def apology(self, words: str) -> str:
        """Return a page that says why there is nothing else to show."""
        return self._environment.get_template("apology.html").render(words=words)

    def body(self, mail_id: str) -> str | None:
        """Return the HTML of one message, its links opening in new tabs; None when there is no such message."""
        html = next((mail.html for mail in self._mails.newest() if str(mail.id) == mail_id), None)
        return None if html is None else with_links_outside(html)

    @cached_property
    def _environment(self) -> "Environment":
        # Imported on first use: the page exists while developing only.
        from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415

        return Environment(loader=FileSystemLoader(ROOM / "templates"), autoescape=True, auto_reload=False)


def with_links_outside(html: str) -> str:
    """Return `html` with its links opening in new tabs: it is shown in a frame."""
    return html.replace("<head>", '<head><base target="_blank">', 1)


def asset(name: str) -> bytes | None:
    """Return the content of one of `ASSET_TYPES`; None for any other name."""
    return (ROOM / "assets" / name).read_bytes() if name in ASSET_TYPES else None


def _entry(mail: StoredMail) -> MailEntry:
    return MailEntry(
        id=str(mail.id),
        to=mail.recipient,
        subject=mail.subject,
        template=mail.template,
        link=mail.link,
        ticket=mail.ticket,
        code=mail.code,
        text=mail.text,
        html=mail.html,
        sent_at=mail.created_at,
        headers=mail.headers,
    )
