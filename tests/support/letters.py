"""A claimed message and variables to render it with, and HTML taken apart."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Final, get_args
from uuid import UUID

from vestibule.core.outbox import Claimed, MailVariables, TemplateName

LINK: Final = "https://auth.acme.example/v1/verify?redirectTo=https%3A%2F%2Fapp.acme.example&ticket=verifyEmail%3Ax&type=emailVerify"
FULL: Final = MailVariables(
    product="Acme Notes",
    link=LINK,
    ticket="verifyEmail:x",
    redirect_to="https://app.acme.example",
    email="bob@example.com",
    new_email="new@example.com",
    display_name="Bob Builder",
    locale="en",
    server_url="https://auth.acme.example/v1",
    client_url="https://app.acme.example",
    code="482913",
    link_type="emailVerify",
    event="passkey-added",
)
TEXTS: Final = ("signin-passwordless-sms",)
MAILS: Final[tuple[str, ...]] = tuple(name for name in get_args(TemplateName) if name not in TEXTS)
NOTICES: Final = ("email-changed", "password-changed", "security-changed")
LINKED: Final = tuple(name for name in MAILS if name not in {*NOTICES, "signin-otp"})


def claimed(template: str = "email-verify", locale: str = "en", recipient: str = "bob@example.com") -> Claimed:
    """Return a message that a worker has taken out of the outbox."""
    return Claimed(
        project_id=UUID(int=1),
        id=UUID(int=2),
        channel="sms" if template in TEXTS else "email",
        template=template,
        locale=locale,
        recipient=recipient,
        payload=None,
        attempts=1,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


class Tags(HTMLParser):
    """Collects the tags in use, where they lead and the attributes of the first one; checks that each is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.attributes: dict[str, dict[str, str]] = {}
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an opened tag and where it leads."""
        self.seen.add(tag)
        self.attributes.setdefault(tag, {name: value or "" for name, value in attrs})
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "background"}]
        if tag not in {"meta", "br", "img", "base"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take it off again."""
        assert self.open.pop() == tag
