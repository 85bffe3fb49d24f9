"""What the root keys derive, seal and recognise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import SeededEntropy
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.keyring import Keyring, UnknownRootKey

OLD, NEW = b"the old root key, 32 bytes long.", b"the new root key, 32 bytes long."


def keyring(*roots: bytes) -> Keyring:
    return Keyring(roots or (NEW,), SystemEntropy())


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_is_sealed_opens_again(plain: bytes, context: bytes) -> None:
    """With the same purpose and context."""
    ring = keyring()
    assert ring.open("mail", ring.seal("mail", plain, context), context) == plain


def test_sealing_twice_gives_two_values() -> None:
    """A fresh nonce each time: equal secrets cannot be told by looking (NIST SP 800-38D section 8.2.2)."""
    ring = keyring()
    assert ring.seal("mail", b"same") != ring.seal("mail", b"same")


def test_a_sealed_value_holds_nothing_in_the_clear() -> None:
    """A copy of the database reads nothing (security 39)."""
    assert b"top-secret" not in keyring().seal("mail", b"top-secret")


def test_a_sealed_value_opens_for_its_purpose_only() -> None:
    """A TOTP secret cannot be passed off as a signing key (security 38)."""
    ring = keyring()
    with pytest.raises(UnknownRootKey):
        ring.open("signing key", ring.seal("mail", b"secret"))


def test_a_sealed_value_opens_in_its_context_only() -> None:
    """Moved to another row, it stays shut."""
    ring = keyring()
    with pytest.raises(UnknownRootKey):
        ring.open("mail", ring.seal("mail", b"secret", b"row 1"), b"row 2")


def test_a_sealed_value_that_was_touched_stays_shut() -> None:
    """Any changed byte, the key id and the nonce included, and any length."""
    ring = keyring()
    sealed = ring.seal("mail", b"secret")
    for place in range(len(sealed)):
        touched = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(UnknownRootKey):
            ring.open("mail", touched)
        with pytest.raises(UnknownRootKey):
            ring.open("mail", sealed[:place])


def test_an_older_root_key_still_opens_what_it_sealed() -> None:
    """Root keys are changed by putting a new one in front."""
    sealed = keyring(OLD).seal("mail", b"secret")
    assert keyring(NEW, OLD).open("mail", sealed) == b"secret"


def test_the_first_root_key_seals() -> None:
    """What is made from now on no longer needs the older one."""
    assert keyring(NEW).open("mail", keyring(NEW, OLD).seal("mail", b"secret")) == b"secret"


def test_without_its_root_key_nothing_opens() -> None:
    """Told apart from an empty answer."""
    with pytest.raises(UnknownRootKey):
        keyring(NEW).open("mail", keyring(OLD).seal("mail", b"secret"))


def test_each_purpose_has_a_key_of_its_own() -> None:
    """A hash made for one thing means nothing for another (RFC 5869, security 38)."""
    ring = keyring()
    assert ring.key("ticket") != ring.key("attempts")
    assert ring.mac("ticket", b"x") != ring.mac("attempts", b"x")


def test_a_purpose_is_not_the_start_of_another() -> None:
    """No purpose and data can be cut in two ways."""
    ring = keyring()
    assert ring.mac("ticket", b"s1") != ring.mac("tickets", b"1")


def test_keys_are_the_same_in_every_process() -> None:
    """They depend on the root key and the purpose alone."""
    assert keyring().mac("ticket", b"x") == Keyring([NEW], SeededEntropy()).mac("ticket", b"x")


def test_a_mac_can_be_made_under_each_root_key() -> None:
    """So that what an older one hashed is still found."""
    ring = keyring(NEW, OLD)
    assert ring.mac("ticket", b"x", ring.key_ids[1]) == keyring(OLD).mac("ticket", b"x")


def test_a_key_id_says_nothing_about_the_key() -> None:
    """It stands in rows in the clear."""
    ring = keyring()
    assert ring.current_id not in ring.key("ticket")
    assert ring.current_id not in NEW


def test_an_unknown_key_id_is_refused() -> None:
    """A row made with a key that this process was not given is never guessed at."""
    with pytest.raises(UnknownRootKey):
        keyring().mac("ticket", b"x", b"8 bytes.")


@pytest.mark.parametrize("roots", [[], [b""], [b"fifteen bytes.."], [NEW, b"short"]])
def test_a_weak_root_key_is_refused(roots: list[bytes]) -> None:
    """At least 16 bytes, each of them, and at least one key."""
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Keyring(roots, SystemEntropy())
