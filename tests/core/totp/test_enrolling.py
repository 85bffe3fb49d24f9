"""What an authenticator application is given."""

import base64
import struct

import pytest

from vestibule.core.totp import picture_of
from vestibule.core.totp.enrolling import offer_of

SECRET = bytes(range(32))
TEXT = "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTCQKRMFYYDENBWHA5DYPQ"


def test_the_secret_is_base32_without_padding() -> None:
    """32 bytes are 52 signs."""
    offer = offer_of(SECRET, issuer="Acme", account="ann@example.com")
    assert offer.secret.reveal() == TEXT
    assert len(TEXT) == 52


def test_the_uri_is_as_applications_read_it() -> None:
    """The label names issuer and account; all that could be guessed is said."""
    offer = offer_of(SECRET, issuer="Acme", account="ann@example.com")
    assert offer.uri.reveal() == (
        f"otpauth://totp/Acme:ann@example.com?algorithm=SHA1&digits=6&issuer=Acme&period=30&secret={TEXT}"
    )


@pytest.mark.parametrize(
    ("issuer", "account", "label", "parameter"),
    [
        ("Acme & Söhne", "ann@example.com", "Acme%20%26%20S%C3%B6hne:ann@example.com", "Acme%20%26%20S%C3%B6hne"),
        ("a:b", "Ann: the first?", "a%3Ab:Ann%3A%20the%20first%3F", "a%3Ab"),
        ("a/b#c", "a+b@example.com", "a%2Fb%23c:a%2Bb@example.com", "a%2Fb%23c"),
    ],
)
def test_a_name_does_not_break_out_of_the_uri(issuer: str, account: str, label: str, parameter: str) -> None:
    """Nor becomes another parameter, or another account (security 115)."""
    uri = offer_of(SECRET, issuer=issuer, account=account).uri.reveal()
    assert uri.startswith(f"otpauth://totp/{label}?")
    assert f"&issuer={parameter}&" in uri


@pytest.mark.parametrize("account", ["ann@example.com", f"{'a' * 64}@{'b' * 180}.example"])
def test_the_picture_is_a_square_png_of_about_two_hundred(account: str) -> None:
    """As data URI. A long address makes it larger, since telephones must be able to read it."""
    picture = picture_of(offer_of(SECRET, issuer="Acme", account=account))
    head, _, content = picture.partition(",")
    data = base64.b64decode(content)
    width, height = struct.unpack(">II", data[16:24])
    assert head == "data:image/png;base64"
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert width == height
    assert 150 <= width <= 250


def test_an_offer_does_not_print_its_secret() -> None:
    """Neither the text nor the URI (security 117)."""
    assert TEXT not in repr(offer_of(SECRET, issuer="Acme", account="ann@example.com"))
