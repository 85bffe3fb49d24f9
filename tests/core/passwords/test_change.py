"""Changing a password: proven where the door asks for it, and the end of the other sessions."""

from typing import Any

import pytest

from tests.support.cores import LETTER, PASSWORD, CoreUnderTest
from vestibule.core.attempts.delay import FREE
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.projects import Visit
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import (
    InvalidRefreshToken,
    InvalidTicket,
    NoPassword,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    PasswordUnchanged,
    TooManyAttempts,
    UserNotActive,
    UserNotFound,
    WrongPassword,
)
from vestibule.kernel.secret import Secret

ANN = "ann@example.com"
NEW = "another word for the same door"


async def change(
    under_test: CoreUnderTest,
    whose: SignedIn,
    new: str = NEW,
    *,
    visit: Visit | None = None,
    current: str | None = None,
    strong: bool = False,
    **more: Any,
) -> None:
    wanted = PasswordChange(
        user_id=whose.subject.id,
        new=NewPassword(Secret(new), strong=strong),
        current=None if current is None else Secret(current),
        **more,
    )
    await under_test.core.change_password(visit or under_test.visit(), wanted)


async def test_the_new_password_opens_and_the_old_one_does_not(under_test: CoreUnderTest) -> None:
    """And the audit trail says that it changed."""
    await change(under_test, await under_test.sign_up(ANN))

    await under_test.sign_in(ANN, NEW)
    with pytest.raises(WrongPassword):
        await under_test.sign_in(ANN, PASSWORD)
    assert "password.changed" in await under_test.events()


async def test_a_change_ends_the_other_sessions_and_spares_the_callers(under_test: CoreUnderTest) -> None:
    """Whoever crept in with the old password is out, at every door (security 29)."""
    caller = await under_test.sign_up(ANN)
    crept_in = await under_test.sign_in(ANN)
    elsewhere = await under_test.sign_in(ANN, visit=under_test.visit("sublay"))
    stranger = await under_test.sign_up("bob@example.com")

    await change(under_test, caller, kept_session=caller.session.id)

    assert await under_test.refresh(caller.secret)
    assert await under_test.refresh(stranger.secret)
    for ended, visit in ((crept_in, under_test.visit()), (elsewhere, under_test.visit("sublay"))):
        with pytest.raises(InvalidRefreshToken):
            await under_test.refresh(ended.secret, visit)


async def test_a_change_without_a_session_to_spare_ends_them_all(under_test: CoreUnderTest) -> None:
    """Nothing is spared by default (security 29)."""
    caller = await under_test.sign_up(ANN)

    await change(under_test, caller)

    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(caller.secret)


async def test_one_setting_lets_the_other_sessions_live(under_test: CoreUnderTest) -> None:
    """For whoever moves here and needs what they had."""
    caller = await under_test.sign_up(ANN)
    other = await under_test.sign_in(ANN)

    await change(under_test, caller, visit=under_test.visit(password_change_ends_other_sessions=False))

    assert await under_test.refresh(caller.secret)
    assert await under_test.refresh(other.secret)


async def test_a_change_kills_the_reset_link_that_is_under_way(under_test: CoreUnderTest) -> None:
    """Otherwise a letter in the wrong hands would undo it (security 98)."""
    caller = await under_test.sign_up(ANN)
    await under_test.core.request_password_reset(under_test.visit(), ANN, LETTER)
    [letter] = await under_test.letters()

    await change(under_test, caller)

    with pytest.raises(InvalidTicket):
        await under_test.core.reset_password(
            under_test.visit(), bytes.fromhex(letter.ticket), NewPassword(Secret("a third word"))
        )


async def test_a_door_may_ask_for_the_current_password(under_test: CoreUnderTest) -> None:
    """A wrong one changes nothing; the right one does."""
    caller = await under_test.sign_up(ANN)

    with pytest.raises(WrongPassword):
        await change(under_test, caller, current="wrong")
    await under_test.sign_in(ANN)

    await change(under_test, caller, current=PASSWORD)
    await under_test.sign_in(ANN, NEW)


async def test_the_current_password_is_proven_before_the_new_one_is_judged(under_test: CoreUnderTest) -> None:
    """Nobody probes the rules with somebody else's session."""
    caller = await under_test.sign_up(ANN)

    with pytest.raises(WrongPassword):
        await change(under_test, caller, "x", current="wrong", visit=under_test.visit(password_min_length=8))


async def test_guesses_at_the_current_password_are_counted(under_test: CoreUnderTest) -> None:
    """A stolen session is no place to guess for ever (security 78)."""
    caller = await under_test.sign_up(ANN)
    for _ in range(FREE):
        with pytest.raises(WrongPassword):
            await change(under_test, caller, current="wrong")

    with pytest.raises(TooManyAttempts):
        await change(under_test, caller, current=PASSWORD)


async def test_who_has_no_password_cannot_prove_one(under_test: CoreUnderTest) -> None:
    """Not even an empty one (security 87)."""
    caller = await under_test.sign_up(ANN)
    await under_test.set_hash(caller.subject.id, None)

    with pytest.raises(NoPassword):
        await change(under_test, caller, current="")


@pytest.mark.parametrize(
    ("new", "more", "refusal"),
    [
        ("x", {}, PasswordTooShort),
        ("x" * 1025, {}, PasswordTooLong),
        ("only small letters", {"strong": True}, PasswordTooWeak),
        (PASSWORD, {"current": PASSWORD, "must_differ": True}, PasswordUnchanged),
    ],
)
async def test_a_new_password_that_is_unfit_changes_nothing(
    under_test: CoreUnderTest, new: str, more: dict[str, Any], refusal: type[Exception]
) -> None:
    """The old one stays, and so do the sessions."""
    caller = await under_test.sign_up(ANN)

    with pytest.raises(refusal):
        await change(under_test, caller, new, **more)

    assert await under_test.refresh(caller.secret)
    await under_test.sign_in(ANN)


@pytest.mark.parametrize("status", ["suspended", "disabled", "deleted"])
async def test_who_may_not_come_in_changes_nothing(under_test: CoreUnderTest, status: str) -> None:
    """An access token may outlive the standing of its user (security 18)."""
    caller = await under_test.sign_up(ANN)
    await under_test.change(caller.subject.id, status=status)

    with pytest.raises(UserNotActive):
        await change(under_test, caller)


async def test_a_user_of_another_project_is_not_found(under_test: CoreUnderTest) -> None:
    """However right the id (security 122)."""
    caller = await under_test.sign_up(ANN)

    with pytest.raises(UserNotFound):
        await change(under_test, caller, visit=under_test.visit(project=await under_test.other_project()))
