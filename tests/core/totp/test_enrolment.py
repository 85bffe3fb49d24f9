"""Turning the second factor on and off."""

from datetime import timedelta

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.second_factor import STEP, Holder
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import (
    EndpointDisabled,
    InvalidTicket,
    InvalidTotp,
    NoTotpSecret,
    SecondFactorNotActive,
    TotpAlreadyActive,
    UserNotActive,
    UserNotFound,
)
from vestibule.kernel.keyring import UnknownRootKey
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

SEALED = Statement(bytes, "SELECT offered FROM vestibule_totp")
STORED = Statement(bytes, "SELECT secret FROM vestibule_totp")


async def mfa_type(holder: Holder) -> str | None:
    return (
        await holder.under_test.core.users.subject(holder.under_test.db, holder.visit().project.id, holder.id)
    ).mfa_type


async def events(under_test: CoreUnderTest) -> list[str]:
    return [letter.event for letter in await under_test.letters()]


async def test_a_secret_that_was_only_offered_asks_for_nothing(under_test: CoreUnderTest, bob: Holder) -> None:
    """Whoever closes the page halfway still comes in by the password alone (security 90)."""
    await bob.offered()
    assert await mfa_type(bob) is None
    assert isinstance(await under_test.sign_in("bob@example.com", visit=bob.visit()), SignedIn)


async def test_a_code_of_the_secret_turns_it_on(under_test: CoreUnderTest, bob: Holder) -> None:
    """From then on the password gets a ticket; the user is told, and the audit trail."""
    application = await bob.offered()
    await bob.activate(application.shows())
    assert await mfa_type(bob) == "totp"
    assert len(await bob.ticket()) == 16
    assert await events(under_test) == ["totp-added"]
    assert {"totp.offered", "totp.activated"} <= set(await under_test.events())


async def test_a_wrong_code_turns_nothing_on(bob: Holder) -> None:
    """Nothing counts but a code of this very secret (security 90)."""
    await bob.offered()
    application = await bob.offered()
    for code in ("", application.wrong(), application.shows(3)):
        with pytest.raises(InvalidTotp):
            await bob.activate(code)
    assert await mfa_type(bob) is None


async def test_the_code_that_turned_it_on_signs_nobody_in(ann: Holder) -> None:
    """It is used up like any other (security 76)."""
    ticket = await ann.ticket()
    with pytest.raises(InvalidTotp):
        await ann.show(ticket, ann.application.shows())
    await ann.show(ticket, ann.application.fresh())


async def test_the_code_that_turned_it_off_does_not_turn_it_on_again(ann: Holder) -> None:
    """The kept secret keeps its last step (security 76); the next code is good."""
    await ann.deactivate(ann.application.fresh())
    with pytest.raises(InvalidTotp):
        await ann.activate(ann.application.shows())
    await ann.activate(ann.application.fresh())
    assert await mfa_type(ann) == "totp"


async def test_asking_for_another_secret_breaks_nothing(ann: Holder) -> None:
    """The application in use goes on working, the new secret opens nothing."""
    other = await ann.offered()
    ticket = await ann.ticket()
    with pytest.raises(InvalidTotp):
        await ann.show(ticket, other.fresh())
    await ann.show(ticket, ann.application.shows())


async def test_the_newest_secret_counts_when_it_is_turned_on_again(ann: Holder) -> None:
    """So an application is replaced: another secret, off with the old one, on with the new one."""
    other = await ann.offered()
    await ann.deactivate(ann.application.fresh())
    with pytest.raises(InvalidTotp):
        await ann.activate(ann.application.fresh())
    await ann.activate(other.shows())
    ticket = await ann.ticket()
    with pytest.raises(InvalidTotp):
        await ann.show(ticket, ann.application.fresh())
    await ann.show(ticket, other.shows())


