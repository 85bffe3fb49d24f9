"""Promises about every answer, mail and log line of a whole life at every door."""

import asyncio
import json
import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import structlog

from tests.cross.doors import from_base64url
from tests.cross.journey import Journey
from tests.support.serving import Serve
from vestibule.dialects.accountmaker import AccountMakerSettings
from vestibule.wire.access_log import WRITE_AFTER_SECONDS

EVIL = "evil.example"
MISLEADING = {
    "x-forwarded-host": EVIL,
    "x-forwarded-proto": "gopher",
    "x-forwarded-server": EVIL,
    "x-forwarded-port": "666",
    "x-forwarded-prefix": f"/{EVIL}",
    "x-original-host": EVIL,
    "x-host": EVIL,
    "forwarded": f"host={EVIL};proto=gopher",
}
CACHEABLE = ("/.well-known/jwks.json", "/openapi/", "/docs")


async def test_every_answer_of_every_endpoint_is_private(serve: Serve) -> None:
    """Errors, redirects, 404s and preflights too: not stored, not sniffed, not referred, and known by an id (security
    36, 37).
    """
    async with serve() as running:
        journey = await Journey(running)()
        assert len(journey.answers) > 300
        assert {200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 413, 415} <= {
            answer.status_code for answer in journey.answers
        }
        for answer in journey.answers:
            where = (answer.request.method, answer.request.url.path, answer.status_code)
            assert answer.headers["x-content-type-options"] == "nosniff", where
            assert answer.headers["referrer-policy"] == "no-referrer", where
            assert len(answer.headers["x-request-id"]) == 32, where
            cached = answer.headers.get("cache-control")
            if not (answer.request.url.path.endswith(CACHEABLE[0]) or answer.request.url.path.startswith(CACHEABLE)):
                assert cached == "no-store", where
            assert "set-cookie" not in answer.headers or cached == "no-store", where
        assert len({answer.headers["x-request-id"] for answer in journey.answers}) == len(journey.answers)


async def test_cookies_are_out_of_reach(serve: Serve) -> None:
    """HttpOnly, Secure, SameSite and host-only, every one of them, also those that make a browser forget (security
    35).
    """
    async with serve(accountmaker=AccountMakerSettings("https://auth.example.com")) as running:
        journey = await Journey(running)()
        lines = [line for answer in journey.answers for line in answer.headers.get_list("set-cookie")]
        assert {line.partition("=")[0] for line in lines} == {
            "access_token",
            "refresh_token",
            "csrf_session",
            "replyke-refresh-jwt",
        }
        for line in lines:
            name, *attributes = (part.strip().lower() for part in line.split(";"))
            assert {"httponly", "secure", "path=/"} <= set(attributes), name
            assert any(part.startswith("samesite=") for part in attributes), name
            assert not any(part.startswith("domain") for part in attributes), name


async def test_no_answer_and_no_mail_names_the_host_that_was_asked(serve: Serve) -> None:
    """Host and the forwarded headers choose nothing that leaves: links have the configured address (security 100)."""
    async with serve() as running:
        journey = await Journey(running, {"host": EVIL, **MISLEADING})()
        for answer in journey.answers:
            said = f"{answer.headers}{answer.text}"
            assert EVIL not in said, answer.request.url
            assert "gopher" not in said, answer.request.url
        mails = await running.mails()
        assert len(mails) >= 4
        for mail in mails:
            said = f"{mail.headers}{mail.subject}{mail.text}{mail.html}"
            assert EVIL not in said
            assert "gopher" not in said
            if mail.link:  # a notice has none
                assert f"{urlsplit(mail.link).scheme}://{urlsplit(mail.link).netloc}" == "http://localhost:4000"


async def test_no_log_tells_a_secret_or_who_it_is_about(
    serve: Serve, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Tokens, tickets, keys, passwords, emails, names and addresses: in no log line, on no stream, not in the audit
    trail (security 37, 117).
    """
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        async with serve(access_log=True) as running:
            journey = await Journey(running)()
            await running.mails()
            await asyncio.sleep(2 * WRITE_AFTER_SECONDS)
            trail = await running.core.audit.latest(
                running.core.db, running.project.id, limit=10_000, before=running.clock.now() + timedelta(days=1)
            )
    printed = capsys.readouterr()
    written = {
        "streams": printed.out + printed.err,
        "events": json.dumps(events, default=str),
        "library logs": "\n".join(
            record.getMessage() for record in caplog.records if not record.name.startswith("http")
        ),  # without what the tests' own client says
        "audit trail": repr(trail),
    }
    assert len(printed.out.splitlines()) == len(journey.answers)
    assert len(journey.secrets) > 40
    assert len(trail) > 20
    hidden = journey.secrets | journey.personal
    assert {(where, secret) for where, text in written.items() for secret in hidden if secret in text} == set()


def _raw(secret: str) -> bytes | None:
    """Return the bytes that a token's text stands for, without its clothes."""
    with suppress(ValueError):
        return UUID(secret).bytes
    with suppress(ValueError):
        raw = from_base64url(secret.removeprefix("rt_").removeprefix("vsk_"))
        return raw[16:] if len(raw) == 32 else None
    return None


@pytest.mark.engine("sqlite")  # only its file can be read as a whole
async def test_a_copy_of_the_database_signs_nobody_in(serve: Serve, database_url: str) -> None:
    """No token, ticket, key or password stands in any column, as text or as bytes (security 39)."""
    async with serve() as running:
        journey = await Journey(running)()
        file = Path(database_url.removeprefix("sqlite:///"))
        stored = b"".join(path.read_bytes() for path in file.parent.iterdir() if path.name.startswith(file.name))
        assert b"wild-canary.example" in stored  # it is the right file, and nothing in it is compressed
        forms = {secret: (secret.encode(), _raw(secret)) for secret in journey.secrets}
        assert sum(raw is not None for _, raw in forms.values()) > 10
        kept = {secret for secret, (text, raw) in forms.items() if text in stored or (raw and raw in stored)}
        assert kept == set()
