"""Changing an address: the new one is proven first; then nothing of the old one is left, and it hears of it."""

from datetime import timedelta

import pytest

from tests.core.emails.changing import NEW, ask, confirm, email_of, verified
from tests.support.cores import LETTER, PASSWORD, CoreUnderTest
from tests.support.linking import ANN, WITH_CODE, asked, follow
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.signin import SecondFactorRequired
from vestibule.core.tickets import NewTicket, Purpose
from vestibule.kernel.errors import InvalidRefreshToken, InvalidTicket, UserNotFound
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

WITHOUT_ADDRESS = Statement(None, "DELETE FROM vestibule_credentials WHERE user_id = :user_id")


async def test_the_letter_goes_to_the_new_address_and_changes_nothing_yet(under_test: CoreUnderTest) -> None:
    """Neither the address nor whether the old one is proven."""
    ann = await under_test.sign_up(ANN)

    [letter] = await ask(under_test, ann)

    assert (letter.email, letter.new_email, letter.code) == (ANN, NEW, "")
    subject = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert (subject.email, subject.email_is_verified) == (ANN, False)


async def test_the_link_makes_it_the_users(under_test: CoreUnderTest) -> None:
    """As typed, proven, with the same password; the old one is free for anybody."""
    ann = await verified(under_test)
    [letter] = await ask(under_test, ann)

    signed_in = await confirm(under_test, letter)

    assert (signed_in.subject.id, signed_in.subject.email) == (ann.subject.id, NEW)
    assert signed_in.subject.email_is_verified
    assert (await under_test.sign_in(NEW.lower(), PASSWORD)).subject.id == ann.subject.id
    with pytest.raises(UserNotFound):
        await under_test.sign_in(ANN)
    assert (await under_test.sign_up(ANN)).subject.id != ann.subject.id
    assert "email.changed" in await under_test.events()


async def test_the_old_address_hears_of_it(under_test: CoreUnderTest) -> None:
    """Security 14: whoever reads that mailbox may not have wanted it."""
    ann = await verified(under_test)
    [letter] = await ask(under_test, ann)
    await confirm(under_test, letter)

    claimed = await under_test.core.outbox.claim(under_test.db, "test", limit=9, lease=timedelta(hours=1))

    assert [(message.template, message.recipient) for message in claimed] == [("email-changed", ANN)]
    assert under_test.core.outbox.variables(claimed[0]).new_email == NEW


async def test_an_old_address_that_nobody_proved_is_not_told_the_new_one(under_test: CoreUnderTest) -> None:
    """It may be a stranger's."""
    [letter] = await ask(under_test, await under_test.sign_up(ANN))
    await confirm(under_test, letter)

    [notice] = await under_test.letters()

    assert (notice.email, notice.new_email) == (ANN, "")


async def test_what_was_mailed_to_the_old_address_dies(under_test: CoreUnderTest) -> None:
    """Reset link, sign-in link, code, and what else was pending (security 14)."""
    ann = await verified(under_test)
    link = await asked(under_test, letter=WITH_CODE)
    await under_test.core.request_password_reset(under_test.visit(), ANN, LETTER)
    [reset] = await under_test.letters()
    pending = NewTicket(
        project_id=under_test.project.id,
        purpose=Purpose.SECOND_FACTOR,
        dialect="nhost",
        life=timedelta(minutes=5),
        user_id=ann.subject.id,
    )
    async with under_test.db.write() as tx:
        await under_test.core.verify_email.tickets.issue(tx, pending)
    [letter] = await ask(under_test, ann)
    assert await under_test.count("tickets") == 5

    await confirm(under_test, letter)

    assert await under_test.count("tickets") == 0
    for mailed, purpose in ((link, Purpose.SIGN_IN_LINK), (reset, Purpose.PASSWORD_RESET)):
        with pytest.raises(InvalidTicket):
            await follow(under_test, mailed, purpose)


async def test_the_other_sessions_end_and_the_one_that_asked_stays(under_test: CoreUnderTest) -> None:
    """Whoever was there before is out, at every door (security 29)."""
    ann = await verified(under_test)
    crept_in = await under_test.sign_in(ANN)
    elsewhere = await under_test.sign_in(ANN, visit=under_test.visit("sublay"))
    [letter] = await ask(under_test, ann)

    confirmed = await confirm(under_test, letter)

    assert await under_test.refresh(ann.secret)
    assert await under_test.refresh(confirmed.secret)
    for ended, visit in ((crept_in, under_test.visit()), (elsewhere, under_test.visit("sublay"))):
        with pytest.raises(InvalidRefreshToken):
            await under_test.refresh(ended.secret, visit)


async def test_one_setting_lets_the_other_sessions_live(under_test: CoreUnderTest) -> None:
    """For whoever moves here and needs what they had."""
    ann = await verified(under_test)
    other = await under_test.sign_in(ANN)
    [letter] = await ask(under_test, ann)

    await confirm(under_test, letter, under_test.visit(email_change_ends_other_sessions=False))

    assert await under_test.refresh(other.secret)


async def test_only_the_newest_link_counts_and_once(under_test: CoreUnderTest) -> None:
    """Of two wishes the later one is meant (security 98)."""
    ann = await verified(under_test)
    [first] = await ask(under_test, ann, "first@example.com")
    [second] = await ask(under_test, ann, "second@example.com")

    with pytest.raises(InvalidTicket):
        await confirm(under_test, first)
    await confirm(under_test, second)
    with pytest.raises(InvalidTicket):
        await confirm(under_test, second)
    assert await email_of(under_test, ann.subject.id) == "second@example.com"


async def test_a_changed_password_ends_a_change_that_is_under_way(under_test: CoreUnderTest) -> None:
    """A thief who asked for it with a stolen session does not get the account an hour later (security 14, 29)."""
    ann = await verified(under_test)
    [letter] = await ask(under_test, ann, "thief@example.com")

    change = PasswordChange(user_id=ann.subject.id, new=NewPassword(Secret("a new word for the door")))
    await under_test.core.change_password(under_test.visit(), change)

    with pytest.raises(InvalidTicket):
        await confirm(under_test, letter)
    assert await email_of(under_test, ann.subject.id) == ANN


async def test_who_has_no_address_gets_a_first_one(under_test: CoreUnderTest) -> None:
    """Somebody who came by telephone; nobody is told, there is no old address."""
    ann = await under_test.sign_up(ANN)
    await under_test.db.run(WITHOUT_ADDRESS, user_id=ann.subject.id)
    [letter] = await ask(under_test, ann)

    signed_in = await confirm(under_test, letter)

    assert (signed_in.subject.email, signed_in.subject.email_is_verified) == (NEW, True)
    assert await under_test.letters() == []


async def test_the_second_factor_is_asked_for_all_the_same(under_test: CoreUnderTest) -> None:
    """The address changes, the session waits (security 88)."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)
    await under_test.change(ann.subject.id, mfa_type="totp")

    outcome = await follow(under_test, letter, Purpose.EMAIL_CHANGE, visit=under_test.visit())

    assert isinstance(outcome, SecondFactorRequired)
    assert await email_of(under_test, ann.subject.id) == NEW


async def test_the_letter_of_a_change_signs_in_under_no_other_name(under_test: CoreUnderTest) -> None:
    """It proves the new address, not the old one (security 75)."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)

    for purpose in (Purpose.SIGN_IN_LINK, Purpose.EMAIL_VERIFICATION, Purpose.PASSWORD_RESET):
        with pytest.raises(InvalidTicket):
            await follow(under_test, letter, purpose, visit=under_test.visit())
    await confirm(under_test, letter)
