"""The rules that every registration passes, whatever the method."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.signup import RegisterUser, refuse_if_disabled
from vestibule.core.users import NewUser, Subject, UserOptions, chosen_options, parse_email
from vestibule.kernel.errors import EmailTaken, PhoneTaken, SignUpDisabled, UserNotActive

NUMBER = "+64211234567"


async def register(under_test: CoreUnderTest, policy: dict[str, Any] | None = None, **more: Any) -> Subject:
    ready: RegisterUser = under_test.core.sign_up_with_password.register
    options = chosen_options(under_test.project.policy, UserOptions(), "Somebody")
    async with under_test.db.write() as tx:
        return await ready(tx, under_test.visit(**(policy or {})), NewUser(options=options, **more))


async def test_a_user_may_have_a_number_and_no_address(under_test: CoreUnderTest) -> None:
    """And is found by it, unproven as yet."""
    made = await register(under_test, phone_number=NUMBER)
    found = await under_test.core.users.subject_by_phone(under_test.db, under_test.project.id, NUMBER)
    assert found is not None
    assert (found.id, found.email, found.phone_verified_at, found.avatar_url) == (made.id, None, None, "")


async def test_a_number_belongs_to_one_user_of_a_project(under_test: CoreUnderTest) -> None:
    """The second comer is told which of the two is taken."""
    await register(under_test, phone_number=NUMBER)
    with pytest.raises(PhoneTaken):
        await register(under_test, phone_number=NUMBER)
    await register(under_test, address=parse_email("ann@example.com"))
    with pytest.raises(EmailTaken):
        await register(under_test, address=parse_email("Ann@Example.com"), phone_number="+64211234568")
    assert await under_test.count("users") == 2


async def test_nobody_registers_where_sign_up_is_off(under_test: CoreUnderTest) -> None:
    """By no method, anonymous ones included (security 111)."""
    for how in ({"phone_number": NUMBER}, {"is_anonymous": True}, {"address": parse_email("ann@example.com")}):
        with pytest.raises(SignUpDisabled):
            await register(under_test, {"sign_up_enabled": False}, **how)
    assert await under_test.count("users") == 0


async def test_new_users_wait_where_they_are_disabled_at_first(under_test: CoreUnderTest) -> None:
    """The row stays, and its owner is refused after the commit."""
    made = await register(under_test, {"new_users_disabled": True}, phone_number=NUMBER)
    with pytest.raises(UserNotActive):
        refuse_if_disabled(made)
    assert await under_test.count("users") == 1


async def test_anonymous_users_need_nobodys_approval(under_test: CoreUnderTest) -> None:
    """There is nobody to look at."""
    made = await register(under_test, {"new_users_disabled": True}, is_anonymous=True)
    refuse_if_disabled(replace(made))
    assert made.is_anonymous
