"""Many answers to one challenge: one of them is looked at. Removals that meet each other, or a sign-in."""

import asyncio
from itertools import cycle

from tests.races.conftest import Processes
from tests.support.authenticator import Authenticator, Twist
from tests.support.passkeys import EMAIL, PasskeyUser
from vestibule.core.passkeys import MOST_PER_USER
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import LastWayIn, PasskeyRefused


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


async def test_two_last_passkeys_that_are_removed_at_once_leave_one(processes: Processes) -> None:
    """Each would leave the other: the user is held, so that one of them is the last."""
    users = await users_on(processes, 2, Authenticator())
    for number in range(5):
        email = f"ann{number}@example.com"
        ann, other = (PasskeyUser(user.under_test, email=email) for user in users)
        user_id = (await ann.sign_up()).subject.id
        await ann.add(user_id)
        listed = await ann.core.list_passkeys(ann.visit(), user_id)

        answers = await asyncio.gather(
            *(
                one.core.remove_passkey(one.visit(), user_id, passkey.id)
                for one, passkey in zip((ann, other), listed, strict=True)
            ),
            return_exceptions=True,
        )

        assert sum(answer is None for answer in answers) == 1
        assert sum(isinstance(answer, LastWayIn) for answer in answers) == 1
        assert len(await ann.core.list_passkeys(ann.visit(), user_id)) == 1


async def test_a_sign_in_that_races_with_the_removal_leaves_no_session(processes: Processes) -> None:
    """It comes first, and ends, or finds no passkey any more (security 29)."""
    users = await users_on(processes, 3, Authenticator())
    signed_up = await users[0].sign_up()
    user_id = signed_up.subject.id
    for _ in range(5):
        removed = await users[0].add(user_id)
        lost = Authenticator(passkeys=users[0].authenticator.passkeys[-1:])
        credentials = [lost.get(await users[0].begin_sign_in()) for _ in range(6)]

        removal = users[0].core.remove_passkey(users[0].visit(), user_id, removed, kept_session=signed_up.session.id)
        answers = await asyncio.gather(
            *(user.finish_sign_in(each) for user, each in zip(cycle(users), credentials, strict=False)),
            removal,
            return_exceptions=True,
        )

        assert answers[-1] is None
        assert all(isinstance(answer, SignedIn | PasskeyRefused) for answer in answers[:-1])
        living = await users[0].core.live_sessions.of_user(users[0].under_test.project.id, user_id)
        assert [session.id for session in living] == [signed_up.session.id]
    assert "passkey.counter_regressed" not in await users[0].under_test.events()
