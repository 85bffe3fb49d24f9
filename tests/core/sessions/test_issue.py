"""What a new session is."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from tests.support.cores import DOOR, CoreUnderTest


async def test_each_sign_in_is_a_new_session(under_test: CoreUnderTest) -> None:
    """A new id and a new secret each time: there is nothing to fixate (security 34)."""
    sessions = [await under_test.sign_up("ann@example.com")]
    sessions += [await under_test.sign_in("ann@example.com") for _ in range(3)]

    assert len({signed_in.session.id for signed_in in sessions}) == 4
    assert len({signed_in.secret[:8] for signed_in in sessions}) == 4


async def test_a_session_lives_as_long_as_its_door_says(under_test: CoreUnderTest) -> None:
    """From the moment of the sign-in."""
    signed_in = await under_test.sign_up(door=replace(DOOR, life=timedelta(minutes=5)))

    assert signed_in.session.created_at == under_test.clock.now()
    assert signed_in.session.expires_at == under_test.clock.now() + timedelta(minutes=5)


async def test_a_refresh_secret_is_a_random_uuid(under_test: CoreUnderTest) -> None:
    """122 bits of chance, which no two sessions share a half of (security 39)."""
    first, second = await under_test.sign_up(), await under_test.sign_up()

    assert UUID(bytes=first.secret).version == UUID(bytes=second.secret).version == 4
    assert first.secret[:8] != second.secret[:8]
    assert first.secret[8:] != second.secret[8:]


async def test_a_session_answers_with_what_is_stored(under_test: CoreUnderTest) -> None:
    """What the sign-in answers and what a list shows later is the same."""
    signed_in = await under_test.sign_up()

    listed = await under_test.core.live_sessions.of_user(under_test.project.id, signed_in.subject.id)

    assert listed == [signed_in.session]
