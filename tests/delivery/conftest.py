"""Mail servers on loopback, and mails to give them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vestibule.delivery.mail import Mail


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

    async def hang_up(self) -> None:
        """Drop every connection without a word."""
        while self.connections:
            self.connections.pop().close()
        await asyncio.sleep(0.02)  # what is closed is gone a few turns of the loop later

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


ServePostbox = Callable[..., Awaitable[Postbox]]


@asynccontextmanager
async def serve(postbox: Postbox, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[Postbox]:
    """Run one mail server; `tls` wraps the connection from its first byte. Keeps the port it once had."""
    loop = asyncio.get_running_loop()

    class Tracked(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            postbox.connections.append(transport)
            super().connection_made(transport)

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


@pytest.fixture
async def serve_postbox() -> AsyncIterator[ServePostbox]:
    """Start mail servers that run until the test ends; the options are those of aiosmtpd."""
    async with AsyncExitStack() as stack:

        async def start(postbox: Postbox | None = None, **options: Any) -> Postbox:
            return await stack.enter_async_context(serve(postbox or Postbox(), **options))

        yield start


@pytest.fixture
async def postbox(serve_postbox: ServePostbox) -> Postbox:
    """A plain mail server."""
    return await serve_postbox()


@pytest.fixture
def log_in() -> Callable[..., AuthResult]:
    """An authenticator that lets in `ann` with `pa ss`."""
    return _log_in_as_ann


def _log_in_as_ann(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ann", b"pa ss")
    return AuthResult(success=good, handled=good)


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 that signs itself."""

    context: ssl.SSLContext
    ca_file: str


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder: Path = tmp_path_factory.mktemp("certificate")
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return Certificate(context, str(chain))


LINK = "https://auth.acme.example/v1/verify?redirectTo=https%3A%2F%2Fapp.acme.example&ticket=verifyEmail%3Ax&type=emailVerify"


@pytest.fixture
def mail() -> Mail:
    """A rendered mail."""
    return Mail(
        id=UUID("0193a1f2-7c4b-7b57-9d7e-6a2b1f0c9e11"),
        template="email-verify",
        recipient="bob@example.com",
        subject="Verify your email",
        html="<!DOCTYPE html><html><head></head><body><p>Grüße</p></body></html>",
        text="Grüße\n",
        link=LINK,
        ticket="verifyEmail:x",
        code="",
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        headers={"X-Ticket": "verifyEmail:x", "X-Link": LINK, "X-Redirect-To": "https://app.acme.example"},
    )
