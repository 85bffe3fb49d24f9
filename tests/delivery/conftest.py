"""Mail servers on loopback, and mails to give them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.mail_server import Postbox, serve
from tests.support.mailing import enqueue, outbox, outbox_rows, project_id
from tests.support.providers.trusting import Certificate, certificate_for
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate for 127.0.0.1."""
    return certificate_for(tmp_path_factory.mktemp("certificate"), "127.0.0.1")


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
