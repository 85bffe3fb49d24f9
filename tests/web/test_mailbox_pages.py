"""The development mailbox page: what it shows, and what a message cannot do to it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from vestibule.web.mailbox import pages
from vestibule.web.mailbox.pages import MailboxPages, MailSource, StoredMail, asset

FIRST = UUID(int=1)


@dataclass(frozen=True)
class Mail:
    id: UUID = FIRST
    template: str = "email-verify"
    recipient: str = "bob@example.com"
    subject: str = "Verify your email"
    html: str = "<!DOCTYPE html><html><head></head><body>Hello &amp; welcome</body></html>"
    text: str = "Hello & welcome"
    link: str = "https://auth.acme.example/verify?a=1&b=2"
    ticket: str = "verifyEmail:x"
    code: str = ""
    created_at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    headers: dict[str, str] = field(default_factory=lambda: {"X-Ticket": "verifyEmail:x"})


class Mails(list[StoredMail]):
    def newest(self) -> list[StoredMail]:
        """Return all of them."""
        return self


def page_of(source: MailSource, mail_id: str | None = None, view: str | None = None) -> str:
    page = MailboxPages(source).page(mail_id, view)
    assert page is not None
    return page


def test_an_empty_mailbox_says_what_to_do() -> None:
    """Nobody should wonder whether the page works."""
    assert "No mail yet" in page_of(Mails())


def test_the_newest_mail_is_open() -> None:
    """One look is enough after a sign-up: the link is a button, the message is in its frame."""
    newest, older = Mail(id=UUID(int=2)), Mail(subject="Reset your password", recipient="ann@example.com")
    page = page_of(Mails([newest, older]))
    assert 'href="https://auth.acme.example/verify?a=1&amp;b=2"' in page
    assert f'src="/_/mail/{newest.id}/body" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "ann@example.com" in page
    assert '<main class="latest">' in page


def test_a_chosen_mail_stays_open() -> None:
    """In each of its views."""
    mails = Mails([Mail(id=UUID(int=2)), Mail(text="plain twin")])
    chosen = str(UUID(int=1))
    assert "plain twin" in page_of(mails, chosen, "text")
    assert "<b>X-Ticket:</b> verifyEmail:x" in page_of(mails, chosen, "headers")
    assert f"/_/mail/{chosen}/body" in page_of(mails, chosen, "<nonsense>")
    assert '<main class="pinned">' in page_of(mails, chosen)


def test_a_mail_that_is_gone_is_not_found() -> None:
    """Its address came from an earlier run."""
    mailbox = MailboxPages(Mails([Mail()]))
    assert mailbox.page("0") is None
    assert mailbox.body("0") is None


@pytest.mark.parametrize("view", ["html", "text", "headers"])
def test_nothing_in_a_mail_becomes_markup_of_the_page(view: str) -> None:
    """Every value is escaped, the message's own HTML stays in its frame."""
    evil = '"><script>alert(1)</script>'
    mail = Mail(recipient=evil, subject=evil, text=evil, html=evil, ticket=evil, code=evil, headers={evil: evil})
    page = page_of(Mails([replace(mail, template=evil)]), view=view)
    assert "<script>alert" not in page
    assert page.count("<script") == 1


def test_the_page_runs_no_script_but_its_own_and_the_mail_none() -> None:
    """The policies say so to the browser; the page itself has nothing inline."""
    policy, body_policy = dict(pages.PAGE_HEADERS), dict(pages.BODY_HEADERS)
    assert "script-src 'self'" in policy["Content-Security-Policy"]
    assert "unsafe" not in policy["Content-Security-Policy"]
    assert "script" not in body_policy["Content-Security-Policy"]
    assert "sandbox allow-popups" in body_policy["Content-Security-Policy"]
    page = page_of(Mails([Mail()]))
    assert not any(inline in page for inline in (" style=", "<style", " onclick", "javascript:"))


def test_links_in_a_mail_open_outside_of_the_frame() -> None:
    """A verified address should not end up in a frame of a frame."""
    assert '<head><base target="_blank"></head>' in (MailboxPages(Mails([Mail()])).body(str(UUID(int=1))) or "")


def test_entries_can_be_asked_for_by_recipient() -> None:
    """So a test finds the mail of the user it has just made."""
    mailbox = MailboxPages(Mails([Mail(recipient="Ann@example.com"), Mail()]))
    assert [entry.to for entry in mailbox.entries("ann@EXAMPLE.com")] == ["Ann@example.com"]
    assert len(mailbox.entries()) == 2


def test_a_server_that_sends_says_so() -> None:
    """Nobody waits for mail in a mailbox that gets none."""
    page = MailboxPages(Mails(), mail_leaves=True).page()
    assert "Mail leaves through your mail server" in (page or "")
    assert "Mail leaves" not in page_of(Mails())


def test_assets_are_those_and_no_other_file() -> None:
    """The name comes from the address line."""
    assert all(asset(name) for name in pages.ASSET_TYPES)
    assert asset("../pages.py") is None
