"""What a refresh secret is worth, at which moment and to whom."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.cores import PASSWORD, ROOT_KEY, CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from vestibule.core.sessions import FIXED, RefreshTerms
from vestibule.core.signin import DoorTerms, SignedIn
from vestibule.kernel.errors import InvalidRefreshToken, RefreshTokenReused, UserNotActive
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Statement

ANY = RefreshTerms()
LEAVE = Statement(None, "DELETE FROM vestibule_memberships WHERE user_id = :user_id")
PROVEN = Statement(None, "UPDATE vestibule_credentials SET verified_at = :now")
HOLD = Statement(int, "SELECT 1 AS one FROM vestibule_users WHERE id = :user_id FOR UPDATE")
ANN = "ann@example.com"
GRACE = timedelta(seconds=30)


async def refresh(under_test: CoreUnderTest, secret: bytes) -> bytes:
    return (await under_test.core.refresh_session(under_test.visit(), secret, ANY)).secret


async def test_a_refresh_answers_a_new_secret(under_test: CoreUnderTest) -> None:
    """A secret is good for one rotation."""
    signed_in = await under_test.sign_up()

    assert await refresh(under_test, signed_in.secret) != signed_in.secret


async def test_a_secret_lost_on_the_way_back_can_be_asked_for_again(under_test: CoreUnderTest) -> None:
    """The same secret again within the grace answers the same successor (security 21, 22)."""
    signed_in = await under_test.sign_up()
    first = await refresh(under_test, signed_in.secret)
    under_test.clock.advance(GRACE - timedelta(seconds=1))

    assert await refresh(under_test, signed_in.secret) == first


async def test_a_secret_several_rotations_back_answers_the_current_one(under_test: CoreUnderTest) -> None:
    """Within the grace nothing advances, however far the other tab has come (security 24)."""
    signed_in = await under_test.sign_up()
    current = signed_in.secret
    for _ in range(5):
        under_test.clock.advance(timedelta(seconds=1))
        current = await refresh(under_test, current)

    assert await refresh(under_test, signed_in.secret) == current
    assert await refresh(under_test, signed_in.secret) == current


async def test_the_grace_counts_from_the_rotation_of_the_presented_secret(under_test: CoreUnderTest) -> None:
    """Later rotations do not keep an old secret alive."""
    signed_in = await under_test.sign_up()
    current = signed_in.secret
    for _ in range(4):
        current = await refresh(under_test, current)
        under_test.clock.advance(timedelta(seconds=10))

    with pytest.raises(RefreshTokenReused):
        await refresh(under_test, signed_in.secret)


async def test_a_secret_used_after_the_grace_ends_the_session(under_test: CoreUnderTest) -> None:
    """Somebody holds a stolen secret: nobody keeps the session, and the audit trail says so (security 23)."""
    signed_in = await under_test.sign_up()
    current = await refresh(under_test, signed_in.secret)
    under_test.clock.advance(GRACE)

    with pytest.raises(RefreshTokenReused):
        await refresh(under_test, signed_in.secret)
    with pytest.raises(InvalidRefreshToken):
        await refresh(under_test, current)
    assert (await under_test.events())[0] == "session.reuse_detected"


async def test_the_owner_of_a_stolen_secret_is_told(under_test: CoreUnderTest) -> None:
    """Once, at the proven address: that is how they learn of it (security 23)."""
    signed_in = await under_test.sign_up(ANN)
    await under_test.db.run(PROVEN, now=under_test.clock.now())
    await refresh(under_test, signed_in.secret)
    under_test.clock.advance(GRACE)

    for refusal in (RefreshTokenReused, InvalidRefreshToken):
        with pytest.raises(refusal):
            await refresh(under_test, signed_in.secret)
    [notice] = await under_test.letters()
    assert (notice.email, notice.event) == (ANN, "session-stolen")


async def test_a_known_handle_with_an_invented_step_ends_the_session(under_test: CoreUnderTest) -> None:
    """A secret that was never issued for a live handle is theft, not a typing error (security 23)."""
    signed_in = await under_test.sign_up()

    with pytest.raises(RefreshTokenReused):
        await refresh(under_test, signed_in.secret[:8] + bytes(8))
    with pytest.raises(InvalidRefreshToken):
        await refresh(under_test, signed_in.secret)


async def test_a_successor_cannot_be_derived_without_the_root_key(
    database_url: str, db: Database, clock: FakeClock, under_test: CoreUnderTest
) -> None:
    """Whoever steals a secret and the code cannot compute the next one."""
    signed_in = await under_test.sign_up()
    await refresh(under_test, signed_in.secret)
    secrets = under_test.core.refresh_session.secrets
    foreign = type(secrets)(type(secrets.keyring)([b"another root key, long enough"], secrets.entropy), secrets.entropy)
    guessed = foreign.successor(signed_in.secret, foreign.keyring.current_id)

    with pytest.raises(RefreshTokenReused):
        await refresh(under_test, guessed)


async def test_an_unknown_secret_is_refused(under_test: CoreUnderTest) -> None:
    """Nothing is said about why."""
    with pytest.raises(InvalidRefreshToken):
        await refresh(under_test, bytes(16))


async def test_an_expired_session_is_refused(under_test: CoreUnderTest) -> None:
    """Expiry is in the predicate, whether or not the reaper ran (security 127)."""
    signed_in = await under_test.sign_up()
    under_test.clock.advance(timedelta(days=30))

    with pytest.raises(InvalidRefreshToken):
        await refresh(under_test, signed_in.secret)


async def test_each_refresh_starts_the_full_life_anew(under_test: CoreUnderTest) -> None:
    """People who come back keep their session."""
    signed_in = await under_test.sign_up()
    secret = signed_in.secret
    for _ in range(3):
        under_test.clock.advance(timedelta(days=29))
        secret = await refresh(under_test, secret)

    assert await refresh(under_test, secret) != secret


@pytest.mark.parametrize("foreign", ["dialect", "project", "client"])
async def test_a_secret_is_worth_nothing_elsewhere(under_test: CoreUnderTest, foreign: str) -> None:
    """Another door, another project, another client: refused, and the session lives on (security 27, 122, 134)."""
    signed_in = await under_test.sign_up()
    visit, terms = under_test.visit(), ANY
    if foreign == "dialect":
        visit = under_test.visit("sublay")
    elif foreign == "project":
        visit = under_test.visit(project=await under_test.other_project())
    else:
        terms = RefreshTerms(client_id=under_test.project.id)

    with pytest.raises(InvalidRefreshToken):
        await under_test.core.refresh_session(visit, signed_in.secret, terms)
    assert await refresh(under_test, signed_in.secret)


@pytest.mark.parametrize("status", ["suspended", "disabled"])
async def test_a_user_who_may_not_come_in_cannot_refresh(under_test: CoreUnderTest, status: str) -> None:
    """The state is read on each refresh; the secret is not used up by the refusal (security 18)."""
    signed_in = await under_test.sign_up()
    users, project = under_test.core.users, under_test.project
    await users.set_status(under_test.db, project.id, signed_in.subject.id, status, actor="test")

    with pytest.raises(UserNotActive):
        await refresh(under_test, signed_in.secret)
    await users.set_status(under_test.db, project.id, signed_in.subject.id, "active", actor="test")
    assert await refresh(under_test, signed_in.secret)


async def test_a_deleted_user_takes_the_sessions_along(under_test: CoreUnderTest) -> None:
    """Foreign keys do it, in the same transaction (security 17)."""
    signed_in = await under_test.sign_up()
    await under_test.core.users.delete(under_test.project.id, signed_in.subject.id, actor="test")

    with pytest.raises(InvalidRefreshToken):
        await refresh(under_test, signed_in.secret)


async def test_who_left_an_account_cannot_refresh_in_it(under_test: CoreUnderTest) -> None:
    """Neither with the current secret nor with one that is still within the grace (security 18)."""
    door = DoorTerms(life=timedelta(days=30), in_account=True)
    signed_in = await under_test.sign_up(door=door, account_name="Co")
    assert signed_in.membership is not None
    current = await refresh(under_test, signed_in.secret)
    await under_test.db.run(LEAVE, user_id=signed_in.subject.id)

    for secret in (signed_in.secret, current):
        with pytest.raises(InvalidRefreshToken) as refused:
            await refresh(under_test, secret)
        assert type(refused.value) is InvalidRefreshToken


async def test_a_fixed_session_always_answers_its_own_secret(under_test: CoreUnderTest) -> None:
    """Doors without rotation keep one secret for the whole session."""
    door = DoorTerms(life=timedelta(days=30), rotation=FIXED)
    signed_in = await under_test.sign_up(door=door)
    under_test.clock.advance(timedelta(days=1))

    assert await refresh(under_test, signed_in.secret) == signed_in.secret
    assert await refresh(under_test, signed_in.secret) == signed_in.secret


async def test_a_rotating_session_is_refused_where_only_fixed_ones_are_known(under_test: CoreUnderTest) -> None:
    """An old API version would go on with a spent secret."""
    signed_in = await under_test.sign_up()

    with pytest.raises(InvalidRefreshToken):
        await under_test.core.refresh_session(under_test.visit(), signed_in.secret, RefreshTerms(rotation=FIXED))


async def test_a_new_root_key_takes_over_living_sessions(
    database_url: str, db: Database, clock: FakeClock, under_test: CoreUnderTest
) -> None:
    """Sessions move to the current root key as they refresh, racing tabs included; then the old key may go."""
    signed_in = await under_test.sign_up()
    old, new = under_test.core.keyring, "another root key, which comes first from now on"
    both = await core_under_test(database_url, db, clock, root_keys=(Secret(new), Secret(ROOT_KEY)))
    moved = await refresh(both, signed_in.secret)
    raced = await refresh(both, signed_in.secret)
    assert (raced, both.core.keyring.key_ids[1]) == (moved, old.current_id)

    alone = type(old)([new.encode()], under_test.core.refresh_session.secrets.entropy)
    secrets = type(under_test.core.refresh_session.secrets)(alone, under_test.core.refresh_session.secrets.entropy)
    later = replace(both.core.refresh_session, secrets=secrets, grace=GRACE)
    assert (await later(under_test.visit(), moved, ANY)).secret != moved


async def test_servers_may_change_the_order_of_root_keys_one_after_the_other(
    database_url: str, db: Database, clock: FakeClock
) -> None:
    """A lost answer is asked for again at a neighbour that already has the other key in front (security 21, 22)."""
    old, new = Secret(ROOT_KEY), Secret("another root key, which comes first from now on")
    before = await core_under_test(database_url, db, clock, root_keys=(old, new))
    after = await core_under_test(database_url, db, clock, root_keys=(new, old))
    for one, other in ((before, after), (after, before)):
        signed_in = await one.sign_up(f"{'new' if one is after else 'old'}@example.com")
        refreshed = await one.refresh(signed_in.secret)

        assert await other.refresh(signed_in.secret) == refreshed
        assert await other.core.revoke_sessions.by_secret(other.visit(), signed_in.secret)


async def test_no_grace_means_strict_rotation(database_url: str, db: Database, clock: FakeClock) -> None:
    """With a grace of zero the second use of a secret ends the session at once."""
    strict = await core_under_test(database_url, db, clock, refresh_grace=timedelta())
    signed_in: SignedIn = await strict.sign_up()
    await refresh(strict, signed_in.secret)

    with pytest.raises(RefreshTokenReused):
        await refresh(strict, signed_in.secret)


async def test_the_database_does_not_hold_the_secret(under_test: CoreUnderTest) -> None:
    """A copy of the database signs nobody in: neither handle, step nor password stand in it (security 39)."""
    signed_in = await under_test.sign_up()
    from vestibule.core.sessions import store  # noqa: PLC0415 - the row itself is what is looked at

    presented = under_test.core.refresh_session.secrets.hashed(signed_in.secret, under_test.core.keyring.current_id)
    state = await under_test.db.one(store.STATE, project_id=under_test.project.id, handle_hash=presented.handle_hash)
    assert state is not None
    row = repr(state)
    assert signed_in.secret[:8].hex() not in row
    assert signed_in.secret[8:].hex() not in row
    assert PASSWORD not in row


async def test_an_outlook_changes_nothing(under_test: CoreUnderTest) -> None:
    """Asked as often as one likes; the secret is as good as before, its rotation as well."""
    signed_in = await under_test.sign_up()
    refresh_session, visit = under_test.core.refresh_session, under_test.visit()
    for _ in range(3):
        live = await refresh_session.outlook(visit, signed_in.secret, ANY)
        assert live is not None
        assert (live.session.id, live.subject.id) == (signed_in.session.id, signed_in.subject.id)
    current = await refresh(under_test, signed_in.secret)
    for secret in (signed_in.secret, current):
        assert await refresh_session.outlook(visit, secret, ANY) is not None
    assert await refresh(under_test, signed_in.secret) == current


async def test_an_outlook_shows_nobody_what_they_cannot_refresh(under_test: CoreUnderTest) -> None:
    """An unknown secret, another door's, an expired and a stolen one; the session of the last does not end by it."""
    signed_in = await under_test.sign_up()
    refresh_session, visit = under_test.core.refresh_session, under_test.visit()
    assert await refresh_session.outlook(visit, bytes(16), ANY) is None
    assert await refresh_session.outlook(under_test.visit("sublay"), signed_in.secret, ANY) is None
    other = await under_test.other_project()
    assert await refresh_session.outlook(under_test.visit(project=other), signed_in.secret, ANY) is None
    assert await refresh_session.outlook(visit, signed_in.secret, RefreshTerms(rotation=FIXED)) is None
    current = await refresh(under_test, signed_in.secret)
    under_test.clock.advance(GRACE)
    assert await refresh_session.outlook(visit, signed_in.secret, ANY) is None
    assert await refresh_session.outlook(visit, current, ANY) is not None
    under_test.clock.advance(timedelta(days=365))
    assert await refresh_session.outlook(visit, current, ANY) is None


@pytest.mark.engine("postgresql")
async def test_a_users_row_that_somebody_holds_costs_nobody_the_session(
    under_test: CoreUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has rotated: without an answer its owner would come with the old secret, as a thief does (security 22)."""
    monkeypatch.setattr("vestibule.core.sessions.refresh._VISIT_PATIENCE_SECONDS", 0.1)
    ann = await under_test.sign_up()
    under_test.clock.advance(timedelta(hours=1))
    async with under_test.db.write() as tx:
        assert await tx.one(HOLD, user_id=ann.subject.id)
        async with asyncio.timeout(60):
            renewed = await refresh(under_test, ann.secret)
    assert await refresh(under_test, renewed)
