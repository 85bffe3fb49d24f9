"""Secrets of second factors, as old servers store them."""

import pytest

from tests.support.nhost_layout import sealed_totp, totp_text
from vestibule.core.arrivals import NotTaken
from vestibule.importing import InvalidKey, OldKey
from vestibule.importing.sealed import totp_secret
from vestibule.kernel.secret import Secret

SECRET = bytes(range(20))
KEY = "0f" * 32


@pytest.mark.parametrize(
    "spelling", [str, str.lower, lambda text: f"{text}====", lambda text: f"{text[:4]} {text[4:]}"]
)
def test_a_secret_in_clear_is_read_in_every_spelling(spelling: object) -> None:
    """Applications show it in groups, in either case, with or without padding."""
    assert callable(spelling)
    assert totp_secret(spelling(totp_text(SECRET)), None) == SECRET


@pytest.mark.parametrize("size", [16, 24, 32])
def test_a_sealed_secret_opens_with_its_key(size: int) -> None:
    """AES with any of its three sizes."""
    key = "0f" * size
    assert totp_secret(sealed_totp(SECRET, key), OldKey(Secret(key))) == SECRET


def test_a_clear_secret_is_read_although_there_is_a_key() -> None:
    """A server seals what it finds in clear at its next start, so both kinds stand side by side."""
    assert totp_secret(totp_text(SECRET), OldKey(Secret(KEY))) == SECRET


def test_a_sealed_secret_that_was_touched_is_refused() -> None:
    """It is authenticated: nobody is given another secret than their own (security 39)."""
    sealed = sealed_totp(SECRET, KEY)
    for changed in (sealed[:-2] + ("00" if sealed[-2:] != "00" else "01"), sealed[2:], sealed + "00"):
        with pytest.raises(NotTaken, match="another-key"):
            totp_secret(changed, OldKey(Secret(KEY)))


@pytest.mark.parametrize("key", ["", "0f", "0f" * 31, "zz" * 32, "0f" * 33, "ключ"])
def test_what_is_no_key_is_refused(key: str) -> None:
    """Sixteen, twenty-four or thirty-two bytes in hex."""
    with pytest.raises(InvalidKey):
        OldKey(Secret(key))
