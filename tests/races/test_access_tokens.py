"""Programs that sign in with a token while its owner signs out everywhere."""

import asyncio
from datetime import timedelta
from itertools import cycle, islice

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
