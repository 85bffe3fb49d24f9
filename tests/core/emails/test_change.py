"""Changing an address: the new one is proven first; then nothing of the old one is left, and it hears of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.cores import LETTER, PASSWORD, CoreUnderTest
from tests.support.linking import ANN, WITH_CODE, asked, follow, followed
from vestibule.core.emails import EmailChange
from vestibule.core.outbox import MailVariables
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.projects import Visit
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.core.tickets import NewTicket, Purpose
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailRefused,
    EmailTaken,
    ExpiredTicket,
    InvalidEmail,
    InvalidRefreshToken,
    InvalidTicket,
    TooManyAttempts,
    UserNotActive,
    UserNotFound,
)
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

NEW = "Ann.Smith@example.com"
BOB = "bob@example.com"
WITHOUT_ADDRESS = Statement(None, "DELETE FROM vestibule_credentials WHERE user_id = :user_id")


async def ask(
    under_test: CoreUnderTest, who: SignedIn | UUID, new: str = NEW, *, visit: Visit | None = None
) -> list[MailVariables]:
    """Ask for another address; return what was mailed."""
    user_id, session_id = (who, None) if isinstance(who, UUID) else (who.subject.id, who.session.id)
    wish = EmailChange(user_id=user_id, new_email=new, letter=LETTER, session_id=session_id)
    await under_test.core.request_email_change(visit or under_test.visit(), wish)
    return await under_test.letters()


async def confirm(under_test: CoreUnderTest, letter: MailVariables, visit: Visit | None = None) -> SignedIn:
    visit = visit or under_test.visit()
    return await followed(under_test, letter, purpose=Purpose.EMAIL_CHANGE, visit=visit)


async def verified(under_test: CoreUnderTest, email: str = ANN) -> SignedIn:
    """Sign up with a password, and prove the address."""
    await under_test.register(email, visit=under_test.visit(verified_email_required=True), letter=LETTER)
    [letter] = await under_test.letters()
    return await followed(under_test, letter, purpose=Purpose.EMAIL_VERIFICATION, visit=under_test.visit())


async def email_of(under_test: CoreUnderTest, user_id: UUID) -> str | None:
    return (await under_test.core.users.subject(under_test.db, under_test.project.id, user_id)).email


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


async def test_an_old_link_is_worth_nothing(under_test: CoreUnderTest) -> None:
    """After the life that the door gave it (security 127)."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)
    under_test.clock.advance(LETTER.life)

    with pytest.raises(ExpiredTicket):
        await confirm(under_test, letter)
    assert await email_of(under_test, ann.subject.id) == ANN


async def test_an_address_that_was_taken_meanwhile_stays_with_whom_it_is(under_test: CoreUnderTest) -> None:
    """And nothing of the change happens: no session ends, no ticket is spent (security 13)."""
    ann = await verified(under_test)
    other = await under_test.sign_in(ANN)
    [letter] = await ask(under_test, ann)
    await under_test.sign_up(NEW.upper())

    for _ in range(2):
        with pytest.raises(EmailTaken):
            await confirm(under_test, letter)

    assert await email_of(under_test, ann.subject.id) == ANN
    assert await under_test.refresh(other.secret)
    assert await under_test.letters() == []


@pytest.mark.parametrize(
    ("new", "policy", "refusal"),
    [
        (BOB, {}, EmailTaken),
        (BOB.upper(), {}, EmailTaken),
        (ANN, {}, EmailTaken),
        ("no address", {}, InvalidEmail),
        (NEW, {"blocked_email_domains": ("example.com",)}, EmailRefused),
        ("ann@corp.example", {"allowed_emails": (ANN,)}, EmailRefused),
        ("ann@corp.example", {"blocked_emails": ("ann@corp.example",)}, EmailRefused),
        (NEW, {"verified_email_required": True}, EmailNotVerified),
        (NEW, {"mail_per_hour": 0}, TooManyAttempts),
    ],
)
async def test_no_letter_leaves_for_what_cannot_be(
    under_test: CoreUnderTest, new: str, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """The access lists hold for the new address as for every other."""
    ann = await under_test.sign_up(ANN)
    await under_test.sign_up(BOB)

    with pytest.raises(refusal):
        await ask(under_test, ann, new, visit=under_test.visit(**policy))

    assert await under_test.letters() == []
    assert await under_test.count("tickets") == 0


async def test_an_address_that_is_kept_out_meanwhile_does_not_come_in(under_test: CoreUnderTest) -> None:
    """The lists are asked again when the link is followed."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)

    with pytest.raises(EmailRefused):
        await confirm(under_test, letter, under_test.visit(blocked_emails=(NEW,)))
    assert await email_of(under_test, ann.subject.id) == ANN


@pytest.mark.parametrize("status", ["suspended", "disabled", "deleted"])
async def test_who_may_not_come_in_changes_nothing(under_test: CoreUnderTest, status: str) -> None:
    """Neither asks nor confirms (security 18)."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)
    await under_test.change(ann.subject.id, status=status)

    with pytest.raises(UserNotActive):
        await ask(under_test, ann)
    with pytest.raises(UserNotActive):
        await confirm(under_test, letter)
    assert await email_of(under_test, ann.subject.id) == ANN


async def test_a_user_of_another_project_is_not_found(under_test: CoreUnderTest) -> None:
    """Security 122."""
    ann = await under_test.sign_up(ANN)
    with pytest.raises(UserNotFound):
        await ask(under_test, ann, visit=under_test.visit(project=await under_test.other_project()))
    with pytest.raises(UserNotFound):
        await ask(under_test, uuid4())


async def test_one_mailbox_is_not_filled_with_wishes(under_test: CoreUnderTest) -> None:
    """Security 96: six letters an hour to one address, whoever asks."""
    people = [await under_test.sign_up() for _ in range(7)]
    for person in people[:6]:
        await ask(under_test, person)
    with pytest.raises(TooManyAttempts):
        await ask(under_test, people[6])


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
