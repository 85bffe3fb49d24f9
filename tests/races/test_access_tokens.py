"""Programs that sign in with a token while its owner ends it, or signs out everywhere."""

import asyncio
from datetime import timedelta
from itertools import cycle, islice
from uuid import UUID

from tests.races.conftest import Processes
from tests.support.cores import DOOR
from vestibule.core.access_tokens import NewAccessToken


async def test_nothing_begun_by_a_token_outlives_signing_out_everywhere(processes: Processes) -> None:
    """A token that was found before and used after it begins no session (security 29)."""
    cores = await processes(2)
    one, other = cores
    for number in range(10):
        ann = (await one.sign_up(f"ann{number}@example.com")).subject
        new = NewAccessToken(ann.id, one.clock.now() + timedelta(days=1))
        issued = await one.core.create_access_token(one.visit(), new)

        await asyncio.gather(
            *(it.core.sign_in_with_access_token(it.visit(), issued.secret, DOOR) for it in islice(cycle(cores), 8)),
            other.core.sign_out_everywhere(other.visit(), ann.id),
            *(it.core.sign_in_with_access_token(it.visit(), issued.secret, DOOR) for it in islice(cycle(cores), 8)),
            return_exceptions=True,
        )

        assert await one.core.live_sessions.of_user(one.project.id, ann.id) == []


async def test_nobody_comes_in_with_a_token_that_has_been_ended(processes: Processes) -> None:
    """Whoever came in did so before; sessions stay, and not one is added once its owner was answered (security 25)."""
    cores = await processes(2)
    one, other = cores
    for number in range(20):
        ann = (await one.sign_up(f"ann{number}@example.com")).subject
        new = NewAccessToken(ann.id, one.clock.now() + timedelta(days=1))
        issued = await one.core.create_access_token(one.visit(), new)
        # Once used it is not written to again for a minute: nothing but the user is held by a sign-in.
        await one.core.sign_in_with_access_token(one.visit(), issued.secret, DOOR)
        sessions_at_the_end: list[UUID] = []

        async def end(
            user_id: UUID = ann.id,
            token_id: UUID = issued.id,
            found: list[UUID] = sessions_at_the_end,
            head_start: int = number,
        ) -> None:
            for _ in range(head_start):
                await other.core.users.subject(other.db, other.project.id, user_id)
            await other.core.revoke_own_access_token(other.visit(), user_id, token_id)
            found += [session.id for session in await one.core.live_sessions.of_user(one.project.id, user_id)]

        await asyncio.gather(
            *(it.core.sign_in_with_access_token(it.visit(), issued.secret, DOOR) for it in islice(cycle(cores), 4)),
            end(),
            *(it.core.sign_in_with_access_token(it.visit(), issued.secret, DOOR) for it in islice(cycle(cores), 4)),
            return_exceptions=True,
        )

        living = await one.core.live_sessions.of_user(one.project.id, ann.id)
        assert {session.id for session in living} == {*sessions_at_the_end}
        assert sessions_at_the_end
