"""An anonymous user becomes a named one, once, and takes nothing from anybody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from tests.support.cores import ANY, DOOR, LETTER, PASSWORD, CoreUnderTest
from vestibule.core.anonymous import Deanonymization
from vestibule.core.emails import TicketVisit
from vestibule.core.passwords import NewPassword
from vestibule.core.signin import SignedIn
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    EmailRefused,
    EmailTaken,
    InvalidCredentials,
    InvalidEmail,
    InvalidRefreshToken,
    MetadataTooLarge,
    PasswordTooShort,
    Refusal,
    RoleNotAllowed,
    TooManyAttempts,
    UserNotActive,
    UserNotAnonymous,
    UserNotFound,
)
from vestibule.kernel.secret import Secret

ANN = "ann@example.com"
NEW = NewPassword(Secret(PASSWORD))
Way = Callable[..., Awaitable[None]]


async def anonymous(under_test: CoreUnderTest, **options: Any) -> SignedIn:
    visit = under_test.visit(anonymous_users_enabled=True, allowed_locales=("en", "fr"))
    outcome = await under_test.core.sign_in_anonymously(visit, UserOptions(**options), DOOR)
    assert isinstance(outcome, SignedIn)
    return outcome


async def with_password(
    under_test: CoreUnderTest, user_id: UUID, email: str = ANN, options: dict[str, Any] | None = None, **policy: Any
) -> None:
    wish = Deanonymization(user_id=user_id, email=email, letter=LETTER, options=UserOptions(**(options or {})))
    await under_test.core.deanonymize_with_password(under_test.visit(**policy), wish, NEW)


async def by_link(
    under_test: CoreUnderTest, user_id: UUID, email: str = ANN, options: dict[str, Any] | None = None, **policy: Any
) -> None:
    wish = Deanonymization(user_id=user_id, email=email, letter=LETTER, options=UserOptions(**(options or {})))
    await under_test.core.deanonymize_by_link(under_test.visit(**policy), wish)


BOTH = pytest.mark.parametrize("deanonymize", [with_password, by_link])


async def test_with_a_password_the_session_goes_on(under_test: CoreUnderTest) -> None:
    """No letter; the same user, who may now sign in with the password."""
    signed_in = await anonymous(under_test)
    await with_password(under_test, signed_in.subject.id, "Ann@Example.com")
    assert await under_test.letters() == []
    refreshed = await under_test.core.refresh_session(under_test.visit(), signed_in.secret, ANY)
    user = refreshed.subject
    assert (user.id, user.is_anonymous, user.email) == (signed_in.subject.id, False, "Ann@Example.com")
    assert (user.default_role, user.roles, user.display_name) == ("user", ["me", "user"], "Ann@Example.com")
    assert not user.email_is_verified
    assert (await under_test.sign_in(ANN)).subject.id == user.id
    assert "user.deanonymized" in await under_test.events()


async def test_where_addresses_are_verified_first_the_session_ends(under_test: CoreUnderTest) -> None:
    """The letter brings them back, and then the password does."""
    signed_in = await anonymous(under_test)
    visit = under_test.visit(verified_email_required=True)
    await with_password(under_test, signed_in.subject.id, verified_email_required=True)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(signed_in.secret)
    [letter] = await under_test.letters()
    came = TicketVisit(Purpose.EMAIL_VERIFICATION, bytes.fromhex(letter.ticket))
    outcome = await under_test.core.verify_email.and_sign_in(visit, came, DOOR)
    assert outcome.subject.id == signed_in.subject.id
    assert outcome.subject.email_is_verified
    await under_test.sign_in(ANN, visit=visit)


async def test_without_a_password_the_link_signs_in(under_test: CoreUnderTest) -> None:
    """It goes to the address and proves it; the anonymous session is over."""
    signed_in = await anonymous(under_test)
    await by_link(under_test, signed_in.subject.id)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(signed_in.secret)
    with pytest.raises(InvalidCredentials):
        await under_test.sign_in(ANN, "")
    [letter] = await under_test.letters()
    assert letter.email == ANN
    came = TicketVisit(Purpose.SIGN_IN_LINK, bytes.fromhex(letter.ticket))
    outcome = await under_test.core.verify_email.and_sign_in(under_test.visit(), came, DOOR)
    assert (outcome.subject.id, outcome.subject.email_is_verified) == (signed_in.subject.id, True)


@BOTH
async def test_an_address_that_somebody_has_is_not_given_away(under_test: CoreUnderTest, deanonymize: Way) -> None:
    """In no spelling; its owner keeps it, and the other one stays anonymous (security 19)."""
    owner = await under_test.sign_up(ANN)
    signed_in = await anonymous(under_test)
    for spelling in (ANN, "ANN@example.com"):
        with pytest.raises(EmailTaken):
            await deanonymize(under_test, signed_in.subject.id, spelling)
    assert (await under_test.sign_in(ANN)).subject.id == owner.subject.id
    still = await under_test.core.users.subject(under_test.db, under_test.project.id, signed_in.subject.id)
    assert (still.is_anonymous, still.email, still.roles) == (True, None, ["anonymous"])
    assert await under_test.letters() == []
    assert await under_test.refresh(signed_in.secret)


@BOTH
async def test_a_name_is_given_once(under_test: CoreUnderTest, deanonymize: Way) -> None:
    """A second call, however the first one came out of sight, changes neither address nor roles (security 19)."""
    user_id = (await anonymous(under_test)).subject.id
    await deanonymize(under_test, user_id)
    before = await under_test.core.users.subject(under_test.db, under_test.project.id, user_id)
    for again in (with_password, by_link):
        with pytest.raises(UserNotAnonymous):
            await again(under_test, user_id, "eve@example.com")
    assert await under_test.core.users.subject(under_test.db, under_test.project.id, user_id) == before


async def test_of_two_at_once_one_gives_the_name(under_test: CoreUnderTest) -> None:
    """The row is held: the other finds a named user (security 19)."""
    user_id = (await anonymous(under_test)).subject.id
    answers = await asyncio.gather(
        *(with_password(under_test, user_id, f"ann{number}@example.com") for number in range(8)),
        return_exceptions=True,
    )
    assert answers.count(None) == 1
    assert sum(isinstance(answer, UserNotAnonymous) for answer in answers) == 7
    assert await under_test.count("credentials") == 1


@BOTH
async def test_only_anonymous_users_who_may_come_in_get_a_name(under_test: CoreUnderTest, deanonymize: Way) -> None:
    """Not somebody who has one, nor who was shut out, is gone, or belongs to another project (security 18, 122)."""
    named = await under_test.sign_up()
    with pytest.raises(UserNotAnonymous):
        await deanonymize(under_test, named.subject.id)
    shut_out = await anonymous(under_test)
    await under_test.change(shut_out.subject.id, status="disabled")
    with pytest.raises(UserNotActive):
        await deanonymize(under_test, shut_out.subject.id)
    other = await under_test.other_project()
    wish = Deanonymization(user_id=(await anonymous(under_test)).subject.id, email=ANN, letter=LETTER)
    with pytest.raises(UserNotFound):
        await under_test.core.deanonymize_with_password(under_test.visit(project=other), wish, NEW)
    assert await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN) is None


@BOTH
async def test_what_is_not_asked_for_anew_stays(under_test: CoreUnderTest, deanonymize: Way) -> None:
    """Locale and metadata of the anonymous user are the named one's, unless new ones come."""
    keeping = await anonymous(under_test, display_name="Owl", locale="fr", metadata={"cart": [1]})
    locales = {"allowed_locales": ("en", "fr")}
    await deanonymize(under_test, keeping.subject.id, **locales)
    kept = await under_test.core.users.subject(under_test.db, under_test.project.id, keeping.subject.id)
    assert (kept.display_name, kept.locale, kept.metadata) == (ANN, "fr", {"cart": [1]})
    changing = await anonymous(under_test, locale="fr", metadata={"cart": [1]})
    options = {"display_name": "Bob", "locale": "en", "metadata": {}, "roles": ("me",), "default_role": "me"}
    await deanonymize(under_test, changing.subject.id, "bob@example.com", options, **locales)
    new = await under_test.core.users.subject(under_test.db, under_test.project.id, changing.subject.id)
    assert (new.display_name, new.locale, new.metadata) == ("Bob", "en", {})
    assert (new.roles, new.default_role) == (["me"], "me")


