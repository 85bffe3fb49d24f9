"""Postmark as a mail transport: its templates by Nhost's names, or our letters; and what its refusals mean."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.providers.postmark import Postmark, problem
from tests.support.providers.standing_in import Answer, Fault, serve
from vestibule.core.outbox import Outbox
from vestibule.delivery.mail import Mail, MailDelayed, MailRefused
from vestibule.delivery.postmark import PostmarkTransport
from vestibule.delivery.render import Renderer
from vestibule.delivery.settings import PostmarkSettings, WorkerSettings
from vestibule.delivery.worker import OutboxWorker
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient, OutboundSettings
from vestibule.storage import Database

Enqueue = Callable[..., Awaitable[Any]]
BOB = "bob@example.com"


@pytest.fixture
async def outbound() -> AsyncIterator[OutboundClient]:
    """A client that may call loopback."""
    client = OutboundClient(OutboundSettings(allow=("127.0.0.0/8",)))
    yield client
    await client.close()


@pytest.fixture
async def postmark() -> AsyncIterator[Postmark]:
    """Postmark with the templates of a small project."""
    async with serve(Postmark(aliases={"en.email-verify", "de.email-verify", "en.signin-otp"})) as server:
        yield server


async def test_a_template_of_postmarks_gets_nhosts_variables(
    db: Database, outbox: Outbox, enqueue: Enqueue, postmark: Postmark, outbound: OutboundClient
) -> None:
    """From the outbox to Postmark; our own letter is not sent. `code` is beside Nhost's nine."""
    link = "https://auth.acme.example/v1/verify?ticket=verifyEmail:x"
    await enqueue(
        link=link,
        ticket="verifyEmail:x",
        redirect_to="https://app.acme.example",
        email=BOB,
        display_name="Bob <b>",
        locale="en",
        server_url="https://auth.acme.example/v1",
        client_url="https://app.acme.example",
        code="482913",
    )
    transport = PostmarkTransport(postmark.as_transport(), outbound)
    await OutboxWorker(db, outbox, transport, Renderer(), name="a", settings=WorkerSettings()).drain()
    assert postmark.mails == [
        {
            "From": '"Acme, Inc." <auth@acme.example>',
            "To": BOB,
            "TemplateAlias": "en.email-verify",
            "TemplateModel": {
                "link": link,
                "displayName": "Bob <b>",
                "email": BOB,
                "newEmail": "",
                "ticket": "verifyEmail:x",
                "redirectTo": "https://app.acme.example",
                "locale": "en",
                "serverUrl": "https://auth.acme.example/v1",
                "clientUrl": "https://app.acme.example",
                "code": "482913",
            },
        }
    ]


async def test_values_are_as_careful_as_in_our_own_letters(
    db: Database, outbox: Outbox, enqueue: Enqueue, postmark: Postmark, outbound: OutboundClient
) -> None:
    """A display name that is a link, and a link that is a script, do not leave (security 115)."""
    await enqueue(display_name="http://evil.example/win", link="javascript:alert(1)")
    transport = PostmarkTransport(postmark.as_transport(), outbound)
    await OutboxWorker(db, outbox, transport, Renderer(), name="a", settings=WorkerSettings()).drain()
    model = postmark.mails[0]["TemplateModel"]
    assert (model["displayName"], model["link"]) == ("", "")


async def test_a_code_is_nhosts_ticket(mail: Mail, postmark: Postmark, outbound: OutboundClient) -> None:
    """Nhost's template of one-time passwords shows it by that name."""
    code = replace(mail, template="signin-otp", locale="en", values={"code": "482913"})
    await PostmarkTransport(postmark.as_transport(), outbound).send(code)
    assert postmark.mails[0]["TemplateModel"]["ticket"] == "482913"


