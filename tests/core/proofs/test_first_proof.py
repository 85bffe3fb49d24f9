"""The first proof of an address: what somebody else left there is gone, what belongs to the sign-up stays."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.cores import DOOR, LETTER, PASSWORD, CoreUnderTest
from tests.support.linking import ANN, WITH_CODE, asked, followed, linking, type_code
from vestibule.core.emails import TicketVisit
from vestibule.core.outbox import MailVariables
from vestibule.core.passwords import NewPassword
from vestibule.core.signin import SignedIn
from vestibule.core.tickets import NewTicket, Purpose
from vestibule.kernel.errors import InvalidRefreshToken, InvalidTicket, NoPassword
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

ADDRESS = Statement(
    None,
    """
    INSERT INTO vestibule_credentials (project_id, id, user_id, email, email_key, verified_at, is_primary, created_at)
    VALUES (:project_id, :id, :user_id, 'work@example.com', 'work@example.com', :now, FALSE, :now)
    """,
)
PASSKEY = Statement(
    None,
    """
    INSERT INTO vestibule_passkeys (project_id, id, user_id, credential_id, public_key, sign_count, transports,
                                    is_backup_eligible, is_backed_up, created_at)
    VALUES (:project_id, :id, :user_id, :secret, :secret, 0, '[]', FALSE, FALSE, :now)
    """,
)
TOTP = Statement(
    None,
    """
    INSERT INTO vestibule_totp (project_id, user_id, secret, created_at)
    VALUES (:project_id, :user_id, :secret, :now)
    """,
)
RECOVERY_CODE = Statement(
    None,
    """
    INSERT INTO vestibule_recovery_codes (project_id, id, user_id, code_hash, created_at)
    VALUES (:project_id, :id, :user_id, :secret, :now)
    """,
)
ACCESS_TOKEN = Statement(
    None,
    """
    INSERT INTO vestibule_access_tokens (project_id, id, user_id, secret_hash, created_at, expires_at)
    VALUES (:project_id, :id, :user_id, :secret, :now, :now)
    """,
)
IDENTITY = Statement(
    None,
    """
    INSERT INTO vestibule_identities (project_id, id, user_id, provider, issuer, subject, created_at)
    VALUES (:project_id, :id, :user_id, 'github', 'https://github.example', :subject, :now)
    """,
)
SECOND_FACTOR = Statement(
    None,
    """
    UPDATE vestibule_users SET mfa_type = 'totp', phone_number = '+420123456789', phone_verified_at = :now
    WHERE project_id = :project_id AND id = :user_id
    """,
)
FACTORS = ("passkeys", "totp", "recovery_codes", "access_tokens", "identities")
COUNTS = {
    table: Statement(int, f"SELECT COUNT(*) FROM vestibule_{table}")  # noqa: S608 - the names above
    for table in FACTORS
}


async def leave_everything(under_test: CoreUnderTest, user_id: UUID) -> None:
    """Give a user all that one can come in with."""
    now = under_test.clock.now()
    common = {"project_id": under_test.project.id, "user_id": user_id}
    for statement in (PASSKEY, RECOVERY_CODE, ACCESS_TOKEN):
        await under_test.db.run(statement, **common, id=uuid4(), secret=uuid4().bytes, now=now)
    await under_test.db.run(TOTP, **common, secret=b"sealed", now=now)
    await under_test.db.run(IDENTITY, **common, id=uuid4(), subject=str(uuid4()), now=now)
    await under_test.db.run(SECOND_FACTOR, **common, now=now)
    pending = NewTicket(
        project_id=under_test.project.id,
        purpose=Purpose.SECOND_FACTOR,
        dialect="nhost",
        life=timedelta(minutes=5),
        user_id=user_id,
    )
    async with under_test.db.write() as tx:
        await under_test.core.verify_email.tickets.issue(tx, pending)


async def factors(under_test: CoreUnderTest) -> int:
    return sum([await under_test.db.one(count) or 0 for count in COUNTS.values()])


async def squatted(under_test: CoreUnderTest) -> SignedIn:
    """Let somebody register Ann's address and leave there all that one can leave."""
    squatter = await under_test.sign_up(ANN)
    await leave_everything(under_test, squatter.subject.id)
    return squatter


async def assert_reclaimed(under_test: CoreUnderTest, squatter: SignedIn, owner: SignedIn) -> None:
    assert owner.subject.id == squatter.subject.id
    assert (owner.subject.mfa_type, owner.subject.phone_number) == (None, None)
    with pytest.raises(NoPassword):
        await under_test.sign_in(ANN, PASSWORD)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(squatter.secret)
    assert await under_test.refresh(owner.secret)
    assert await factors(under_test) == 0
    assert await under_test.count("tickets") == 0
    assert "user.reclaimed" in await under_test.events()


async def test_a_link_takes_what_somebody_left_at_an_address_that_was_not_theirs(under_test: CoreUnderTest) -> None:
    """Password, sessions, factors, tokens, pending tickets: none outlives the owner's first proof (security 2)."""
    squatter = await squatted(under_test)

    owner = await followed(under_test, await asked(under_test))

    await assert_reclaimed(under_test, squatter, owner)


