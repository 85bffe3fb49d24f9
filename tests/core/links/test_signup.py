"""Signing up without a password: the link is mailed to who is new, and nobody learns who is not."""

from typing import Any

import pytest

from tests.support.cores import LETTER, CoreUnderTest
from tests.support.linking import ANN, followed, linking
from vestibule.core.letters import ANSWER_AFTER_SECONDS
from vestibule.core.links import LinkWish
from vestibule.core.projects import Visit
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    EmailRefused,
    EndpointDisabled,
    InvalidEmail,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)

BOB = "bob@example.com"


async def sign_up(under_test: CoreUnderTest, email: str = ANN, *, visit: Visit | None = None, **options: Any) -> None:
    wish = LinkWish(email=email, letter=LETTER, options=UserOptions(**options))
    await under_test.core.sign_up_with_link(visit or linking(under_test), wish)


async def test_who_is_new_comes_in_by_the_link(under_test: CoreUnderTest) -> None:
    """Also where signing in registers nobody: this is what it is for."""
    visit = linking(under_test, auto_sign_up_enabled=False, verified_email_required=True)
    await sign_up(under_test, visit=visit, display_name="Ann")
    [letter] = await under_test.letters()

    signed_in = await followed(under_test, letter, visit=visit)

    assert (signed_in.subject.display_name, signed_in.subject.email) == ("Ann", ANN)


async def test_who_is_known_is_neither_mailed_nor_told(under_test: CoreUnderTest) -> None:
    """Nor changed; and the answer takes as long (security 82, 83)."""
    ann = await under_test.sign_up(ANN)
    before = await under_test.count("tickets")
    asked_at_seconds = under_test.clock.seconds()

    await sign_up(under_test, display_name="Another")

    assert under_test.clock.seconds() - asked_at_seconds > ANSWER_AFTER_SECONDS - 0.001
    assert await under_test.letters() == []
    assert await under_test.count("tickets") == before
    subject = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert subject.display_name == ANN


@pytest.mark.parametrize("email", [ANN, BOB])
@pytest.mark.parametrize(
    ("policy", "refusal"),
    [
        ({"sign_in_links_enabled": False}, EndpointDisabled),
        ({"sign_up_enabled": False}, SignUpDisabled),
        ({"blocked_email_domains": ("example.com",)}, EmailRefused),
        ({"mail_per_hour": 0}, TooManyAttempts),
    ],
)
async def test_where_the_project_says_no_it_says_so_to_everybody(
    under_test: CoreUnderTest, email: str, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """To known and unknown addresses alike (security 83, 111)."""
    await under_test.sign_up(ANN)

    with pytest.raises(refusal):
        await sign_up(under_test, email, visit=linking(under_test, **policy))

    assert await under_test.letters() == []


async def test_what_cannot_be_registered_is_refused(under_test: CoreUnderTest) -> None:
    """By the rules of every sign-up."""
    with pytest.raises(InvalidEmail):
        await sign_up(under_test, "no address")
    with pytest.raises(DefaultRoleNotAllowed):
        await sign_up(under_test, default_role="admin")
    with pytest.raises(UserNotActive):
        await sign_up(under_test, visit=linking(under_test, new_users_disabled=True))
    assert await under_test.letters() == []
