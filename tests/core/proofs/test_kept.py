"""Projects whose users never had to prove an address: with one setting its first proof takes nothing from them."""

from tests.support.cores import DOOR, LETTER, CoreUnderTest
from tests.support.linking import ANN, asked, follow, followed, linking, type_code
from tests.support.second_factor import Application, Holder
from vestibule.core.passwords import NewPassword, PasswordAttempt
from vestibule.core.projects import Visit
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.kernel.secret import Secret


def keeping(under_test: CoreUnderTest) -> Visit:
    """Return a request to a project that takes nothing, where people sign in by links and have second factors."""
    return linking(under_test, reclaim_on_first_proof=False, mfa_enabled=True)


async def longstanding(under_test: CoreUnderTest) -> Holder:
    """Sign somebody up who turns the second factor on, with an address that nobody ever asked them to prove."""
    ann = Holder(under_test, await under_test.sign_up(ANN), Application(b"", under_test.clock))
    ann.application = await ann.offered()
    await ann.activate(ann.application.shows())
    return ann


async def assert_nothing_is_taken(under_test: CoreUnderTest, ann: Holder) -> None:
    subject = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.id)
    assert (subject.email_is_verified, subject.mfa_type) == (True, "totp")
    assert "user.reclaimed" not in await under_test.events()


async def test_a_link_proves_the_address_and_keeps_password_and_sessions(under_test: CoreUnderTest) -> None:
    """As in Nhost Auth."""
    ann = await under_test.sign_up(ANN)
    again = await followed(under_test, await asked(under_test), visit=keeping(under_test))
    assert again.subject.email_is_verified
    await under_test.sign_in(ANN)
    assert await under_test.refresh(ann.secret)


async def test_a_link_asks_for_the_second_factor_that_is_kept(under_test: CoreUnderTest) -> None:
    """Whoever reads the mailbox has shown one factor (security 88)."""
    ann = await longstanding(under_test)
    letter = await asked(under_test)
    pending = await follow(under_test, letter, visit=keeping(under_test))
    assert isinstance(pending, SecondFactorRequired)
    await assert_nothing_is_taken(under_test, ann)
    assert await under_test.refresh(ann.session.secret)
    assert (await ann.show(pending.ticket, ann.application.fresh())).subject.id == ann.id


async def test_a_code_asks_for_it_as_well(under_test: CoreUnderTest) -> None:
    """It proves the same as a link (security 88)."""
    ann = await longstanding(under_test)
    letter = await asked(under_test)
    pending = await type_code(under_test, letter.code, visit=keeping(under_test))
    assert isinstance(pending, SecondFactorRequired)
    await assert_nothing_is_taken(under_test, ann)


async def test_a_reset_changes_the_password_and_no_more(under_test: CoreUnderTest) -> None:
    """The second factor stays between a stolen mailbox and the account (security 88)."""
    ann = await longstanding(under_test)
    visit = keeping(under_test)
    await under_test.core.request_password_reset(visit, ANN, LETTER)
    [letter] = await under_test.letters()
    await under_test.core.reset_password(visit, bytes.fromhex(letter.ticket), NewPassword(Secret("a word of her own")))
    await assert_nothing_is_taken(under_test, ann)
    attempt = PasswordAttempt(ANN, Secret("a word of her own"))
    outcome = await under_test.core.sign_in_with_password(visit, attempt, DOOR)
    assert isinstance(outcome, SecondFactorRequired)


async def test_the_default_takes_it_away(under_test: CoreUnderTest) -> None:
    """The address may have been registered by somebody else (security 2)."""
    await longstanding(under_test)
    owner = await follow(under_test, await asked(under_test), visit=linking(under_test, mfa_enabled=True))
    assert isinstance(owner, SignedIn)
    assert (owner.subject.has_password, owner.subject.mfa_type) == (False, None)
    assert "user.reclaimed" in await under_test.events()


async def test_a_reset_link_that_is_followed_asks_for_it_too(under_test: CoreUnderTest) -> None:
    """At doors where a link signs in (security 88)."""
    ann = await longstanding(under_test)
    await under_test.core.request_password_reset(keeping(under_test), ANN, LETTER)
    [letter] = await under_test.letters()
    visit = keeping(under_test)
    pending = await follow(under_test, letter, Purpose.PASSWORD_RESET, visit=visit)
    assert isinstance(pending, SecondFactorRequired)
    await assert_nothing_is_taken(under_test, ann)
