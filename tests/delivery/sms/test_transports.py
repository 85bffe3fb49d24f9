"""What arrives at each provider, and what each of its answers means."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.delivery.sms.conftest import ANN
from tests.support.providers.modica import Modica
from tests.support.providers.standing_in import Answer, Fault, StandIn
from tests.support.providers.twilio import MESSAGING_SERVICE, Twilio, problem
from vestibule.delivery.mailbox import Mailbox
from vestibule.delivery.sms import DevTexts, GenericTexts, TextDelayed, TextRefused, TextTransport
from vestibule.delivery.sms.dev import DevTransport
from vestibule.delivery.sms.generic import GenericTransport
from vestibule.delivery.sms.modica import ModicaTransport
from vestibule.delivery.sms.twilio import TwilioTransport
from vestibule.delivery.texts import Text
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient, OutboundSettings

SPELL = 'a"}&To=+1900#<b>${to}</b>\\ \nb'
JSON = '{"to":"${to}","message":{"text":"From Acme: ${body}"},"flash":false}'


def generic(gateway: StandIn, **changes: Any) -> GenericTexts:
    given = {"url": f"{gateway.url}/send", "template": JSON, **changes}
    return GenericTexts(**given)


async def test_twilio_gets_a_form(twilio: Twilio, outbound: OutboundClient, text: Text) -> None:
    """With account and token, and the messaging service in the place where Twilio looks for one."""
    await TwilioTransport(twilio.as_transport(), outbound).send(text)
    assert twilio.texts == [{"To": ANN, "MessagingServiceSid": MESSAGING_SERVICE, "Body": text.body}]


@pytest.mark.parametrize("sender", ["+15005550006", "ACME"])
async def test_twilio_gets_a_number_or_a_name_as_sender(
    twilio: Twilio, outbound: OutboundClient, text: Text, sender: str
) -> None:
    """As Nhost Auth sends whatever is configured."""
    await TwilioTransport(twilio.as_transport(sender), outbound).send(text)
    assert twilio.texts[0]["From"] == sender


async def test_modica_gets_json(modica: Modica, outbound: OutboundClient, text: Text) -> None:
    """Two members; 202 is its way to say yes."""
    await ModicaTransport(modica.as_transport(), outbound).send(text)
    assert modica.texts == [{"destination": ANN, "content": text.body}]


async def test_modica_is_not_asked_about_a_number_without_a_country(
    modica: Modica, outbound: OutboundClient, text: Text
) -> None:
    """It would be a short code there."""
    with pytest.raises(TextRefused):
        await ModicaTransport(modica.as_transport(), outbound).send(replace(text, recipient="4915123456789"))
    assert modica.requests == []


async def test_no_text_breaks_out_of_what_is_sent(
    twilio: Twilio, modica: Modica, outbound: OutboundClient, text: Text
) -> None:
    """Whatever it contains arrives as it is, and adds nothing (security 114)."""
    evil = replace(text, body=SPELL)
    await TwilioTransport(twilio.as_transport(), outbound).send(evil)
    await ModicaTransport(modica.as_transport(), outbound).send(evil)
    assert twilio.texts == [{"To": ANN, "MessagingServiceSid": MESSAGING_SERVICE, "Body": SPELL}]
    assert modica.texts == [{"destination": ANN, "content": SPELL}]


async def test_a_generic_json_template_is_filled(gateway: StandIn, outbound: OutboundClient, text: Text) -> None:
    """With the operator's headers."""
    settings = generic(gateway, headers={"X-Api-Key": Secret("k")})
    await GenericTransport(settings, outbound).send(replace(text, body=SPELL))
    [seen] = gateway.requests
    assert seen.json == {"to": ANN, "message": {"text": f"From Acme: {SPELL}"}, "flash": False}
    assert (seen.path, seen.headers["x-api-key"]) == ("/send", "k")


async def test_a_generic_form_is_filled(gateway: StandIn, outbound: OutboundClient, text: Text) -> None:
    """Each value stays in its own field (security 114)."""
    settings = generic(
        gateway,
        content_type="application/x-www-form-urlencoded",
        template="apikey=x%26y&to=${to}&text=Hi: ${body}&empty=",
    )
    await GenericTransport(settings, outbound).send(replace(text, body=SPELL))
    assert gateway.requests[0].form == {"apikey": "x&y", "to": ANN, "text": f"Hi: {SPELL}", "empty": ""}


