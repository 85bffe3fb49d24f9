"""Authorization codes: whoever asked for the link gets the session, nobody else (RFC 7636)."""

from datetime import timedelta

import pytest

from tests.support.cores import DOOR, CoreUnderTest
from tests.support.linking import ANN, CHALLENGE, VERIFIER, WITH_CHALLENGE, asked, follow, linking
from vestibule.core.pkce import AuthorizationCode, challenge_of
from vestibule.core.projects import Visit
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.kernel.errors import InvalidAuthorizationCode, UserNotActive

OTHER_VERIFIER = "x" * 43


async def code_of(under_test: CoreUnderTest) -> bytes:
    """Ask with a challenge, follow the link; return the code that it brings."""
    outcome = await follow(under_test, await asked(under_test, letter=WITH_CHALLENGE))
    assert isinstance(outcome, AuthorizationCode)
    return outcome.code


async def exchange(
    under_test: CoreUnderTest, code: bytes, verifier: str = VERIFIER, visit: Visit | None = None
) -> SignedIn | SecondFactorRequired:
    return await under_test.core.exchange_code(visit or linking(under_test), code, verifier, DOOR)


def test_the_challenge_is_that_of_the_rfc() -> None:
    """RFC 7636 appendix B, S256."""
    assert challenge_of(VERIFIER) == CHALLENGE


async def test_a_link_that_was_asked_with_a_challenge_starts_no_session(under_test: CoreUnderTest) -> None:
    """It brings a code; whoever follows it, a scanner or a thief of the mail, has nothing by that (security 99)."""
    code = await code_of(under_test)

    assert len(code) == 32
    assert await under_test.count("sessions") == 0
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    assert subject.email_is_verified  # it was followed


async def test_the_verifier_gets_the_session(under_test: CoreUnderTest) -> None:
    """By the method that was used, which the session remembers."""
    signed_in = await exchange(under_test, await code_of(under_test))

    assert isinstance(signed_in, SignedIn)
    assert (signed_in.subject.email, signed_in.session.method) == (ANN, "email-link")


async def test_a_code_works_once(under_test: CoreUnderTest) -> None:
    """Security 46, 51."""
    code = await code_of(under_test)
    await exchange(under_test, code)

    with pytest.raises(InvalidAuthorizationCode):
        await exchange(under_test, code)
    assert await under_test.count("sessions") == 1


@pytest.mark.parametrize("verifier", [OTHER_VERIFIER, "", CHALLENGE, "ä" * 43])
async def test_another_verifier_gets_nothing_and_takes_nothing(under_test: CoreUnderTest, verifier: str) -> None:
    """Whoever saw the code in a log cannot use it up before its owner does."""
    code = await code_of(under_test)

    with pytest.raises(InvalidAuthorizationCode):
        await exchange(under_test, code, verifier)
    assert await under_test.count("sessions") == 0
    assert isinstance(await exchange(under_test, code), SignedIn)


async def test_five_tries_are_all(under_test: CoreUnderTest) -> None:
    """Then even the right verifier comes too late (security 73)."""
    code = await code_of(under_test)
    for _ in range(5):
        with pytest.raises(InvalidAuthorizationCode):
            await exchange(under_test, code, OTHER_VERIFIER)

    with pytest.raises(InvalidAuthorizationCode):
        await exchange(under_test, code)


async def test_a_code_dies_after_five_minutes(under_test: CoreUnderTest) -> None:
    """Expiry is in the predicate (security 127)."""
    code = await code_of(under_test)
    under_test.clock.advance(timedelta(minutes=5))

    with pytest.raises(InvalidAuthorizationCode):
        await exchange(under_test, code)


async def test_a_code_is_worth_nothing_at_another_door_or_project(under_test: CoreUnderTest) -> None:
    """And is not used up by the try (security 122, 134)."""
    code = await code_of(under_test)
    elsewhere = linking(under_test, project=await under_test.other_project())
    for visit in (linking(under_test, "sublay"), elsewhere):
        with pytest.raises(InvalidAuthorizationCode):
            await exchange(under_test, code, visit=visit)

    await exchange(under_test, code)


async def test_the_second_factor_is_asked_for_at_the_exchange(under_test: CoreUnderTest) -> None:
    """The code stands for the first factor only (security 88)."""
    ann = await under_test.sign_up(ANN)
    await follow(under_test, await asked(under_test))
    code = await code_of(under_test)
    await under_test.change(ann.subject.id, mfa_type="totp")

    assert isinstance(await exchange(under_test, code), SecondFactorRequired)


@pytest.mark.parametrize("status", ["suspended", "disabled", "deleted"])
async def test_who_was_shut_out_meanwhile_does_not_come_in(under_test: CoreUnderTest, status: str) -> None:
    """The user is read again at the exchange (security 18)."""
    code = await code_of(under_test)
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    await under_test.change(subject.id, status=status)

    with pytest.raises(UserNotActive):
        await exchange(under_test, code)
    assert await under_test.count("sessions") == 0


async def test_the_codes_of_two_devices_do_not_end_each_other(under_test: CoreUnderTest) -> None:
    """Each was asked for by somebody who waits for it."""
    first, second = await code_of(under_test), await code_of(under_test)

    await exchange(under_test, first)
    await exchange(under_test, second)


async def test_whoever_has_the_link_cannot_drop_or_change_the_challenge(under_test: CoreUnderTest) -> None:
    """It is kept with the ticket: without it the link still brings a code, with another one nothing (security 99)."""
    letter = await asked(under_test, letter=WITH_CHALLENGE)

    with pytest.raises(InvalidAuthorizationCode):
        await follow(under_test, letter, challenge=challenge_of(OTHER_VERIFIER))
    outcome = await follow(under_test, letter)

    assert isinstance(outcome, AuthorizationCode)
    with pytest.raises(InvalidAuthorizationCode):
        await exchange(under_test, outcome.code, OTHER_VERIFIER)
    await exchange(under_test, outcome.code)


async def test_an_application_that_builds_its_links_itself_may_add_a_challenge(under_test: CoreUnderTest) -> None:
    """As the parameter of the link promises."""
    outcome = await follow(under_test, await asked(under_test), challenge=CHALLENGE)

    assert isinstance(outcome, AuthorizationCode)
    await exchange(under_test, outcome.code)


async def test_where_links_must_have_a_challenge_one_without_leads_nowhere(under_test: CoreUnderTest) -> None:
    """Nor is it used up (security 37)."""
    letter = await asked(under_test)

    with pytest.raises(InvalidAuthorizationCode):
        await follow(under_test, letter, needs_challenge=True)
    assert await under_test.count("sessions") == 0
    assert isinstance(await follow(under_test, letter, challenge=CHALLENGE, needs_challenge=True), AuthorizationCode)


async def test_a_code_is_not_what_is_stored(under_test: CoreUnderTest) -> None:
    """Only its keyed hash is (security 39)."""
    code = await code_of(under_test)
    desk, project_id = under_test.core.verify_email.tickets, under_test.project.id
    ticket = await desk.examine(under_test.db, project_id, Purpose.AUTHORIZATION_CODE, "nhost", code)
    assert code not in ticket.secret_hash
    assert ticket.payload == {"challenge": CHALLENGE, "method": "email-link"}