async def test_turning_it_off_takes_a_code(under_test: CoreUnderTest, ann: Holder) -> None:
    """An access token alone is not enough (security 89); the user is told."""
    with pytest.raises(InvalidTotp):
        await ann.deactivate(ann.application.wrong())
    assert await mfa_type(ann) == "totp"
    await ann.deactivate(ann.application.fresh())
    assert await mfa_type(ann) is None
    assert await events(under_test) == ["totp-removed"]
    assert "totp.deactivated" in await under_test.events()
    assert isinstance(await under_test.sign_in("ann@example.com", visit=ann.visit()), SignedIn)


async def test_a_change_ends_the_other_sessions(under_test: CoreUnderTest, bob: Holder) -> None:
    """On or off: only the session that asked for it stays (security 29, 31)."""

    async def living() -> list[object]:
        return [session.id for session in await under_test.core.live_sessions.of_user(under_test.project.id, bob.id)]

    mine = bob.session.session.id
    await under_test.sign_in("bob@example.com", visit=bob.visit())
    bob.application = await bob.offered()
    await bob.activate(bob.application.shows())
    assert await living() == [mine]
    await bob.show(await bob.ticket(), bob.application.fresh())
    assert len(await living()) == 2
    await bob.deactivate(bob.application.fresh())
    assert await living() == [mine]


async def test_an_operator_may_keep_them(under_test: CoreUnderTest, ann: Holder) -> None:
    """As Nhost Auth does; one setting, never the default (security 29)."""
    elsewhere = await ann.show(await ann.ticket(), ann.application.fresh())
    await ann.deactivate(ann.application.fresh(), mfa_change_ends_other_sessions=False)
    assert await under_test.refresh(elsewhere.secret)


async def test_a_change_ends_sign_ins_that_are_half_done(ann: Holder) -> None:
    """Whoever held a ticket before begins anew."""
    ticket = await ann.ticket()
    await ann.deactivate(ann.application.fresh())
    await ann.activate(ann.application.fresh())
    with pytest.raises(InvalidTicket):
        await ann.show(ticket, ann.application.fresh())


async def test_it_is_turned_on_once(bob: Holder) -> None:
    """And not before there is a secret."""
    with pytest.raises(NoTotpSecret):
        await bob.activate("123456")
    application = await bob.offered()
    await bob.activate(application.shows())
    with pytest.raises(TotpAlreadyActive):
        await bob.activate(application.fresh())


async def test_what_is_off_is_not_turned_off(bob: Holder) -> None:
    """Also where a secret was offered."""
    application = await bob.offered()
    with pytest.raises(SecondFactorNotActive):
        await bob.deactivate(application.shows())


async def test_without_a_secret_nothing_can_be_shown(under_test: CoreUnderTest, bob: Holder) -> None:
    """A user marked by hand is asked for a code that does not exist; an offered secret does not count for it."""
    await under_test.change(bob.id, mfa_type="totp")
    with pytest.raises(NoTotpSecret):
        await bob.deactivate("123456")
    application = await bob.offered()
    with pytest.raises(NoTotpSecret):
        await bob.deactivate(application.shows())


async def test_where_it_is_switched_off_nobody_turns_it_on_or_off(ann: Holder, bob: Holder) -> None:
    """AUTH_MFA_ENABLED; who has it is still asked for it."""
    for attempt in (
        bob.generate(mfa_enabled=False),
        bob.activate("123456", mfa_enabled=False),
        ann.deactivate(ann.application.fresh(), mfa_enabled=False),
    ):
        with pytest.raises(EndpointDisabled):
            await attempt
    assert await ann.ticket(ann.visit(mfa_enabled=False))


async def test_who_is_shut_out_turns_nothing_on_or_off(under_test: CoreUnderTest, ann: Holder, bob: Holder) -> None:
    """Whatever the access token says (security 18)."""
    application = await bob.offered()
    for one in (ann, bob):
        await under_test.change(one.id, status="disabled")
    for attempt in (bob.generate(), bob.activate(application.shows()), ann.deactivate(ann.application.fresh())):
        with pytest.raises(UserNotActive):
            await attempt


