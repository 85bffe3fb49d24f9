"""A server that has not found its database to be its own refuses for the moment, and says so."""

import asyncio

import httpx2
import pytest

from tests.support.cores import PUBLIC_URL, core_under_test, settings_for
from tests.support.fakes import FakeClock
from vestibule.assembly.application import assemble
from vestibule.core.outbox import MailVariables, Message
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.storage import Database

UNAVAILABLE = 503


@pytest.mark.parametrize("path", ["/v1/token", "/v7/default/auth/request-new-access-token", "/auth/refresh"])
async def test_nobody_is_signed_out_by_a_root_key_that_does_not_fit(
    database_url: str, db: Database, clock: FakeClock, path: str
) -> None:
    """With a wrong key every session would look unknown, and clients would throw away what is good (security 110)."""
    await core_under_test(database_url, db, clock)
    wrong = settings_for(database_url, root_keys=(Secret("a root key of some other database, long enough"),))
    application = assemble(wrong, clock=clock, entropy=SystemEntropy(), with_worker=False)
    await application.core.db.open()  # as when it came back only after the start
    transport = httpx2.ASGITransport(app=application.app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        body = {"refreshToken": "00000000-0000-4000-8000-000000000000", "client_id": "cid_x", "refresh_token": "rt_x"}
        answer = await client.post(path, json=body)
        alive = await client.get("/v1/healthz")
        ready = await client.get("/readyz")
    await application.stop()

    assert (answer.status_code, answer.headers["retry-after"]) == (UNAVAILABLE, "1")
    assert alive.status_code == httpx2.codes.OK
    assert (ready.status_code, ready.json()["checks"]["prepared"]) == (UNAVAILABLE, "failed")


async def test_readiness_warns_that_mail_waits(database_url: str, db: Database) -> None:
    """Without a mail server the server works, and says where its messages are."""
    application = assemble(settings_for(database_url))
    await application.start()
    transport = httpx2.ASGITransport(app=application.app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        ready = await client.get("/readyz")
    await asyncio.wait_for(application.stop(), 60)

    assert ready.status_code == httpx2.codes.OK
    assert ready.json()["checks"]["mail"].startswith("no mail server is configured")


async def test_readiness_warns_that_texts_wait(database_url: str, db: Database) -> None:
    """Only once there are any: most servers send none."""
    application = assemble(settings_for(database_url))
    await application.start()
    transport = httpx2.ASGITransport(app=application.app)
    core = application.core
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        before = await client.get("/readyz")
        project = await core.catalog.default()
        message = Message(project.id, "signin-passwordless-sms", "+4915123456789", MailVariables(), channel="sms")
        async with core.db.write() as tx:
            await core.outbox.enqueue(tx, message)
        after = await client.get("/readyz")
    await asyncio.wait_for(application.stop(), 60)

    assert (before.status_code, before.json()["checks"]["texts"]) == (httpx2.codes.OK, "ok")
    assert (after.status_code, after.json()["checks"]["texts"][:18]) == (httpx2.codes.OK, "text messages wait")
