"""What a user could still come in by when a provider or a passkey is taken away."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.core.proofs.test_first_proof import PASSKEY
from tests.support.cores import CoreUnderTest
from tests.support.passkeys import PARTY
from tests.support.travelling import ANN, linked
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import LastWayIn
from vestibule.storage import Statement

NOTHING = Statement(None, "UPDATE vestibule_credentials SET password_hash = NULL, verified_at = NULL")
HASH = Statement(None, "UPDATE vestibule_credentials SET password_hash = 'a hash'")
VERIFIED = Statement(None, "UPDATE vestibule_credentials SET verified_at = created_at")
UNPROVEN = Statement(None, "UPDATE vestibule_users SET phone_number = '+4915123456789'")
NUMBER = Statement(None, "UPDATE vestibule_users SET phone_number = '+4915123456789', phone_verified_at = created_at")

LINKS: dict[str, Any] = {"sign_in_links_enabled": True}
CODES: dict[str, Any] = {"email_codes_enabled": True}
TEXTS: dict[str, Any] = {"text_codes_enabled": True}
PASSKEYS: dict[str, Any] = {"webauthn": PARTY}


async def _give_passkey(under_test: CoreUnderTest, user_id: UUID) -> UUID:
    passkey_id = uuid4()
    now, project_id = under_test.clock.now(), under_test.project.id
    secret = passkey_id.bytes
    await under_test.db.run(PASSKEY, project_id=project_id, user_id=user_id, id=passkey_id, secret=secret, now=now)
    return passkey_id


async def _give(under_test: CoreUnderTest, ann: SignedIn, way: str) -> None:
    rows = {"password": HASH, "address": VERIFIED, "number": NUMBER, "unproven number": UNPROVEN}
    if way in rows:
        await under_test.db.run(rows[way])
    if way == "passkey":
        await _give_passkey(under_test, ann.subject.id)
    if "provider" in way:
        await linked(under_test, ann, under_test.identities["c:acme"].person("1"))
    if way == "lost provider":
        del under_test.identities.providers["c:acme"]


@pytest.mark.parametrize("taken", ["provider", "passkey"])
@pytest.mark.parametrize(
    ("way", "policy", "is_enough"),
    [
        ("nothing", {**LINKS, **CODES, **TEXTS, **PASSKEYS}, False),
        ("password", {}, True),
        ("address", LINKS, True),
        ("address", CODES, True),
        ("address", {**TEXTS, **PASSKEYS}, False),
        ("number", TEXTS, True),
        ("number", {**LINKS, **CODES, **PASSKEYS}, False),
        ("unproven number", TEXTS, False),
        ("passkey", PASSKEYS, True),
        ("passkey", {**LINKS, **CODES, **TEXTS}, False),
        ("provider", {}, True),
        ("lost provider", {**LINKS, **CODES, **TEXTS, **PASSKEYS}, False),
    ],
)
async def test_the_last_way_in_is_not_taken_away(
    under_test: CoreUnderTest, taken: str, way: str, policy: dict[str, Any], *, is_enough: bool
) -> None:
    """Whatever is switched on now counts, and nothing that is not; what is refused has changed nothing."""
    ann = await under_test.sign_up(ANN)
    await under_test.db.run(NOTHING)
    visit, core, user_id = under_test.visit(**policy), under_test.core, ann.subject.id
    if taken == "provider":
        identity_id = await linked(under_test, ann, under_test.identities["github"].person("1"))
        taking = core.unlink_identity(visit, user_id, identity_id)
    else:
        taking = core.remove_passkey(visit, user_id, await _give_passkey(under_test, user_id))
    await _give(under_test, ann, way)
    before = [await under_test.count(table) for table in ("identities", "passkeys", "sessions")]

    if is_enough:
        await taking
        return
    with pytest.raises(LastWayIn):
        await taking
    assert [await under_test.count(table) for table in ("identities", "passkeys", "sessions")] == before
