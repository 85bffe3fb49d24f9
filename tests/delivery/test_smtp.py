"""What arrives at a mail server, by which ways in, and what each refusal of the server means."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from vestibule.delivery.mail import Mail, MailDelayed, MailRefused
from vestibule.delivery.settings import SmtpSettings
from vestibule.delivery.smtp import SmtpTransport
from vestibule.kernel.secret import Secret

Serve = Callable[..., Awaitable[Any]]


def transport_to(port: int, **settings: Any) -> SmtpTransport:
    given = {"host": "127.0.0.1", "sender": "Acme, Inc. <auth@acme.example>", **settings}
    return SmtpTransport(SmtpSettings(port=port, **given))


async def send(mail: Mail, port: int, **settings: Any) -> None:
    transport = transport_to(port, **settings)
    try:
        await transport.send(mail)
    finally:
        await transport.rest()


async def test_a_mail_arrives_with_both_bodies_and_the_headers_that_test_suites_read(mail: Mail, postbox: Any) -> None:
    """Nhost's clients read the ticket and the link from headers; a long link stays on one unencoded line."""
    await send(mail, postbox.port, x_smtpapi='{"category":"auth"}')
    letter = postbox.letters[0]
    assert (postbox.envelopes[0].mail_from, postbox.envelopes[0].rcpt_tos) == ("auth@acme.example", ["bob@example.com"])
    assert str(letter["From"]) == '"Acme, Inc." <auth@acme.example>'
    assert letter["To"] == "bob@example.com"
    assert letter["Subject"] == "Verify your email"
    assert letter["Date"] == "Fri, 02 Jan 2026 03:04:05 +0000"
    assert letter["Message-ID"] == "<0193a1f2-7c4b-7b57-9d7e-6a2b1f0c9e11@acme.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-SMTPAPI"] == '{"category":"auth"}'
    assert letter["X-Ticket"] == "verifyEmail:x"
    assert f"\r\nX-Link: {mail.link}\r\n".encode() in postbox.raw[0]
    assert letter.get_content_type() == "multipart/alternative"
    bodies = {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in letter.iter_parts()}
    assert bodies == {"text/plain": mail.text, "text/html": mail.html + "\n"}
    assert postbox.greetings[0] == "acme.example"


async def test_starttls_is_used_when_the_server_offers_it(mail: Mail, serve_postbox: Serve, certificate: Any) -> None:
    """`auto` upgrades an open connection."""
    postbox = await serve_postbox(tls_context=certificate.context)
    await send(mail, postbox.port, ca_file=certificate.ca_file)
    assert postbox.encrypted == [True]


async def test_nothing_leaves_when_required_starttls_is_not_offered(mail: Mail, postbox: Any) -> None:
    """A server, or somebody between, that hides STARTTLS gets no mail."""
    with pytest.raises(MailDelayed):
        await send(mail, postbox.port, starttls="required")
    assert postbox.letters == []


async def test_tls_from_the_first_byte(mail: Mail, serve_postbox: Serve, certificate: Any) -> None:
    """`secure` is what port 465 expects."""
    postbox = await serve_postbox(tls=certificate.context)
    await send(mail, postbox.port, secure=True, ca_file=certificate.ca_file)
    assert len(postbox.letters) == 1


async def test_an_unknown_certificate_gets_no_mail(mail: Mail, serve_postbox: Serve, certificate: Any) -> None:
    """The server's name is checked, also after STARTTLS."""
    postbox = await serve_postbox(tls_context=certificate.context)
    with pytest.raises(MailDelayed, match="certificate"):
        await send(mail, postbox.port)
    assert postbox.letters == []


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
async def test_login(
    mail: Mail, serve_postbox: Serve, certificate: Any, log_in: Any, method: Literal["PLAIN", "LOGIN"]
) -> None:
    """Both ways that servers commonly want."""
    postbox = await serve_postbox(tls_context=certificate.context, authenticator=log_in, auth_required=True)
    await send(
        mail, postbox.port, ca_file=certificate.ca_file, user="ann", password=Secret("pa ss"), auth_method=method
    )
    assert len(postbox.letters) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_wrong_password_delays(mail: Mail, serve_postbox: Serve, log_in: Any) -> None:
    """It is the operator's mistake, not the recipient's: the mail must survive until it is mended."""
    postbox = await serve_postbox(authenticator=log_in, auth_required=True, auth_require_tls=False)
    with pytest.raises(MailDelayed, match="535"):
        await send(mail, postbox.port, user="ann", password=Secret("wrong"))


