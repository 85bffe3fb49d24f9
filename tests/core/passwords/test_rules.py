"""What a new password must be like (design: existing ones are only compared)."""

import pytest

from vestibule.core.passwords import MAX_BYTES, NewPassword
from vestibule.core.passwords.rules import refuse_unfit
from vestibule.core.projects import Policy
from vestibule.kernel.errors import PasswordTooLong, PasswordTooShort, PasswordTooWeak, Refusal
from vestibule.kernel.secret import Secret

ANN = "annabel@example.com"


def verdict(password: str, *, strong: bool = False, min_length: int = 8, email: str = ANN) -> type[Refusal] | None:
    try:
        refuse_unfit(Policy(password_min_length=min_length), NewPassword(Secret(password), strong=strong), email=email)
    except Refusal as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize(
    ("password", "min_length", "expected"),
    [
        ("12345678", 8, None),
        ("1234567", 8, PasswordTooShort),
        ("", 8, PasswordTooShort),
        ("", 0, PasswordTooShort),  # an empty password is none (security 87)
        ("x", 0, None),
        ("ééééééé", 8, PasswordTooShort),  # seven characters in fourteen bytes
        ("e\u0301" * 8, 8, None),  # eight characters when composed
        ("e\u0301" * 7, 8, PasswordTooShort),
        ("😀" * 8, 8, None),
        ("x" * MAX_BYTES, 8, None),
        ("x" * (MAX_BYTES + 1), 8, PasswordTooLong),
        ("é" * 512, 8, None),
        ("é" * 513, 8, PasswordTooLong),  # bytes count, not characters (security 84)
        ("x" * 1_000_000, 8, PasswordTooLong),
    ],
)
def test_a_new_password_has_a_length(password: str, min_length: int, expected: type[Refusal] | None) -> None:
    """At least the project's characters, at most 1,024 bytes, both counted in the composed form."""
    assert verdict(password, min_length=min_length) is expected


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("Abcdef1!", None),
        ("Abcdef 1", None),  # a space is a symbol
        ("Abcdefg1", PasswordTooWeak),  # no symbol
        ("Abcdefg!", PasswordTooWeak),  # no digit
        ("abcdef1!", PasswordTooWeak),  # no capital
        ("ABCDEF1!", PasswordTooWeak),  # no small letter
        ("Abcde1!", PasswordTooShort),
        ("Éàçdef1!", None),
        ("My-Annabel-1", PasswordTooWeak),  # holds the address
        ("My-aNNaBeL-1", PasswordTooWeak),
        ("Aa1!" * 32, None),
        ("Aa1!" * 32 + "x", PasswordTooLong),
    ],
)
def test_a_strong_password_is_made_of_four_kinds(password: str, expected: type[Refusal] | None) -> None:
    """Small, capital, digit, symbol, 8 to 128 characters, without the name in the address."""
    assert verdict(password, strong=True) is expected


def test_a_short_name_may_be_part_of_a_strong_password() -> None:
    """Three letters turn up in anything."""
    assert verdict("Abcdef1!abc", strong=True, email="abc@example.com") is None
    assert verdict("Abcdef1!abc", strong=True, email="cdef@example.com") is PasswordTooWeak


def test_a_project_may_ask_for_longer_strong_passwords() -> None:
    """But not for shorter ones than the door promises."""
    assert verdict("Abcdef1!", strong=True, min_length=12) is PasswordTooShort
    assert verdict("Abcde1!", strong=True, min_length=3) is PasswordTooShort
