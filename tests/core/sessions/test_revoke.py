"""What signing out ends, and what it spares."""

from datetime import timedelta

import pytest

from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.sessions import FIXED
from vestibule.core.signin import DoorTerms
from vestibule.kernel.errors import InvalidRefreshToken


async def test_the_current_secret_signs_out(under_test: CoreUnderTest) -> None:
    """And the audit trail says so."""
    signed_in = await under_test.sign_up()

    assert await under_test.core.revoke_sessions.by_secret(under_test.visit(), signed_in.secret)
    assert "session.ended" in await under_test.events()


@pytest.mark.parametrize("rotations", [1, 2, 16])
async def test_a_recent_secret_signs_out_too(under_test: CoreUnderTest, rotations: int) -> None:
    """A tab that missed a refresh, or several, can still sign out, however long ago that was."""
    signed_in = await under_test.sign_up()
    secret = signed_in.secret
    for _ in range(rotations):
        under_test.clock.advance(timedelta(minutes=10))
        secret = await under_test.refresh(secret)

    assert await under_test.core.revoke_sessions.by_secret(under_test.visit(), signed_in.secret)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(secret)


async def test_an_ended_session_stays_ended(under_test: CoreUnderTest) -> None:
    """The row is gone: nothing revives it, and a second sign-out finds nothing (security 25, 32)."""
    signed_in = await under_test.sign_up()
    await under_test.core.revoke_sessions.by_secret(under_test.visit(), signed_in.secret)

    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(signed_in.secret)
    assert not await under_test.core.revoke_sessions.by_secret(under_test.visit(), signed_in.secret)
    assert await under_test.count("sessions") == 0


async def test_an_invented_secret_signs_nobody_out(under_test: CoreUnderTest) -> None:
    """Neither an unknown handle nor a known one with an invented step."""
    signed_in = await under_test.sign_up()
    for invented in (bytes(16), signed_in.secret[:8] + bytes(8), b"", signed_in.secret[:8]):
        assert not await under_test.core.revoke_sessions.by_secret(under_test.visit(), invented)

    assert await under_test.refresh(signed_in.secret)


async def test_a_secret_of_another_door_or_project_signs_nobody_out(under_test: CoreUnderTest) -> None:
    """Sessions of one dialect are nothing to another (security 122, 134)."""
    signed_in = await under_test.sign_up()
    elsewhere = under_test.visit(project=await under_test.other_project())
    for visit in (under_test.visit("sublay"), elsewhere):
        assert not await under_test.core.revoke_sessions.by_secret(visit, signed_in.secret)

    assert await under_test.refresh(signed_in.secret)


async def test_a_fixed_session_is_signed_out_by_its_secret(under_test: CoreUnderTest) -> None:
    """Doors without rotation sign out in the same way."""
    signed_in = await under_test.sign_up(door=DoorTerms(life=timedelta(days=30), rotation=FIXED))

    assert await under_test.core.revoke_sessions.by_secret(under_test.visit(), signed_in.secret)


async def test_one_session_can_be_spared(under_test: CoreUnderTest) -> None:
    """The one in whose name the others are ended."""
    first = await under_test.sign_up("ann@example.com")
    second = await under_test.sign_in("ann@example.com")

    async with under_test.db.write() as tx:
        await under_test.core.revoke_sessions.all_of(tx, under_test.project.id, first.subject.id, but=second.session.id)

    assert await under_test.refresh(second.secret)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(first.secret)


async def test_somebody_elses_session_is_not_spared_for_them(under_test: CoreUnderTest) -> None:
    """Naming a session that is not one's own spares nothing, and ends nothing of its owner's."""
    ann, bob = await under_test.sign_up(), await under_test.sign_up()

    async with under_test.db.write() as tx:
        await under_test.core.revoke_sessions.all_of(tx, under_test.project.id, ann.subject.id, but=bob.session.id)

    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(ann.secret)
    assert await under_test.refresh(bob.secret)


async def test_a_user_sees_only_their_own_live_sessions(under_test: CoreUnderTest) -> None:
    """Ids and times, no secret among them, and none that has expired (security 41)."""
    ann, _ = await under_test.sign_up("ann@example.com"), await under_test.sign_up()
    await under_test.sign_in("ann@example.com", door=DoorTerms(life=timedelta(minutes=1)))
    under_test.clock.advance(timedelta(minutes=1))

    listed = await under_test.core.live_sessions.of_user(under_test.project.id, ann.subject.id)

    assert [session.id for session in listed] == [ann.session.id]
    assert ann.secret[:8].hex() not in repr(listed)
    assert not any("hash" in name for name in listed[0].__slots__)


async def test_the_lists_of_two_projects_are_apart(under_test: CoreUnderTest) -> None:
    """Project id is in every WHERE (security 122)."""
    ann = await under_test.sign_up(door=DOOR)
    other = await under_test.other_project()

    assert await under_test.core.live_sessions.of_user(other.id, ann.subject.id) == []