@BOTH
@pytest.mark.parametrize(
    ("email", "options", "policy", "refusal"),
    [
        ("no address", {}, {}, InvalidEmail),
        (ANN, {"roles": ("admin",)}, {}, RoleNotAllowed),
        (ANN, {"roles": ("me",)}, {}, DefaultRoleNotAllowed),
        (ANN, {"metadata": {"a": "x" * 100}}, {"metadata_limit_bytes": 50}, MetadataTooLarge),
        (ANN, {}, {"blocked_emails": (ANN,)}, EmailRefused),
        (ANN, {"roles": ("admin",)}, {"blocked_emails": (ANN,)}, RoleNotAllowed),  # options are looked at first
        (ANN, {}, {"verified_email_required": True, "mail_per_hour": 0}, TooManyAttempts),
    ],
)
async def test_the_rules_on_new_users_hold(
    under_test: CoreUnderTest,
    deanonymize: Way,
    email: str,
    options: dict[str, Any],
    policy: dict[str, Any],
    refusal: type[Refusal],
) -> None:
    """Roles, metadata, lists, letters: as at a sign-up; whoever is refused stays as they were (security 11, 96)."""
    signed_in = await anonymous(under_test)
    with pytest.raises(refusal):
        await deanonymize(under_test, signed_in.subject.id, email, options, **policy)
    still = await under_test.core.users.subject(under_test.db, under_test.project.id, signed_in.subject.id)
    assert still == signed_in.subject
    assert await under_test.refresh(signed_in.secret)


async def test_the_password_is_judged_first(under_test: CoreUnderTest) -> None:
    """Before roles and lists."""
    user_id = (await anonymous(under_test)).subject.id
    with pytest.raises(PasswordTooShort):
        await with_password(
            under_test, user_id, ANN, {"roles": ("admin",)}, blocked_emails=(ANN,), password_min_length=100
        )


@BOTH
async def test_where_new_users_wait_for_an_operator_so_do_these(under_test: CoreUnderTest, deanonymize: Way) -> None:
    """Coming in without a name is no way around: named, disabled, signed out, and no letter (security 111)."""
    signed_in = await anonymous(under_test)
    with pytest.raises(UserNotActive):
        await deanonymize(under_test, signed_in.subject.id, new_users_disabled=True)
    named = await under_test.core.users.subject(under_test.db, under_test.project.id, signed_in.subject.id)
    assert (named.status, named.is_anonymous, named.email) == ("disabled", False, ANN)
    assert await under_test.letters() == []
    assert await under_test.count("sessions") == 0
