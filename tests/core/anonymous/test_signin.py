"""Coming in without a name."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.signin import FinishSignIn, Identified, Method, SignedIn
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EndpointDisabled,
    MetadataTooLarge,
    RoleNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
)

HOUR = timedelta(hours=1)


async def come_in(under_test: CoreUnderTest, options: UserOptions = UserOptions(), **policy: Any) -> SignedIn:  # noqa: B008 - frozen
    visit = under_test.visit(**{"anonymous_users_enabled": True, **policy})
    outcome = await under_test.core.sign_in_anonymously(visit, options, DOOR)
    assert isinstance(outcome, SignedIn)
    return outcome


async def test_a_visitor_becomes_a_user_without_a_name(under_test: CoreUnderTest) -> None:
    """One role, no address, nothing to sign in with; the trail says how they came."""
    signed_in = await come_in(under_test)
    user = signed_in.subject
    assert (user.is_anonymous, user.default_role, user.roles) == (True, "anonymous", ["anonymous"])
    assert (user.email, user.phone_number, user.has_password, user.avatar_url) == (None, None, False, "")
    assert (user.display_name, user.locale, user.metadata) == ("Anonymous User", "en", None)
    assert signed_in.session.method == "anonymous"
    assert {"sign_in.succeeded", "user.created"} <= set(await under_test.events())


async def test_every_visit_makes_another_user(under_test: CoreUnderTest) -> None:
    """Nothing recognises them but their session."""
    first, second = await come_in(under_test), await come_in(under_test)
    assert first.subject.id != second.subject.id
    assert await under_test.refresh(first.secret)


async def test_options_are_taken_within_the_rules(under_test: CoreUnderTest) -> None:
    """Name and metadata as given; a locale that is not allowed becomes the default one."""
    options = UserOptions(display_name="Night Owl", locale="fr", metadata={"cart": [1]})
    allowed = (await come_in(under_test, options, allowed_locales=("en", "fr"))).subject
    assert (allowed.display_name, allowed.locale, allowed.metadata) == ("Night Owl", "fr", {"cart": [1]})
    assert (await come_in(under_test, options, default_locale="de")).subject.locale == "de"
    with pytest.raises(MetadataTooLarge):
        await come_in(under_test, options, metadata_limit_bytes=4)


async def test_nobody_without_a_name_has_another_role(under_test: CoreUnderTest) -> None:
    """Whatever the project allows to named users (security 11)."""
    for options in (UserOptions(roles=("user",)), UserOptions(roles=("anonymous", "user"))):
        with pytest.raises(RoleNotAllowed):
            await come_in(under_test, options)


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [
        ({"sign_up_enabled": False, "anonymous_users_enabled": False}, SignUpDisabled),
        ({"sign_up_enabled": False}, SignUpDisabled),
        ({"anonymous_users_enabled": False}, EndpointDisabled),
    ],
)
async def test_two_switches_close_it(
    under_test: CoreUnderTest, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """In this order, and nobody is made (security 111)."""
    with pytest.raises(refusal):
        await come_in(under_test, **policy)
    assert await under_test.count("users") == 0


async def test_other_switches_leave_it_open(under_test: CoreUnderTest) -> None:
    """New users who wait for an operator, addresses to be verified, access lists: they are about named users."""
    policy: dict[str, Any] = {
        "new_users_disabled": True,
        "auto_sign_up_enabled": False,
        "verified_email_required": True,
        "allowed_email_domains": ("acme.example",),
    }
    assert (await come_in(under_test, **policy)).subject.status == "active"


async def test_one_network_makes_so_many_and_no_more(under_test: CoreUnderTest) -> None:
    """Each is a row for ever; another network and the next hour start anew (security 96)."""
    core, visit = under_test.core, under_test.visit(anonymous_users_enabled=True, anonymous_users_per_hour=3)
    elsewhere = under_test.visit(network="192.0.2.2", anonymous_users_enabled=True, anonymous_users_per_hour=3)
    for _ in range(3):
        await core.sign_in_anonymously(visit, UserOptions(), DOOR)
    with pytest.raises(TooManyAttempts):
        await core.sign_in_anonymously(visit, UserOptions(), DOOR)
    assert await under_test.count("users") == 3
    await core.sign_in_anonymously(elsewhere, UserOptions(), DOOR)
    under_test.clock.advance(HOUR)
    await core.sign_in_anonymously(visit, UserOptions(), DOOR)


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.ANONYMOUS])
async def test_no_other_method_signs_an_anonymous_user_in(under_test: CoreUnderTest, method: Method) -> None:
    """They have their session and nothing else (security 18)."""
    user_id = (await come_in(under_test)).subject.id
    finish: FinishSignIn = under_test.core.sign_in_with_password.finish
    with pytest.raises(AnonymousNotAllowed):
        async with under_test.db.write() as tx:
            await finish(tx, under_test.visit(), Identified(user_id, method), DOOR)
