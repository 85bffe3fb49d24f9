"""Which transport the settings lead to, and that a whole server sends by it."""

from typing import Any

import pytest

from tests.support.cores import settings_for
from tests.support.fakes import FakeClock
from tests.support.providers.postmark import Postmark
from tests.support.providers.standing_in import serve
from tests.support.providers.twilio import Twilio
from vestibule.assembly.application import assemble
from vestibule.assembly.channels import channels_of
from vestibule.core.outbox import MailVariables, Message
from vestibule.delivery.mailbox import MailboxTransport
from vestibule.delivery.postmark import PostmarkTransport
from vestibule.delivery.settings import PostmarkSettings, SmtpSettings
from vestibule.delivery.sms import DevTexts, GenericTexts, ModicaTexts, TwilioTexts, TwilioVerification
from vestibule.delivery.sms.dev import DevTransport
from vestibule.delivery.sms.generic import GenericTransport
from vestibule.delivery.sms.modica import ModicaTransport
from vestibule.delivery.sms.twilio import TwilioCodes, TwilioTransport
from vestibule.delivery.smtp import SmtpTransport
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundSettings
from vestibule.storage import Database

NOWHERE = "sqlite:///never-opened"
PASSWORD = Secret("pw")
ANN = "+4915123456789"


@pytest.mark.parametrize(
    ("changes", "mail", "texts", "remote"),
    [
        ({}, None, None, None),
        ({"dev": True, "texts": DevTexts()}, MailboxTransport, DevTransport, None),
        ({"mail": SmtpSettings("mail.test", "a@acme.example")}, SmtpTransport, None, None),
        ({"mail": PostmarkSettings(PASSWORD, "a@acme.example")}, PostmarkTransport, None, None),
        ({"texts": TwilioTexts("AC1", PASSWORD, "MG1")}, None, TwilioTransport, None),
        ({"texts": TwilioVerification("AC1", PASSWORD, "VA1")}, None, None, TwilioCodes),
        ({"texts": ModicaTexts("acme", PASSWORD)}, None, ModicaTransport, None),
        ({"texts": GenericTexts("https://sms.test", '["${to}","${body}"]')}, None, GenericTransport, None),
    ],
)
def test_each_provider_has_its_transport(
    changes: dict[str, Any], mail: type | None, texts: type | None, remote: type | None
) -> None:
    """And without a provider there is none: messages wait."""
    channels = channels_of(settings_for(NOWHERE, **changes))
    found = (channels.mail, channels.texts, channels.remote_verification)
    assert [None if part is None else type(part) for part in found] == [mail, texts, remote]
    assert (channels.mailbox is not None) == bool(changes.get("dev"))


async def test_a_server_sends_by_its_providers(database_url: str, db: Database, clock: FakeClock) -> None:
    """A mail and a text, from the outbox of a running server to Postmark and Twilio."""
    async with serve(Postmark()) as postmark, serve(Twilio()) as twilio:
        settings = settings_for(
            database_url,
            mail=postmark.as_transport(templates=False),
            texts=twilio.as_transport(),
            outbound=OutboundSettings(allow=("127.0.0.0/8",)),
        )
        application = assemble(settings, clock=clock, entropy=SystemEntropy())
        core, worker = application.core, application.background.mail
        assert worker is not None
        await core.db.open()
        await application.background.prepare()
        project = await core.catalog.default()
        async with core.db.write() as tx:
            variables = MailVariables(code="482913", link="https://auth.acme.example/x")
            await core.outbox.enqueue(tx, Message(project.id, "email-verify", "bob@example.com", variables))
            await core.outbox.enqueue(tx, Message(project.id, "signin-passwordless-sms", ANN, variables, channel="sms"))
        await worker.drain()
        await application.stop()
    assert [mail["To"] for mail in postmark.mails] == ["bob@example.com"]
    assert [text["To"] for text in twilio.texts] == [ANN]
