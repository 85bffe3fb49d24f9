"""Proving an address: what the letter's ticket proves, and to whom it opens."""

from typing import Any

import pytest

from tests.support.cores import DOOR, LETTER, CoreUnderTest
from vestibule.core.emails import TicketVisit
from vestibule.core.projects import Visit
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.core.tickets import NewTicket, Purpose
from vestibule.kernel.errors import (
    EmailAlreadyVerified,
    EmailRefused,
    ExpiredTicket,
    InvalidEmail,
    InvalidTicket,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Statement

ANN = "ann@example.com"
MAILED = {Purpose.EMAIL_VERIFICATION, Purpose.SIGN_IN_LINK, Purpose.EMAIL_CHANGE, Purpose.PASSWORD_RESET}
RENAME = Statement(None, "UPDATE vestibule_credentials SET email = :email, email_key = :email")


async def mailed(under_test: CoreUnderTest) -> TicketVisit:
    """Sign Ann up where the address must be proven, and open her letter."""
    await under_test.register(ANN, visit=under_test.visit(verified_email_required=True), letter=LETTER)
    [letter] = await under_test.letters()
    return TicketVisit(Purpose.EMAIL_VERIFICATION, bytes.fromhex(letter.ticket))


async def is_verified(under_test: CoreUnderTest) -> bool:
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    return subject.email_is_verified


def strict(under_test: CoreUnderTest, **policy: Any) -> Visit:
    return under_test.visit(verified_email_required=True, **policy)


async def test_the_letter_proves_the_address(under_test: CoreUnderTest) -> None:
    """Once; without signing anybody in where the door does not want it."""
    came = await mailed(under_test)

    await under_test.core.verify_email(strict(under_test), came)

    assert await is_verified(under_test)
    assert await under_test.count("sessions") == 0
    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email(strict(under_test), came)


async def test_the_letter_signs_in_where_the_door_wants_it(under_test: CoreUnderTest) -> None:
    """By the same ending as every other method."""
    came = await mailed(under_test)

    signed_in = await under_test.core.verify_email.and_sign_in(strict(under_test), came, DOOR)

    assert isinstance(signed_in, SignedIn)
    assert signed_in.subject.email_is_verified
    assert signed_in.session.method == "email-link"


async def test_the_letter_does_not_skip_the_second_factor(under_test: CoreUnderTest) -> None:
    """It is a first factor like the password (security 88)."""
    came = await mailed(under_test)
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    await under_test.change(subject.id, mfa_type="totp")

    outcome = await under_test.core.verify_email.and_sign_in(strict(under_test), came, DOOR)

    assert isinstance(outcome, SecondFactorRequired)
    assert await under_test.count("sessions") == 0


@pytest.mark.parametrize(
    ("state", "refusal"), [({"status": "disabled"}, UserNotActive), ({"blocked_emails": (ANN,)}, EmailRefused)]
)
async def test_a_refused_sign_in_leaves_the_ticket_and_the_address_alone(
    under_test: CoreUnderTest, state: dict[str, Any], refusal: type[Exception]
) -> None:
    """All of it is undone; when the operator relents, the link works (security 18)."""
    came = await mailed(under_test)
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    policy = dict(state)
    if status := policy.pop("status", None):
        await under_test.change(subject.id, status=status)

    with pytest.raises(refusal):
        await under_test.core.verify_email.and_sign_in(strict(under_test, **policy), came, DOOR)

    assert not await is_verified(under_test)
    await under_test.change(subject.id, status="active")
    await under_test.core.verify_email.and_sign_in(strict(under_test), came, DOOR)


@pytest.mark.parametrize("purpose", [Purpose.SECOND_FACTOR, Purpose.PASSWORD_RESET])
async def test_a_ticket_named_otherwise_proves_nothing(under_test: CoreUnderTest, purpose: Purpose) -> None:
    """The purpose is in the row, not in the caller's word (security 75)."""
    came = await mailed(under_test)

    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email(strict(under_test), TicketVisit(purpose, came.secret))
    assert not await is_verified(under_test)


async def test_a_second_factor_ticket_proves_no_address(under_test: CoreUnderTest) -> None:
    """Even under its right name: it was never in a letter (security 75)."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, mfa_type="totp")
    outcome = await under_test.core.verify_email.and_sign_in(under_test.visit(), await resent(under_test), DOOR)
    assert isinstance(outcome, SecondFactorRequired)

    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email(under_test.visit(), TicketVisit(Purpose.SECOND_FACTOR, outcome.ticket))


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose not in MAILED])
async def test_only_what_was_mailed_proves_an_address(under_test: CoreUnderTest, purpose: Purpose) -> None:
    """A ticket that was handed out elsewhere may name user and address; it came back from no mailbox (security 75)."""
    await under_test.register(ANN, visit=strict(under_test))
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    [credential] = await under_test.core.users.credentials(under_test.db, under_test.project.id, subject.id)
    new = NewTicket(
        project_id=under_test.project.id,
        purpose=purpose,
        dialect=strict(under_test).dialect,
        life=LETTER.life,
        user_id=subject.id,
        credential_id=credential.id,
        address=credential.email_key,
    )
    async with under_test.db.write() as tx:
        secret = await under_test.core.verify_email.tickets.issue(tx, new)

    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email(strict(under_test), TicketVisit(purpose, secret))
    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email.and_sign_in(strict(under_test), TicketVisit(purpose, secret), DOOR)
    assert not await is_verified(under_test)


async def resent(under_test: CoreUnderTest) -> TicketVisit:
    await under_test.core.request_verification(under_test.visit(), ANN, LETTER)
    [letter] = await under_test.letters()
    return TicketVisit(Purpose.EMAIL_VERIFICATION, bytes.fromhex(letter.ticket))


async def test_a_letter_proves_only_the_address_it_went_to(under_test: CoreUnderTest) -> None:
    """If the address was changed since, it proves nothing and lets nobody in (security 14)."""
    came = await mailed(under_test)
    await under_test.db.run(RENAME, email="new@example.com")

    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email(strict(under_test), came)
    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email.and_sign_in(under_test.visit(), came, DOOR)

    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, "new@example.com")
    assert subject is not None
    assert not subject.email_is_verified


async def test_an_old_letter_says_that_it_is_old(under_test: CoreUnderTest) -> None:
    """People ask for another one then (security 127)."""
    came = await mailed(under_test)
    under_test.clock.advance(LETTER.life)

    with pytest.raises(ExpiredTicket):
        await under_test.core.verify_email(strict(under_test), came)


async def test_another_letter_kills_the_first(under_test: CoreUnderTest) -> None:
    """One live link; the address need not be proven to ask for the proof."""
    came = await mailed(under_test)
    await under_test.core.request_verification(strict(under_test), ANN.upper(), LETTER)
    [letter] = await under_test.letters()

    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email(strict(under_test), came)
    newer = TicketVisit(Purpose.EMAIL_VERIFICATION, bytes.fromhex(letter.ticket))
    await under_test.core.verify_email(strict(under_test), newer)


@pytest.mark.parametrize(
    ("email", "status", "refusal"),
    [
        ("bob@example.com", "active", UserNotFound),
        ("no address", "active", InvalidEmail),
        (ANN, "disabled", UserNotActive),
        (ANN, "blocked", EmailRefused),
        (ANN, "verified", EmailAlreadyVerified),
    ],
)
async def test_no_letter_goes_out_for_nothing(
    under_test: CoreUnderTest, email: str, status: str, refusal: type[Exception]
) -> None:
    """Each door decides how much of the reason it tells."""
    came = await mailed(under_test)
    if status == "verified":
        await under_test.core.verify_email(strict(under_test), came)
    elif status == "disabled":
        subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
        assert subject is not None
        await under_test.change(subject.id, status=status)

    visit = strict(under_test, blocked_emails=(ANN,) if status == "blocked" else ())
    with pytest.raises(refusal):
        await under_test.core.request_verification(visit, email, LETTER)
    assert await under_test.letters() == []
