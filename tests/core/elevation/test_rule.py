"""Who must prove themselves again, and with what they can."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.elevation import ElevationMethod
from vestibule.core.projects import Project, WebAuthn
from vestibule.kernel.errors import ElevationRequired
from vestibule.storage import Statement

NUMBER = "+64211234567"
EVERYTHING: dict[str, Any] = {
    "webauthn": WebAuthn(enabled=True, rp_id="localhost", rp_name="Tests"),
    "mfa_enabled": True,
    "email_codes_enabled": True,
    "text_codes_enabled": True,
}
SWITCH_OF: dict[ElevationMethod, dict[str, Any]] = {
    "webauthn": {"webauthn": WebAuthn()},
    "totp": {"mfa_enabled": False},
    "email-otp": {"email_codes_enabled": False},
    "sms-otp": {"text_codes_enabled": False},
}
PASSKEY = Statement(
    None,
    """
    INSERT INTO vestibule_passkeys
        (project_id, id, user_id, credential_id, public_key, sign_count, transports, is_backup_eligible, is_backed_up,
         created_at)
    VALUES (:project_id, :user_id, :user_id, :key, :key, 0, '[]', FALSE, FALSE, :now)
    """,
)
PROVE: dict[str, Statement[None]] = {
    "totp": Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE id = :user_id"),
    "email-otp": Statement(None, "UPDATE vestibule_credentials SET verified_at = created_at WHERE user_id = :user_id"),
    "sms-otp": Statement(
        None,
        f"UPDATE vestibule_users SET phone_number = '{NUMBER}', phone_verified_at = created_at WHERE id = :user_id",  # noqa: S608 - of this file
    ),
}


def project(under_test: CoreUnderTest, **policy: Any) -> Project:
    return under_test.visit(**EVERYTHING | policy).project


async def give(under_test: CoreUnderTest, user_id: UUID, method: ElevationMethod) -> None:
    if method == "webauthn":
        await under_test.db.run(
            PASSKEY, project_id=under_test.project.id, user_id=user_id, key=b"key", now=under_test.clock.now()
        )
    else:
        await under_test.db.run(PROVE[method], user_id=user_id)


async def methods(under_test: CoreUnderTest, user_id: UUID, **policy: Any) -> list[ElevationMethod]:
    subject = await under_test.core.users.subject(under_test.db, under_test.project.id, user_id)
    return await under_test.core.elevation.methods(project(under_test, **policy), subject)


async def test_who_has_nothing_can_prove_nothing(under_test: CoreUnderTest) -> None:
    """An address that was never proven is nothing."""
    user_id = (await under_test.sign_up()).subject.id
    assert await methods(under_test, user_id) == []


@pytest.mark.parametrize("method", SWITCH_OF)
async def test_a_method_counts_while_the_project_has_it(under_test: CoreUnderTest, method: ElevationMethod) -> None:
    """What was switched off proves nothing (security 111)."""
    user_id = (await under_test.sign_up()).subject.id
    await give(under_test, user_id, method)
    assert await methods(under_test, user_id) == [method]
    assert await methods(under_test, user_id, **SWITCH_OF[method]) == []


async def test_the_strongest_comes_first(under_test: CoreUnderTest) -> None:
    """So that a client may take the first."""
    user_id = (await under_test.sign_up()).subject.id
    for method in reversed(list(SWITCH_OF)):
        await give(under_test, user_id, method)
    assert await methods(under_test, user_id) == ["webauthn", "totp", "email-otp", "sms-otp"]


async def test_somebody_elses_passkey_proves_nothing(under_test: CoreUnderTest) -> None:
    """Nor one of the same user id in another project (security 122)."""
    ann, bob = await under_test.sign_up(), await under_test.sign_up()
    await give(under_test, bob.subject.id, "webauthn")
    assert await methods(under_test, ann.subject.id) == []


# mode -> who passes: without any method, with one, with one and freshly proven.
@pytest.mark.parametrize("method", SWITCH_OF)
@pytest.mark.parametrize("may_enrol", [False, True])
@pytest.mark.parametrize(
    ("mode", "needed_without", "needed_with"),
    [("disabled", False, False), ("recommended", False, True), ("required", True, True)],
)
async def test_who_must_prove_themselves_again(
    under_test: CoreUnderTest,
    mode: str,
    needed_without: bool,  # noqa: FBT001 - a column of the table
    needed_with: bool,  # noqa: FBT001 - as above
    may_enrol: bool,  # noqa: FBT001 - as above
    method: ElevationMethod,
) -> None:
    """Never, or who has something to prove it with, or everybody; who has nothing yet may add the first method
    everywhere (security 89).
    """
    rule, where = under_test.core.elevation, project(under_test, elevation=mode)
    user_id = (await under_test.sign_up()).subject.id

    async def refused(*, is_elevated: bool = False) -> bool:
        try:
            await rule.refuse_unless_elevated(where, user_id, is_elevated=is_elevated, may_enrol=may_enrol)
        except ElevationRequired:
            return True
        return False

    async def told() -> bool:
        subject = await under_test.core.users.subject(under_test.db, where.id, user_id)
        return (await rule.need(where, subject)).is_required

    assert await refused() == (needed_without and not may_enrol)
    assert await told() == needed_without
    assert not await refused(is_elevated=True)
    await give(under_test, user_id, method)
    assert await refused() == needed_with
    assert await told() == needed_with
    assert not await refused(is_elevated=True)


async def test_nobody_is_asked_in_the_name_of_a_user_who_is_gone(under_test: CoreUnderTest) -> None:
    """Where it matters what they have, the endpoint says that there is no such user."""
    rule = under_test.core.elevation
    await rule.refuse_unless_elevated(project(under_test, elevation="recommended"), UUID(int=1), is_elevated=False)
    with pytest.raises(ElevationRequired):
        await rule.refuse_unless_elevated(project(under_test, elevation="required"), UUID(int=1), is_elevated=False)