async def test_another_project_has_no_part_in_it(under_test: CoreUnderTest, ann: Holder) -> None:
    """However right the id and the code (security 122)."""
    visit = under_test.visit(project=await under_test.other_project(), mfa_enabled=True)
    factor = under_test.core.second_factor
    code = Secret(ann.application.fresh())
    for attempt in (
        factor.generate(visit, ann.id),
        factor.deactivate(visit, ann.id, code, kept_session=None),
        factor.make_recovery_codes(visit, ann.id, code),
    ):
        with pytest.raises(UserNotFound):
            await attempt


async def test_an_operator_takes_it_from_whoever_lost_it(under_test: CoreUnderTest, ann: Holder) -> None:
    """With secret, recovery codes and sessions: a telephone that was found opens nothing; the user is told."""
    codes = await ann.recovery_codes()
    await under_test.letters()
    await under_test.core.second_factor.remove(under_test.project, ann.id, actor="operator")
    assert await mfa_type(ann) is None
    assert [await under_test.count(table) for table in ("totp", "recovery_codes", "sessions")] == [0, 0, 0]
    assert await events(under_test) == ["totp-removed"]
    assert "second_factor.removed" in await under_test.events()
    with pytest.raises(NoTotpSecret):
        await ann.activate(ann.application.fresh())
    with pytest.raises(SecondFactorNotActive):
        await ann.deactivate(codes[0])
    with pytest.raises(SecondFactorNotActive):
        await under_test.core.second_factor.remove(under_test.project, ann.id, actor="operator")


async def test_secrets_are_sealed_at_rest(under_test: CoreUnderTest, bob: Holder) -> None:
    """With a key from outside the database, offered and confirmed ones alike (security 39)."""
    application = await bob.offered()
    offered = await under_test.db.one(SEALED)
    await bob.activate(application.shows())
    for sealed in (offered, await under_test.db.one(STORED)):
        assert sealed is not None
        assert application.secret not in sealed
        assert sealed.startswith(under_test.core.keyring.current_id)


async def test_a_sealed_secret_opens_for_its_user_only(under_test: CoreUnderTest, ann: Holder, bob: Holder) -> None:
    """Whoever can write the database cannot give one user the secret of another (security 39)."""
    sealed = await under_test.db.one(STORED)
    assert sealed is not None
    secrets = under_test.core.second_factor.secrets
    assert secrets.open(under_test.project.id, ann.id, sealed) == ann.application.secret
    with pytest.raises(UnknownRootKey):
        secrets.open(under_test.project.id, bob.id, sealed)


async def test_a_deleted_user_takes_the_secret_along(under_test: CoreUnderTest, ann: Holder) -> None:
    """And the recovery codes (security 17)."""
    await ann.recovery_codes()
    await under_test.core.users.delete(under_test.project.id, ann.id, actor="test")
    assert await under_test.count("totp") == 0
    assert await under_test.count("recovery_codes") == 0


async def test_the_account_in_the_application_is_how_the_user_is_called(under_test: CoreUnderTest, bob: Holder) -> None:
    """Under the issuer that the operator chose."""
    offer = await bob.generate(totp_issuer="Acme")
    assert offer.uri.reveal().startswith("otpauth://totp/Acme:bob@example.com?")


async def test_a_code_that_is_a_step_ahead_uses_up_the_ones_before(ann: Holder) -> None:
    """What was taken last is the latest step; nobody goes back (security 76)."""
    ann.under_test.clock.advance(timedelta(minutes=5))
    ticket = await ann.ticket()
    await ann.show(ticket, ann.application.shows(1))
    ticket = await ann.ticket()
    for steps in (-1, 0, 1):
        with pytest.raises(InvalidTotp):
            await ann.show(ticket, ann.application.shows(steps))
    ann.under_test.clock.advance(STEP)
    await ann.show(ticket, ann.application.shows(1))


async def test_who_is_shut_out_meanwhile_changes_nothing(under_test: CoreUnderTest, ann: Holder) -> None:
    """The user is judged again in the transaction that would change something (security 18)."""
    prove = under_test.core.second_factor.deactivate.prove
    await under_test.change(ann.id, status="disabled")
    with pytest.raises(UserNotActive):
        async with under_test.db.write() as tx:
            await prove.held(tx, ann.visit(), ann.id)
