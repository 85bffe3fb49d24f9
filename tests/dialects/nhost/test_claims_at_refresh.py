"""Custom claims when a session is refreshed: what fails costs nobody the session, and each refresh asks once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.dialects.nhost.claiming import assert_unavailable, custom, on_webhook
from tests.dialects.nhost.speaking import Speaker
from tests.support.providers.claims_webhook import ClaimsWebhook
from tests.support.providers.standing_in import Answer, Seen
from tests.support.providers.standing_in import serve as serve_stand_in
from tests.support.serving import Running, Serve
from vestibule.core.sessions import imported_hash
from vestibule.core.sessions.store import INSERT_IMPORTED
from vestibule.storage import Statement

DISABLE = Statement(None, "UPDATE vestibule_users SET status = 'disabled' WHERE id = :user_id")
GRACE = timedelta(seconds=30)


@dataclass
class SlowWebhook(ClaimsWebhook):
    """Something happens while it thinks."""

    meanwhile: Callable[[], object] = object

    def answer(self, request: Seen) -> Answer:
        """Think, then answer."""
        self.meanwhile()
        return super().answer(request)


async def with_old_token(running: Running, session: Mapping[str, Any]) -> str:
    """Let the user of `session` have a refresh token that was imported with them, and return it."""
    token, now = uuid4(), running.clock.now()
    await running.core.db.one(
        INSERT_IMPORTED,
        project_id=running.project.id,
        id=uuid4(),
        user_id=UUID(session["user"]["id"]),
        token_hash=imported_hash(token.bytes),
        created_at=now,
        expires_at=now + timedelta(days=30),
    )
    return str(token)


async def test_a_failed_refresh_costs_nobody_the_session(serve: Serve) -> None:
    """The token that the client holds stays good, however long the claims are away: it did not rotate (security 97)."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        for wait in (0, 10, 3600):
            running.clock.advance(timedelta(seconds=wait))
            webhook.faults.append(Answer(500))
            assert_unavailable(await speaker.refresh(session["refreshToken"]))
        webhook.clock.advance(timedelta(seconds=3610))
        webhook.claims = {"tier": "gold"}
        refreshed = (await speaker.refresh(session["refreshToken"])).json()
        assert custom(refreshed) == {"x-hasura-tier": "gold"}
        assert refreshed["refreshToken"] != session["refreshToken"]
        again = (await speaker.refresh(session["refreshToken"])).json()
        assert (again["refreshToken"], custom(again)) == (refreshed["refreshToken"], custom(refreshed))


async def test_claims_that_fail_within_the_grace_cost_nothing_either(serve: Serve) -> None:
    """The second tab is refused, comes again with the same token and goes on."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        refreshed = (await speaker.refresh(session["refreshToken"])).json()
        webhook.faults.append(Answer(500))
        assert_unavailable(await speaker.refresh(session["refreshToken"]))
        again = (await speaker.refresh(session["refreshToken"])).json()
        assert again["refreshToken"] == refreshed["refreshToken"]


async def test_a_token_from_before_the_move_is_not_spent_without_its_claims(serve: Serve) -> None:
    """The first refresh here is one like any other: it goes through once the claims are back (security 97)."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        old = await with_old_token(running, await speaker.sign_up())
        for _ in range(2):
            webhook.faults.append(Answer(500))
            assert_unavailable(await speaker.refresh(old))
            running.clock.advance(GRACE + timedelta(seconds=1))
        webhook.clock.advance(2 * GRACE)
        webhook.claims = {"tier": "gold"}
        refreshed = await speaker.refresh(old)
        assert refreshed.status_code == 200, refreshed.text
        assert custom(refreshed.json()) == {"x-hasura-tier": "gold"}


async def test_a_session_from_before_the_move_is_named_to_the_webhook_before_it_begins(serve: Serve) -> None:
    """By the id that it then has, and its user; it is asked once."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        signed_up = await speaker.sign_up()
        session = (await speaker.refresh(await with_old_token(running, signed_up))).json()
        message = webhook.messages[-1]
        assert len(webhook.requests) == 2
        assert (message["session"]["id"], message["method"]) == (session["refreshTokenId"], "imported")
        assert message["user"]["id"] == signed_up["user"]["id"]


async def test_tabs_from_before_the_move_wait_for_their_claims_side_by_side(serve: Serve) -> None:
    """Whoever comes second finds the token spent meanwhile, and goes on in the session that it began (security 22)."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        old = await with_old_token(running, await speaker.sign_up())
        answers = await asyncio.gather(*(speaker.refresh(old) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refreshToken"] for answer in answers}) == 1
        told = {message["session"]["id"] for message in webhook.messages[1:]}
        assert told == {answers[0].json()["refreshTokenId"]}


async def test_slow_claims_end_no_session(serve: Serve) -> None:
    """A rotated token that came within the grace is judged as of then, not as of when the claims came (security 22)."""
    async with serve_stand_in(SlowWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        current = (await speaker.refresh(session["refreshToken"])).json()["refreshToken"]
        running.clock.advance(GRACE - timedelta(seconds=2))
        webhook.meanwhile = lambda: running.clock.advance(timedelta(seconds=7))
        late = await speaker.refresh(session["refreshToken"])
        assert late.status_code == 200, late.text
        assert late.json()["refreshToken"] == current
        assert (await speaker.refresh(session["refreshToken"])).status_code == 401


async def test_one_refresh_asks_once(serve: Serve) -> None:
    """What was asked before the rotation is what the token says."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        await speaker.refresh(session["refreshToken"])
        assert len(webhook.requests) == 2


async def test_a_refresh_that_is_refused_asks_nobody(serve: Serve) -> None:
    """Strangers with made-up tokens send nothing to other servers; a stolen token still ends its session."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        asked = len(webhook.requests)
        unknown = await speaker.refresh("2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24")
        assert (unknown.status_code, len(webhook.requests)) == (401, asked)
        current = (await speaker.refresh(session["refreshToken"])).json()["refreshToken"]
        running.clock.advance(timedelta(seconds=31))
        webhook.clock.advance(timedelta(seconds=31))
        asked = len(webhook.requests)
        assert (await speaker.refresh(session["refreshToken"])).status_code == 401
        assert (await speaker.refresh(current)).status_code == 401
        assert len(webhook.requests) == asked


async def test_a_disabled_user_stays_out(serve: Serve) -> None:
    """Claims are asked for before the refresh, and change nothing of what it judges."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        await running.core.db.run(DISABLE, user_id=UUID(session["user"]["id"]))
        answer = await speaker.refresh(session["refreshToken"])
        assert answer.json()["error"] == "disabled-user"