async def test_a_code_takes_it_as_well(under_test: CoreUnderTest) -> None:
    """It proves the same (security 2)."""
    squatter = await squatted(under_test)

    owner = await type_code(under_test, (await asked(under_test)).code)

    assert isinstance(owner, SignedIn)
    await assert_reclaimed(under_test, squatter, owner)


async def test_a_reset_link_takes_it_as_well(under_test: CoreUnderTest) -> None:
    """When it is followed, and signs in (security 2)."""
    squatter = await squatted(under_test)
    await under_test.core.request_password_reset(under_test.visit(), ANN, LETTER)
    [letter] = await under_test.letters()

    owner = await followed(under_test, letter, purpose=Purpose.PASSWORD_RESET)

    await assert_reclaimed(under_test, squatter, owner)


async def test_a_new_password_by_a_letter_takes_the_rest(under_test: CoreUnderTest) -> None:
    """Without a session to start, and whatever the project says about sessions (security 2, 29)."""
    squatter = await squatted(under_test)
    visit = under_test.visit(password_change_ends_other_sessions=False)
    await under_test.core.request_password_reset(visit, ANN, LETTER)
    [letter] = await under_test.letters()

    await under_test.core.reset_password(visit, bytes.fromhex(letter.ticket), NewPassword(Secret("a word of her own")))

    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(squatter.secret)
    assert await factors(under_test) == 0
    assert (await under_test.sign_in(ANN, "a word of her own")).subject.mfa_type is None


async def letter_of_sign_up(under_test: CoreUnderTest) -> MailVariables:
    await under_test.register(ANN, visit=under_test.visit(verified_email_required=True), letter=WITH_CODE)
    [letter] = await under_test.letters()
    return letter


async def test_the_letter_of_the_sign_up_keeps_its_password(under_test: CoreUnderTest) -> None:
    """Link and code: both belong to what was typed a moment ago."""
    letter = await letter_of_sign_up(under_test)
    came = TicketVisit(Purpose.EMAIL_VERIFICATION, bytes.fromhex(letter.ticket))

    await under_test.core.verify_email.and_sign_in(under_test.visit(verified_email_required=True), came, DOOR)

    await under_test.sign_in(ANN, visit=under_test.visit(verified_email_required=True))
    assert "user.reclaimed" not in await under_test.events()


async def test_the_code_of_the_sign_up_keeps_its_password(under_test: CoreUnderTest) -> None:
    """It is the same letter."""
    letter = await letter_of_sign_up(under_test)

    await type_code(under_test, letter.code, visit=under_test.visit(verified_email_required=True))

    await under_test.sign_in(ANN, visit=under_test.visit(verified_email_required=True))


async def test_a_proven_address_has_nothing_to_take(under_test: CoreUnderTest) -> None:
    """The second link finds everything as its owner left it."""
    ann = await followed(under_test, await asked(under_test))
    await under_test.set_hash(ann.subject.id, "kept")
    await leave_everything(under_test, ann.subject.id)
    await under_test.change(ann.subject.id, mfa_type="")

    visit = linking(under_test, second_factor_after="password")
    again = await followed(under_test, await asked(under_test), visit=visit)

    assert again.subject.has_password
    assert await factors(under_test) == len(FACTORS)
    assert await under_test.refresh(ann.secret)


async def test_whoever_proved_another_address_is_no_stranger(under_test: CoreUnderTest) -> None:
    """A second address of a user takes nothing from the first."""
    ann = await under_test.sign_up(ANN)
    now = under_test.clock.now()
    await under_test.db.run(ADDRESS, project_id=under_test.project.id, id=uuid4(), user_id=ann.subject.id, now=now)

    await followed(under_test, await asked(under_test))

    await under_test.sign_in(ANN)
    assert await under_test.refresh(ann.secret)


async def test_who_was_registered_by_a_link_loses_nothing_by_following_it(under_test: CoreUnderTest) -> None:
    """Nothing was there; the trail tells of no reclaiming."""
    await followed(under_test, await asked(under_test))
    assert "user.reclaimed" not in await under_test.events()


async def test_a_proof_leaves_no_other_letter_of_its_kind_alive(under_test: CoreUnderTest) -> None:
    """A verification link works for a month: once the address is proven, none is left in the mailbox (security 98)."""
    verification = await letter_of_sign_up(under_test)
    await followed(under_test, await asked(under_test))

    came = TicketVisit(Purpose.EMAIL_VERIFICATION, bytes.fromhex(verification.ticket))
    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email(under_test.visit(), came)
    assert await under_test.count("tickets") == 0


async def test_an_old_password_that_was_right_a_moment_ago_is_too_late(under_test: CoreUnderTest) -> None:
    """A sign-in that has compared it already sees that it was taken (security 2, 29)."""
    ann = await under_test.sign_up(ANN)
    await followed(under_test, await asked(under_test))

    subject = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert subject.password_changed_at == under_test.clock.now()


async def test_nothing_is_taken_when_the_sign_in_is_refused(under_test: CoreUnderTest) -> None:
    """All of it is undone together."""
    ann = await under_test.sign_up(ANN)
    letter = await asked(under_test)
    await under_test.change(ann.subject.id, status="disabled")
    with pytest.raises(Exception, match="user-not-active"):
        await followed(under_test, letter)
    await under_test.change(ann.subject.id, status="active")

    await under_test.sign_in(ANN)
    assert await under_test.refresh(ann.secret)
