"""What refresh secrets look like, and those that a version before had given out."""

from uuid import UUID

from tests.support.cores import CoreUnderTest
from vestibule.storage import Statement

PLANT = Statement(None, "UPDATE vestibule_sessions SET handle_hash = :handle, step_hash = :step")


async def test_successors_are_random_uuids_too(under_test: CoreUnderTest) -> None:
    """Clients that insist on the form find it in each refresh."""
    secret = (await under_test.sign_up()).secret
    for _ in range(8):
        secret = await under_test.refresh(secret)
        assert UUID(bytes=secret).version == 4


async def plant(under_test: CoreUnderTest, handle: bytes, step: bytes) -> None:
    """Let the one session be at this secret, as a version before this one would have left it."""
    await under_test.db.run(PLANT, handle=handle, step=step)


async def test_a_secret_of_an_older_form_goes_on(under_test: CoreUnderTest) -> None:
    """It was 128 bits of chance: so are its successors, and a spent one still answers the current one."""
    await under_test.sign_up()
    secrets = under_test.core.refresh_session.secrets
    old = secrets.hashed(bytes(range(100, 116)), secrets.keyring.current_id)
    await plant(under_test, old.handle_hash, old.step_hash)

    first = await under_test.refresh(old.secret)
    second = await under_test.refresh(first)

    assert old.secret[:8] == first[:8] == second[:8]
    assert await under_test.refresh(old.secret) == second


async def test_what_an_older_version_derived_is_recognised(under_test: CoreUnderTest) -> None:
    """A spent secret with the form of a UUID, by chance, or while servers of both versions run."""
    secret = (await under_test.sign_up()).secret
    while UUID(bytes=_derived(under_test, secret)).version == 4:  # by chance: then there is nothing to tell apart
        secret = await under_test.refresh(secret)
    await under_test.refresh(secret)
    secrets = under_test.core.refresh_session.secrets
    derived = secrets.hashed(_derived(under_test, secret), secrets.keyring.current_id)
    await plant(under_test, derived.handle_hash, derived.step_hash)

    assert await under_test.refresh(secret) == derived.secret


def _derived(under_test: CoreUnderTest, secret: bytes) -> bytes:
    keyring = under_test.core.refresh_session.secrets.keyring
    return secret[:8] + keyring.mac("refresh successor", secret, keyring.current_id)[:8]