async def test_generic_xml_and_text_are_filled(gateway: StandIn, outbound: OutboundClient, text: Text) -> None:
    """In XML what means something there is escaped; plain text has no such thing."""
    evil = replace(text, body=SPELL)
    xml = generic(gateway, content_type="text/xml; charset=utf-8", template="<m to='${to}'>${body}</m>")
    await GenericTransport(xml, outbound).send(evil)
    await GenericTransport(generic(gateway, content_type="text/plain", template="${to}: ${body}"), outbound).send(evil)
    parsed = ET.fromstring(gateway.requests[0].body)  # noqa: S314 - it is ours
    assert (parsed.attrib, parsed.text) == ({"to": ANN}, SPELL)
    assert gateway.requests[1].body.decode() == f"{ANN}: {SPELL}"
    assert gateway.requests[1].headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    "wrong",
    [
        {"template": '{"to":${to},"text":${body}}'},
        {"template": '{"to":"${to}"}'},
        {"template": '{"${to}":"${body}"}'},
        {"template": "${to} ${body}", "content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data"},
        {"url": "sms.acme.example"},
        {"url": "https://me:pw@sms.acme.example"},
        {"headers": {"X Key": Secret("k")}},
        {"headers": {"X-Key": Secret("k\r\nX: y")}},
    ],
)
def test_an_unusable_description_is_refused_at_start(wrong: dict[str, Any]) -> None:
    """Not at the first text."""
    with pytest.raises(ValueError, match=r"template|content type|URL|headers"):
        GenericTexts(**{"url": "https://sms.acme.example", "template": JSON, **wrong})


MAKERS: dict[str, Callable[[Any, OutboundClient], TextTransport]] = {
    "twilio": lambda server, outbound: TwilioTransport(server.as_transport(), outbound),
    "modica": lambda server, outbound: ModicaTransport(server.as_transport(), outbound),
    "gateway": lambda server, outbound: GenericTransport(generic(server), outbound),
}


@pytest.fixture(params=list(MAKERS))
def server(request: pytest.FixtureRequest) -> StandIn:
    """Each provider in turn."""
    found: StandIn = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def transport(server: StandIn, outbound: OutboundClient, request: pytest.FixtureRequest) -> TextTransport:
    """The transport that leads to it."""
    return MAKERS[request.node.callspec.params["server"]](server, outbound)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(400, {"error": "invalid_attrib", "code": 21211}), TextRefused),
        (Answer(422, {}), TextRefused),
        (Answer(400, {"error": f"no such number: {ANN}", "code": f"123456 to {ANN}"}), TextRefused),
        (problem(400, 21610), TextRefused),
        (problem(401, 20003), TextDelayed),
        (Answer(402, {}), TextDelayed),
        (Answer(403, {}), TextDelayed),
        (Answer(404, {}), TextDelayed),
        (problem(429, 20429), TextDelayed),
        (Answer(500, b"<html>"), TextDelayed),
        (Answer(503, {}), TextDelayed),
        (Answer(302, b"", {"Location": "http://169.254.169.254/"}), TextDelayed),
        (Fault.HANGS_UP, TextDelayed),
        (Fault.GARBAGE, TextDelayed),
        (Answer(200, b"x", {"Content-Length": "99999999"}), TextDelayed),
    ],
)
async def test_refusals_are_for_ever_or_for_now(
    server: StandIn, transport: TextTransport, text: Text, answer: Answer | Fault, verdict: type[Exception]
) -> None:
    """What is about the message is final; what is about us, or about now, is not."""
    server.faults.append(answer)
    with pytest.raises(verdict) as caught:
        await transport.send(text)
    assert ANN not in str(caught.value)
    assert "123456" not in str(caught.value)
    await transport.send(text)  # and the provider is asked again as if nothing had been


async def test_the_reason_is_told_by_its_code(twilio: Twilio, outbound: OutboundClient, text: Text) -> None:
    """The delivery log names it; Twilio's sentence repeats the number and is left out."""
    twilio.unsubscribed.add(ANN)
    with pytest.raises(TextRefused, match=r"^twilio says 400 \(21610\)$"):
        await TwilioTransport(twilio.as_transport(), outbound).send(text)


async def test_a_silent_provider_is_left(text: Text, twilio: Twilio) -> None:
    """The deadline of every call ends it."""
    quick = OutboundClient(OutboundSettings(allow=("127.0.0.0/8",), deadline=timedelta(seconds=0.5)))
    twilio.faults.append(Fault.SILENT)
    with pytest.raises(TextDelayed, match="in time"):
        await TwilioTransport(twilio.as_transport(), quick).send(text)
    await quick.close()


async def test_a_developer_sees_texts_everywhere(text: Text, tmp_path: Path) -> None:
    """On the console, on the page with the code to copy, and as a file that nobody else can read."""
    lines: list[str] = []
    mailbox, folder = Mailbox(), tmp_path / "texts"
    await DevTransport(mailbox, lines.append, folder).send(replace(text, body="<b>Your code\nis 123456."))
    assert lines == [f"text: <b>Your code is 123456. -> {ANN}"]
    [shown] = mailbox.newest()
    assert (shown.recipient, shown.code, shown.template) == (ANN, "123456", "signin-passwordless-sms")
    assert "&lt;b&gt;Your code" in shown.html
    [file] = list(folder.iterdir())
    assert await asyncio.to_thread(file.read_text) == f"To: {ANN}\n\n<b>Your code\nis 123456.\n"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_folder_that_cannot_be_written_delays(text: Text, tmp_path: Path) -> None:
    """The text is not lost, and the developer is told."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(TextDelayed):
        await DevTransport(None, print, blocked).send(text)
    assert DevTexts().folder is None


def test_json_stays_json() -> None:
    """The template of the tests above is the one of the documentation."""
    assert json.loads(JSON)["to"] == "${to}"