@pytest.mark.parametrize(
    ("locale", "default", "alias"),
    [
        ("de", "en", "de.email-verify"),
        ("de-AT", "en", "de.email-verify"),
        ("fr", "de", "de.email-verify"),
        ("fr", "en", "en.email-verify"),
        ("../x", "en", "en.email-verify"),
    ],
)
async def test_a_missing_template_is_taken_from_the_next_language(
    mail: Mail, postmark: Postmark, outbound: OutboundClient, locale: str, default: str, alias: str
) -> None:
    """The same template, as with folders."""
    transport = PostmarkTransport(postmark.as_transport(default_locale=default), outbound)
    await transport.send(replace(mail, locale=locale))
    assert [sent["TemplateAlias"] for sent in postmark.mails] == [alias]


async def test_a_template_that_postmark_has_in_no_language_is_ours(
    mail: Mail, postmark: Postmark, outbound: OutboundClient
) -> None:
    """Nobody who comes from Nhost Auth has one for a notice."""
    await PostmarkTransport(postmark.as_transport(), outbound).send(replace(mail, template="password-changed"))
    [sent] = postmark.mails
    assert (sent["Subject"], "TemplateAlias" in sent) == (mail.subject, False)


async def test_our_letters_leave_as_they_are(mail: Mail, postmark: Postmark, outbound: OutboundClient) -> None:
    """With both bodies, and the headers that test suites read."""
    transport = PostmarkTransport(postmark.as_transport(templates=False), outbound)
    await transport.send(replace(mail, recipient="bob@bücher.example"))
    [sent] = postmark.mails
    assert (sent["To"], sent["HtmlBody"], sent["TextBody"]) == ("bob@xn--bcher-kva.example", mail.html, mail.text)
    assert {"Name": "X-Ticket", "Value": "verifyEmail:x"} in sent["Headers"]
    await transport.rest()


@pytest.mark.parametrize("templates", [True, False])
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (problem(422, 300, "Error parsing 'To'"), MailRefused),
        (problem(422, 406, "Inactive recipient"), MailRefused),
        (Answer(413, b""), MailRefused),
        (problem(401, 10), MailDelayed),
        (problem(422, 400), MailDelayed),
        (problem(422, 405), MailDelayed),
        (problem(422, 412), MailDelayed),
        (problem(422, 413), MailDelayed),
        (problem(429, 429), MailDelayed),
        (problem(500, 100), MailDelayed),
        (Answer(503, b"<html>"), MailDelayed),
        (Answer(200, b"not json"), MailDelayed),
        (Answer(200, {"ErrorCode": 405}), MailDelayed),
        (Answer(302, b"", {"Location": "http://169.254.169.254/"}), MailDelayed),
        (Fault.HANGS_UP, MailDelayed),
        (Fault.GARBAGE, MailDelayed),
    ],
)
async def test_refusals_are_for_ever_or_for_now(
    mail: Mail,
    postmark: Postmark,
    outbound: OutboundClient,
    answer: Answer | Fault,
    verdict: type[Exception],
    *,
    templates: bool,
) -> None:
    """An address that cannot get mail is final; our account, our token and their outages are not."""
    postmark.faults.append(answer)
    transport = PostmarkTransport(postmark.as_transport(templates=templates), outbound)
    with pytest.raises(verdict, match="postmark") as caught:
        await transport.send(replace(mail, locale="en"))
    assert BOB not in str(caught.value)
    await transport.send(replace(mail, locale="en"))


async def test_a_recipient_is_one_address_or_refused(mail: Mail, postmark: Postmark, outbound: OutboundClient) -> None:
    """Postmark would take a list."""
    with pytest.raises(MailRefused):
        await PostmarkTransport(postmark.as_transport(), outbound).send(
            replace(mail, recipient="bob@example.com, eve@evil.example")
        )
    assert postmark.requests == []


@pytest.mark.parametrize("wrong", [{"token": Secret("")}, {"sender": "Acme"}, {"sender": "Acme\n <a@b.example>"}])
def test_unusable_settings_are_refused_at_start(wrong: dict[str, Any]) -> None:
    """Not at the first mail."""
    with pytest.raises(ValueError, match=r"token|sender"):
        PostmarkSettings(**{"token": Secret("t"), "sender": "a@acme.example", **wrong})
