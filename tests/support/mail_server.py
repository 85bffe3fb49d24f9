"""A mail server on loopback that does as a test tells it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

_PATIENCE_SECONDS: Final = 30


@dataclass
class Postbox:
    """What a mail server got. `refuse_recipient` and `refuse_letter` hold answers to give first, oldest first."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    greetings: list[str] = field(default_factory=list)
    refuse_recipient: list[str] = field(default_factory=list)
    refuse_letter: list[str] = field(default_factory=list)
    delay_seconds: float = 0
    connections: list[asyncio.BaseTransport] = field(default_factory=list)
    talking: set[SMTP] = field(default_factory=set)

    async def hang_up(self) -> None:
        """Drop every connection without a word."""
        while self.connections:
            self.connections.pop().close()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while self.talking:  # noqa: ASYNC110 (aiosmtpd offers nothing to wait for)
                await asyncio.sleep(0.001)

    async def handle_EHLO(  # noqa: N802 (named by aiosmtpd)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Note how the client calls itself."""
        session.host_name = hostname
        self.greetings.append(hostname)
        return responses

    async def handle_RCPT(  # noqa: N802 (named by aiosmtpd)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, unless a refusal is waiting."""
        if self.refuse_recipient:
            return self.refuse_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (as above)
        """Take the letter, unless a refusal is waiting."""
        await asyncio.sleep(self.delay_seconds)
        if self.refuse_letter:
            return self.refuse_letter.pop(0)
        content = envelope.original_content or b""
        parsed = message_from_bytes(content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.raw.append(content)
        self.letters.append(parsed)
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        self.peers.add(session.peer)
        return "250 OK"


@asynccontextmanager
async def serve(postbox: Postbox, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[Postbox]:
    """Run one mail server; `tls` wraps the connection from its first byte. Keeps the port it once had."""
    loop = asyncio.get_running_loop()

    class Tracked(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            postbox.connections.append(transport)
            postbox.talking.add(self)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            postbox.talking.discard(self)
            super().connection_lost(error)

    def protocol() -> SMTP:
        return Tracked(postbox, hostname="mail.test", enable_SMTPUTF8=True, loop=loop, **options)

    server = await loop.create_server(protocol, "127.0.0.1", postbox.port, ssl=tls)
    postbox.port = server.sockets[0].getsockname()[1]
    try:
        yield postbox
    finally:
        server.close()
        await postbox.hang_up()
        await server.wait_closed()
