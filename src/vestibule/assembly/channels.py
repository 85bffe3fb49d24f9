"""How messages leave: which transport for mails, which for texts, and what they send with."""

import sys
from dataclasses import dataclass

from vestibule.assembly.claims import hasura_client
from vestibule.core.texts import RemoteVerification
from vestibule.delivery.mail import Transport
from vestibule.delivery.mailbox import Mailbox, MailboxTransport
from vestibule.delivery.settings import PostmarkSettings, SmtpSettings
from vestibule.delivery.sms import DevTexts, GenericTexts, ModicaTexts, TextTransport, TwilioTexts, TwilioVerification
from vestibule.outbound import OutboundClient
from vestibule.settings import Settings


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways out. Without a transport messages wait in the outbox; `mailbox` is what the development page shows.

    `remote_verification` is there when the provider makes the codes of texts itself, `hasura` when it is asked for
    custom claims.
    """

    outbound: OutboundClient
    hasura: OutboundClient | None
    mail: Transport | None
    texts: TextTransport | None
    remote_verification: RemoteVerification | None
    mailbox: Mailbox | None

    async def close(self) -> None:
        """Let go of all connections."""
        await self.outbound.close()
        if self.hasura is not None:
            await self.hasura.close()


def channels_of(settings: Settings, *, mail: Transport | None = None, texts: TextTransport | None = None) -> Channels:
    """Return the ways out that `settings` describe; `mail` and `texts` take the places of theirs."""
    outbound = OutboundClient(settings.outbound)
    mailbox = Mailbox() if settings.dev else None
    return Channels(
        outbound=outbound,
        hasura=hasura_client(settings),
        mail=mail or _mail(settings, mailbox, outbound),
        texts=texts or _texts(settings, mailbox, outbound),
        remote_verification=_remote_verification(settings, outbound),
        mailbox=mailbox,
    )


# The transports are imported where they are needed: each costs memory that a server without it saves.


def _mail(settings: Settings, mailbox: Mailbox | None, outbound: OutboundClient) -> Transport | None:
    match settings.mail:
        case SmtpSettings():
            from vestibule.delivery.smtp import SmtpTransport  # noqa: PLC0415 - as above

            return SmtpTransport(settings.mail)
        case PostmarkSettings():
            from vestibule.delivery.postmark import PostmarkTransport  # noqa: PLC0415 - as above

            return PostmarkTransport(settings.mail, outbound)
        case _:
            return None if mailbox is None else MailboxTransport(mailbox, _announce)


def _texts(settings: Settings, mailbox: Mailbox | None, outbound: OutboundClient) -> TextTransport | None:
    match settings.texts:
        case TwilioTexts():
            from vestibule.delivery.sms.twilio import TwilioTransport  # noqa: PLC0415 - as above

            return TwilioTransport(settings.texts, outbound)
        case ModicaTexts():
            from vestibule.delivery.sms.modica import ModicaTransport  # noqa: PLC0415 - as above

            return ModicaTransport(settings.texts, outbound)
        case GenericTexts():
            from vestibule.delivery.sms.generic import GenericTransport  # noqa: PLC0415 - as above

            return GenericTransport(settings.texts, outbound)
        case DevTexts():
            from vestibule.delivery.sms.dev import DevTransport  # noqa: PLC0415 - as above

            return DevTransport(mailbox, _announce, settings.texts.folder)
        case _:
            return None


def _remote_verification(settings: Settings, outbound: OutboundClient) -> RemoteVerification | None:
    if not isinstance(settings.texts, TwilioVerification):
        return None
    from vestibule.delivery.sms.twilio import TwilioCodes  # noqa: PLC0415 - as above

    return TwilioCodes(settings.texts, outbound)


def _announce(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - for a developer's eyes
