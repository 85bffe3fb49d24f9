"""Signing in with the second factor: what a ticket and a code are good for, and how often one may guess."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.cores import DOOR, PASSWORD, CoreUnderTest
from tests.support.second_factor import Holder, holder
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.projects import NewClient
from vestibule.core.signin import FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.kernel.errors import (
    EndpointDisabled,
    ExpiredTicket,
    InvalidTicket,
    InvalidTotp,
    NotAMember,
    SecondFactorNotActive,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.kernel.secret import Secret

# Whoever comes by these has shown more than a first factor, or has none: see FinishSignIn.
EXEMPT = {Method.SECOND_FACTOR, Method.ELEVATION, Method.ACCESS_TOKEN}


async def finished(one: Holder, method: Method, **policy: str) -> SignedIn | SecondFactorRequired:
    ending: FinishSignIn = one.under_test.core.sign_in_with_password.finish
    async with one.under_test.db.write() as tx:
        return await ending(tx, one.visit(**policy), Identified(one.id, method), DOOR)


@pytest.mark.parametrize("method", Method)
async def test_every_first_factor_is_followed_by_the_second(ann: Holder, method: Method) -> None:
    """A link, a code, a passkey or whatever comes next: one place decides (security 88)."""
    outcome = await finished(ann, method)
    assert isinstance(outcome, SignedIn if method in EXEMPT else SecondFactorRequired)


@pytest.mark.parametrize("method", Method)
async def test_the_rule_of_the_original_is_one_setting_away(ann: Holder, method: Method) -> None:
    """VESTIBULE_SECOND_FACTOR_AFTER=password: then only the password is followed by a question."""
    outcome = await finished(ann, method, second_factor_after="password")
    assert isinstance(outcome, SecondFactorRequired if method is Method.PASSWORD else SignedIn)


async def test_ticket_and_code_begin_a_session(ann: Holder) -> None:
    """One that says how it was earned."""
    signed_in = await ann.show(await ann.ticket(), ann.application.fresh())
    assert (signed_in.subject.id, signed_in.session.method) == (ann.id, "second-factor")


async def test_a_ticket_begins_one_session(ann: Holder) -> None:
    """Then it is spent (security 46)."""
    ticket = await ann.ticket()
    await ann.show(ticket, ann.application.fresh())
    with pytest.raises(InvalidTicket):
        await ann.show(ticket, ann.application.fresh())


async def test_a_code_works_once(under_test: CoreUnderTest, ann: Holder) -> None:
    """Read over a shoulder, or from another ticket, it is worth nothing a second later (security 76)."""
    code = ann.application.fresh()
    await ann.show(await ann.ticket(), code)
    before = await under_test.count("sessions")
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), code)
    assert await under_test.count("sessions") == before


async def test_a_wrong_code_does_not_cost_the_ticket(ann: Holder) -> None:
    """A typo is forgiven; the original made its user sign in again."""
    ticket = await ann.ticket()
    with pytest.raises(InvalidTotp):
        await ann.show(ticket, ann.application.wrong())
    await ann.show(ticket, ann.application.fresh())


async def test_two_devices_may_be_asked_at_once(ann: Holder) -> None:
    """The challenge of the first survives that of the second: whoever has only the password can end neither."""
    first, second = await ann.ticket(), await ann.ticket(replace(ann.visit(), network="198.51.100.7"))
    await ann.show(first, ann.application.fresh())
    await ann.show(second, ann.application.fresh())


@pytest.mark.parametrize("nothing", ["", " ", "-", "000000000000", "null"])
async def test_showing_nothing_is_showing_a_wrong_code(ann: Holder, nothing: str) -> None:
    """No step is skipped by leaving it empty (security 90)."""
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), nothing)


async def test_five_wrong_codes_burn_a_ticket(ann: Holder) -> None:
    """The sixth try is not compared, however right (security 73)."""
    ticket = await ann.ticket()
    for _ in range(5):
        with pytest.raises(InvalidTotp):
            await ann.show(ticket, ann.application.wrong())
    with pytest.raises(InvalidTicket):
        await ann.show(ticket, ann.application.fresh())


async def wrong_ten_times(one: Holder) -> None:
    """Use up the tries, some by tickets and some by a session."""
    for _ in range(5):
        with pytest.raises(InvalidTotp):
            await one.elevate(one.application.wrong())
    ticket = await one.ticket(replace(one.visit(), network="198.51.100.7"))
    for _ in range(5):
        with pytest.raises(InvalidTotp):
            await one.show(ticket, one.application.wrong(), visit=replace(one.visit(), network="198.51.100.8"))


async def test_wrong_codes_are_counted_per_user_over_tickets_sessions_and_networks(ann: Holder) -> None:
    """Ten in a quarter of an hour, wherever: whoever knows the password does not get a million tries (security 77)."""
    await wrong_ten_times(ann)
    with pytest.raises(TooManyAttempts):
        await ann.show(await ann.ticket(), ann.application.fresh())
    with pytest.raises(TooManyAttempts):
        await ann.elevate(ann.application.fresh())
    with pytest.raises(TooManyAttempts):
        await ann.deactivate(ann.application.fresh())
    with pytest.raises(TooManyAttempts):
        await ann.recovery_codes()


async def test_the_user_is_told_once_that_somebody_guesses(under_test: CoreUnderTest, ann: Holder) -> None:
    """By mail and in the audit trail: whoever guesses knows the password (security 77)."""
    await wrong_ten_times(ann)
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            await ann.elevate(ann.application.wrong())
    assert [letter.event for letter in await under_test.letters()] == ["second-factor-locked"]
    assert (await under_test.events()).count("second_factor.locked") == 1


async def test_nobody_is_locked_out_for_good(ann: Holder) -> None:
    """A quarter of an hour after the first wrong code it is over (security 79)."""
    await wrong_ten_times(ann)
    ann.under_test.clock.advance(timedelta(minutes=15))
    await ann.show(await ann.ticket(), ann.application.fresh())


async def test_a_stranger_without_the_first_factor_uses_up_nothing(ann: Holder) -> None:
    """Neither a made-up ticket nor one that is burnt counts against the user (security 79)."""
    ticket = await ann.ticket()
    for _ in range(5):
        with pytest.raises(InvalidTotp):
            await ann.show(ticket, ann.application.wrong())
    for made_up in [ticket, b"", b"x" * 16] * 10:
        with pytest.raises(InvalidTicket):
            await ann.show(made_up, ann.application.wrong())
    await ann.show(await ann.ticket(), ann.application.fresh())


async def test_the_owners_success_gives_a_guesser_no_new_tries(ann: Holder) -> None:
    """The right code is counted no longer, the wrong ones before it are (security 80)."""
    for _ in range(9):
        with pytest.raises(InvalidTotp):
            await ann.elevate(ann.application.wrong())
    await ann.elevate(ann.application.fresh())
    with pytest.raises(InvalidTotp):
        await ann.elevate(ann.application.wrong())
    with pytest.raises(TooManyAttempts):
        await ann.elevate(ann.application.wrong())


async def test_right_codes_use_nothing_up(ann: Holder) -> None:
    """Somebody who signs in all day long is no guesser."""
    for _ in range(25):
        await ann.elevate(ann.application.fresh())


async def test_wrong_codes_count_against_their_user_only(under_test: CoreUnderTest, ann: Holder) -> None:
    """Each user has a count of their own."""
    bob = await holder(under_test)
    await wrong_ten_times(ann)
    await bob.show(await bob.ticket(), bob.application.fresh())


async def test_a_ticket_lives_five_minutes(ann: Holder) -> None:
    """Then the password is asked for again."""
    ticket = await ann.ticket()
    ann.under_test.clock.advance(timedelta(minutes=5))
    with pytest.raises(ExpiredTicket):
        await ann.show(ticket, ann.application.fresh())


async def test_a_ticket_is_its_doors_and_projects_own(under_test: CoreUnderTest, ann: Holder) -> None:
    """What one door or client handed out, no other takes (security 38, 134)."""
    ticket = await ann.ticket()
    other = under_test.visit(project=await under_test.other_project(), mfa_enabled=True)
    client = await under_test.core.registry.create_client(under_test.project, NewClient("App"))
    for visit in (replace(ann.visit(), dialect="sublay"), other, replace(ann.visit(), client=client)):
        with pytest.raises(InvalidTicket):
            await ann.show(ticket, ann.application.fresh(), visit=visit)


async def test_one_users_ticket_takes_no_code_of_another(under_test: CoreUnderTest, ann: Holder) -> None:
    """The ticket says whose code it waits for (security 75)."""
    bob = await holder(under_test)
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), bob.application.fresh())


async def test_who_was_shut_out_meanwhile_does_not_come_in(under_test: CoreUnderTest, ann: Holder) -> None:
    """The gate is asked again (security 18)."""
    ticket = await ann.ticket()
    await under_test.change(ann.id, status="disabled")
    with pytest.raises(UserNotActive):
        await ann.show(ticket, ann.application.fresh())


async def test_a_new_password_ends_what_the_old_one_began(under_test: CoreUnderTest, ann: Holder) -> None:
    """A ticket stands for the password that it was got with (security 29)."""
    ticket = await ann.ticket()
    change = PasswordChange(user_id=ann.id, new=NewPassword(Secret(f"{PASSWORD} 2")))
    await under_test.core.change_password(ann.visit(), change)
    with pytest.raises(InvalidTicket):
        await ann.show(ticket, ann.application.fresh())


async def test_where_it_is_switched_off_it_is_asked_for_and_not_taken(ann: Holder) -> None:
    """Switching off second factors must not open the accounts of those who have one."""
    off = ann.visit(mfa_enabled=False)
    ticket = await ann.ticket(off)
    with pytest.raises(EndpointDisabled):
        await ann.show(ticket, ann.application.fresh(), visit=off)
    with pytest.raises(EndpointDisabled):
        await ann.show(b"x" * 16, "", visit=off)


async def test_a_ticket_of_somebody_without_a_second_factor_is_refused(under_test: CoreUnderTest, ann: Holder) -> None:
    """It was taken away by hand; whoever comes begins anew."""
    ticket = await ann.ticket()
    await under_test.change(ann.id, mfa_type="none")
    with pytest.raises(SecondFactorNotActive):
        await ann.show(ticket, ann.application.fresh())


async def test_nothing_is_used_up_by_a_sign_in_that_is_refused(under_test: CoreUnderTest, ann: Holder) -> None:
    """A refusal rolls back: ticket and code are good when the reason is gone; the try stays counted."""
    ticket, code = await ann.ticket(), ann.application.fresh()
    in_account = replace(DOOR, in_account=True, account_id=ann.id)  # no account of theirs
    with pytest.raises(NotAMember):
        await ann.show(ticket, code, terms=in_account)
    await ann.show(ticket, code)
