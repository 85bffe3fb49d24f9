"""Whether an address has passkeys is nobody's business (security 93)."""

from uuid import UUID

import pytest

from tests.support.authenticator import Authenticator, Twist, unb64
from tests.support.cores import CoreUnderTest
from tests.support.fakes import SeededEntropy
from tests.support.passkeys import EMAIL, PARTY, PasskeyUser
from vestibule.core.passkeys.decoys import decoy_ids
from vestibule.core.projects import WebAuthn
from vestibule.kernel.errors import EmailRefused, NoPasskey, PasskeyRefused, Refusal, UserNotActive, UserNotFound
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring

OPEN = WebAuthn(enabled=True, rp_id=PARTY.rp_id, rp_name=PARTY.rp_name, origins=PARTY.origins, decoys=False)


@pytest.fixture
def ann(under_test: CoreUnderTest) -> PasskeyUser:
    return PasskeyUser(under_test)


async def ids_for(somebody: PasskeyUser, email: str) -> list[str]:
    options = await somebody.begin_sign_in(email)
    return [known["id"] for known in options["allowCredentials"]]


async def test_every_address_has_keys_to_a_stranger(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Of nobody, of a user without keys, of one with; kept out or not (security 93)."""
    await ann.sign_up()
    await under_test.sign_up("bob@example.com")
    for email in (EMAIL, "bob@example.com", "nobody@example.com"):
        assert await ids_for(ann, email)
    refusing = ann.visit(blocked_emails=("nobody@example.com",))
    assert (await ann.begin_sign_in("nobody@example.com", refusing))["allowCredentials"]


async def test_decoys_stay_the_same(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Asking twice tells nothing, and no two addresses share them (security 93)."""
    first = await ids_for(ann, "nobody@example.com")
    assert await ids_for(ann, "Nobody@Example.com") == first
    assert await ids_for(ann, "somebody@example.com") != first
    other = under_test.visit(project=await under_test.other_project(), webauthn=PARTY)
    elsewhere = await ann.begin_sign_in("nobody@example.com", other)
    assert [known["id"] for known in elsewhere["allowCredentials"]] != first


def test_decoys_look_like_the_ids_that_authenticators_make() -> None:
    """Of various lengths, one or two of them."""
    keyring = Keyring([b"k" * 32], SeededEntropy())
    project = ProjectId(UUID(int=1))
    lists = [decoy_ids(keyring, project, f"p{n}@example.com") for n in range(400)]
    assert {len(ids) for ids in lists} == {1, 2}
    lengths = {len(known) for ids in lists for known in ids}
    assert lengths == {16, 20, 32, 48, 64}
    assert len({known for ids in lists for known in ids}) == sum(map(len, lists))


def test_a_new_root_key_changes_no_decoy() -> None:
    """Else those who have none would show at each rotation."""
    project = ProjectId(UUID(int=1))
    old, new = b"o" * 32, b"n" * 32
    before = decoy_ids(Keyring([old], SeededEntropy()), project, EMAIL)
    assert decoy_ids(Keyring([new, old], SeededEntropy()), project, EMAIL) == before


async def test_a_decoy_is_answered_by_nobody(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """A real key signs in vain, under its own id or the decoy's (security 92, 93)."""
    await ann.sign_up()
    key = ann.authenticator.passkeys[0]
    for twist in (Twist(), Twist(credential_id=unb64((await ids_for(ann, "nobody@example.com"))[0]))):
        options = await ann.begin_sign_in("nobody@example.com")
        with pytest.raises(PasskeyRefused):
            await ann.finish_sign_in(ann.authenticator.answer(key, options, twist))


async def test_a_decoy_costs_what_a_key_costs(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """The same rows are written, so that nothing but the clock could tell (security 93)."""
    await ann.sign_up()
    before = await under_test.count("tickets")
    for number, email in enumerate((EMAIL, "nobody@example.com"), start=1):
        await ann.begin_sign_in(email)
        assert await under_test.count("tickets") == before + number


@pytest.mark.parametrize(
    ("email", "status", "refusal"),
    [
        ("nobody@example.com", "active", UserNotFound),
        ("bob@example.com", "active", NoPasskey),
        ("bob@example.com", "disabled", UserNotActive),
        ("blocked@example.com", "active", EmailRefused),
    ],
)
async def test_an_operator_may_have_it_told(
    under_test: CoreUnderTest, ann: PasskeyUser, email: str, status: str, refusal: type[Refusal]
) -> None:
    """As the original does: VESTIBULE_PASSKEY_DECOYS=false."""
    bob = await under_test.sign_up("bob@example.com")
    await under_test.sign_up("blocked@example.com")
    await under_test.change(bob.subject.id, status=status)
    visit = ann.visit(webauthn=OPEN, blocked_emails=("blocked@example.com",))
    with pytest.raises(refusal):
        await ann.begin_sign_in(email, visit)


async def test_without_decoys_keys_are_named_as_before(under_test: CoreUnderTest) -> None:
    """Whoever has some signs in as ever."""
    ann = PasskeyUser(under_test, Authenticator())
    await ann.sign_up()
    await ann.sign_in(EMAIL, ann.visit(webauthn=OPEN))
