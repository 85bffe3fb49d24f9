"""Many answers to one challenge: one of them is looked at."""

import asyncio
from itertools import cycle

from tests.races.conftest import Processes
from tests.support.authenticator import Authenticator, Twist
from tests.support.passkeys import EMAIL, PasskeyUser
from vestibule.core.passkeys import MOST_PER_USER
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import PasskeyRefused


async def users_on(processes: Processes, count: int, authenticator: Authenticator) -> list[PasskeyUser]:
    return [PasskeyUser(one, authenticator) for one in await processes(count)]


async def test_fifty_answers_to_one_challenge_begin_one_session(processes: Processes) -> None:
    """Each of them right, by a key that does not count (security 74, 92)."""
    users = await users_on(processes, 3, Authenticator())
    await users[0].sign_up()
    options = await users[0].begin_sign_in(EMAIL)
    key = users[0].authenticator.passkeys[0]
    credentials = [users[0].authenticator.answer(key, options, Twist()) for _ in range(50)]

    answers = await asyncio.gather(
        *(user.finish_sign_in(credential) for user, credential in zip(cycle(users), credentials, strict=False)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, PasskeyRefused) for answer in answers) == 49
    assert await users[0].under_test.count("sessions") == 2  # of the sign-up, and of the winner


async def test_fifty_keys_for_one_challenge_make_one_user(processes: Processes) -> None:
    """Whichever comes first is the user's (security 74, 92)."""
    users = await users_on(processes, 3, Authenticator())
    options = await users[0].begin_sign_up()
    credentials = [Authenticator().create(options) for _ in range(50)]

    answers = await asyncio.gather(
        *(user.finish_sign_up(credential) for user, credential in zip(cycle(users), credentials, strict=False)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, PasskeyRefused) for answer in answers) == 49
    for table in ("users", "passkeys", "sessions"):
        assert await users[0].under_test.count(table) == 1


async def test_one_counter_value_signs_in_once(processes: Processes) -> None:
    """Two authenticators with one key answer two challenges at once: the row lets one of them pass (security 92)."""
    users = await users_on(processes, 3, Authenticator(counts=True))
    await users[0].sign_up()
    asked = [await users[0].begin_sign_in(EMAIL) for _ in range(20)]
    credentials = [users[0].authenticator.get(options, sign_count=7) for options in asked]

    answers = await asyncio.gather(
        *(user.finish_sign_in(credential) for user, credential in zip(cycle(users), credentials, strict=False)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, PasskeyRefused) for answer in answers) == 19
    events = await users[0].under_test.events()
    assert events.count("passkey.counter_regressed") == 19


async def test_one_key_is_added_once(processes: Processes) -> None:
    """By its credential id, whoever brings it and however often (security 92)."""
    users = await users_on(processes, 3, Authenticator())
    user_id = (await users[0].sign_up()).subject.id
    known = b"one id for all of them"
    credentials = [
        Authenticator().create(await users[0].begin_addition(user_id), credential_id=known) for _ in range(20)
    ]

    answers = await asyncio.gather(
        *(user.finish_addition(user_id, each) for user, each in zip(cycle(users), credentials, strict=False)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, PasskeyRefused) for answer in answers) == 19
    assert await users[0].under_test.count("passkeys") == 2


async def test_the_greatest_number_of_keys_holds(processes: Processes) -> None:
    """Also for those that are added at once."""
    users = await users_on(processes, 3, Authenticator())
    user_id = (await users[0].sign_up()).subject.id
    for _ in range(MOST_PER_USER - 3):
        await users[0].add(user_id)
    credentials = [Authenticator().create(await users[0].begin_addition(user_id)) for _ in range(12)]

    answers = await asyncio.gather(
        *(user.finish_addition(user_id, each) for user, each in zip(cycle(users), credentials, strict=False)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, PasskeyRefused) for answer in answers) == 10
    assert await users[0].under_test.count("passkeys") == MOST_PER_USER
