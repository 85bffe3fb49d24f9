"""Several workers at one outbox."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import cycle, islice

from tests.races.conftest import Processes
from tests.support.cores import LETTER

LEASE = timedelta(minutes=2)


async def test_workers_claim_each_message_once(processes: Processes) -> None:
    """However many come at the same moment, from however many processes (security 74)."""
    cores = await processes(3)
    for _ in range(12):
        await cores[0].sign_up(letter=LETTER, always_send=True)

    claims = await asyncio.gather(
        *(
            one.core.outbox.claim(one.db, f"worker {number}", limit=2, lease=LEASE)
            for number, one in enumerate(islice(cycle(cores), 12))
        )
    )

    taken = Counter(message.id for claim in claims for message in claim)
    assert len(taken) == 12
    assert set(taken.values()) == {1}


async def test_of_two_who_finish_one_message_one_counts(processes: Processes) -> None:
    """The lease had ended, somebody else has taken over: the first one's word is void."""
    cores = await processes(2)
    await cores[0].sign_up(letter=LETTER, always_send=True)
    [first] = await cores[0].core.outbox.claim(cores[0].db, "slow", limit=1, lease=LEASE)
    cores[0].clock.advance(LEASE)
    [second] = await cores[1].core.outbox.claim(cores[1].db, "heir", limit=1, lease=LEASE)

    marked = await asyncio.gather(
        cores[0].core.outbox.mark_sent(cores[0].db, first), cores[1].core.outbox.mark_sent(cores[1].db, second)
    )

    assert list(marked) == [False, True]
