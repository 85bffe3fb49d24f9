"""Mail servers on loopback, and mails to give them."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

from tests.support.mail_server import Postbox, serve
from tests.support.mailing import enqueue, outbox, outbox_rows, project_id
from vestibule.delivery.mail import Mail

__all__ = ["enqueue", "outbox", "outbox_rows", "project_id"]


ServePostbox = Callable[..., Awaitable[Postbox]]


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