async def test_a_password_is_not_sent_in_the_clear(mail: Mail, postbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback may see it without TLS."""
    monkeypatch.setattr("vestibule.delivery.smtp._LOCAL_HOSTS", frozenset())
    with pytest.raises(MailDelayed, match="in the clear"):
        await send(mail, postbox.port, user="ann", password=Secret("pa ss"))
    assert postbox.letters == []


@pytest.mark.parametrize(
    ("where", "answer", "verdict"),
    [
        ("refuse_recipient", "550 5.1.1 no such user", MailRefused),
        ("refuse_recipient", "450 4.2.1 greylisted", MailDelayed),
        ("refuse_recipient", "530 5.7.0 authentication required", MailDelayed),
        ("refuse_letter", "554 5.7.1 we call that spam", MailRefused),
        ("refuse_letter", "451 4.3.0 disk is full", MailDelayed),
    ],
)
async def test_refusals_are_for_ever_or_for_now(
    mail: Mail, postbox: Any, where: str, answer: str, verdict: type[Exception]
) -> None:
    """5xx about the recipient or the letter is final; anything about ourselves is not."""
    getattr(postbox, where).append(answer)
    with pytest.raises(verdict, match=answer[:3]):
        await send(mail, postbox.port)


async def test_a_server_that_is_down_delays(mail: Mail, unused_tcp_port: int) -> None:
    """Nothing listens there."""
    with pytest.raises(MailDelayed):
        await send(mail, unused_tcp_port)


async def test_a_server_that_says_nothing_delays(mail: Mail) -> None:
    """Each step of the dialogue has a deadline."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        transport = SmtpTransport(
            SmtpSettings(host="127.0.0.1", sender="a@acme.example", port=server.sockets[0].getsockname()[1]),
            step=timedelta(seconds=0.1),
        )
        with pytest.raises(MailDelayed):
            await transport.send(mail)
        await asyncio.wait_for(left.wait(), 20)  # the server's half has ended as well


async def test_a_connection_is_reused_and_replaced_when_the_server_dropped_it(mail: Mail, postbox: Any) -> None:
    """One connection carries several mails; a stale one is noticed before the letter is risked."""
    transport = transport_to(postbox.port)
    await transport.send(mail)
    await transport.send(mail)
    assert len(postbox.peers) == 1
    await postbox.hang_up()
    await transport.send(mail)
    await transport.rest()
    assert (len(postbox.letters), len(postbox.peers)) == (3, 2)


@pytest.mark.parametrize(
    "recipient",
    [
        "bob@example.com, eve@evil.example",
        "bob@example.com\r\nRCPT TO:<eve@evil.example>",
        "bob@example.com>\r\nDATA",
        "<bob@example.com>",
        "Bob <bob@example.com>",
        "bob",
        "@example.com",
        "bob@",
        "",
        '"bob eve"@example.com x',
    ],
)
async def test_a_recipient_is_one_address_or_refused(mail: Mail, postbox: Any, recipient: str) -> None:
    """Nothing in an address reaches the dialogue as a command or as a second recipient."""
    with pytest.raises(MailRefused):
        await send(replace(mail, recipient=recipient), postbox.port)
    assert postbox.envelopes == []


async def test_headers_cannot_be_broken_out_of(mail: Mail, postbox: Any) -> None:
    """Line breaks in anything become blanks (security 115)."""
    evil = "x\r\nBcc: eve@evil.example\r\n\r\n<b>body</b>"
    await send(replace(mail, headers={"X-Redirect-To": evil, "X-Ticket": evil}), postbox.port)
    letter = postbox.letters[0]
    assert letter["Bcc"] is None
    assert letter["X-Redirect-To"] == "x  Bcc: eve@evil.example    <b>body</b>"


async def test_international_addresses(mail: Mail, postbox: Any) -> None:
    """The domain goes out in ASCII, the local part by SMTPUTF8."""
    await send(replace(mail, recipient="bob@bücher.example"), postbox.port)
    await send(replace(mail, recipient="jürgen@example.com"), postbox.port)
    assert [envelope.rcpt_tos for envelope in postbox.envelopes] == [
        ["bob@xn--bcher-kva.example"],
        ["jürgen@example.com"],
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"port": 0},
        {"sender": "Acme"},
        {"sender": "Acme\r\nBcc: x <a@b.example>"},
        {"secure": True, "starttls": "required"},
    ],
)
def test_unusable_settings_are_refused_at_start(wrong: dict[str, Any]) -> None:
    """Not at the first mail."""
    with pytest.raises(ValueError, match="SMTP"):
        SmtpSettings(**{"host": "mail.test", "sender": "a@acme.example", **wrong})
