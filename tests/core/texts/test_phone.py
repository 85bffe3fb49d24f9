"""One number, one spelling; and only numbers that a person may have."""

import subprocess
import sys

import pytest

from vestibule.core.texts import PhoneNumber, parse_phone
from vestibule.kernel.errors import CannotSendText, InvalidPhoneNumber

WIDE = "".join(chr(ord(sign) + 0xFEE0) for sign in "+4915123456789")  # as East Asian keyboards write it


@pytest.mark.parametrize(
    "text",
    [
        "+4915123456789",
        "+49 151 23456789",
        "+49 (0) 151 2345-6789",
        "tel:+49-151-23456789",
        WIDE,
        "  +49.151.234.567.89 ",
    ],
)
def test_every_spelling_is_one_number(text: str) -> None:
    """So that budgets, users and codes cannot be had twice for one telephone."""
    assert parse_phone(text) == PhoneNumber("+4915123456789", "DE")


def test_a_number_without_its_country_needs_a_default() -> None:
    """Nothing is guessed."""
    assert parse_phone("0151 23456789", "DE").e164 == "+4915123456789"
    assert parse_phone("+64 21 123 4567", "DE").country == "NZ"
    with pytest.raises(InvalidPhoneNumber):
        parse_phone("0151 23456789")


@pytest.mark.parametrize(
    ("number", "country"),
    [("+12125550123", "US"), ("+14165550123", "CA"), ("+447400123456", "GB"), ("+420601123456", "CZ")],
)
def test_the_country_is_the_numbers_own(number: str, country: str) -> None:
    """Also where several share a calling code."""
    assert parse_phone(number) == PhoneNumber(number, country)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "+",
        "+49",
        "112",
        "+1234567890",
        "+999123456789",
        "+4915123456789012345",
        "4915123456789",
        "+49 151 23456789" + " " * 60,
        "+49151\x00",
        "+49'; DROP TABLE users; --",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    """Ranges that were never given out as well: fraudsters like those."""
    with pytest.raises(InvalidPhoneNumber):
        parse_phone(text)


@pytest.mark.parametrize(
    ("number", "what"),
    [
        ("+499001234567", "premium rate"),
        ("+19002345678", "premium rate"),
        ("+448431234567", "shared cost"),
        ("+447012345678", "personal number, charged as premium"),
        ("+448001234567", "toll free"),
        ("+881612345678", "satellite"),
        ("+870773111632", "satellite"),
        ("+979123456789", "international premium rate"),
        ("+80012345678", "international toll free"),
    ],
)
def test_numbers_that_cost_more_than_a_text_are_refused(number: str, what: str) -> None:
    """Whoever owns one earns on every message to it (security 95)."""
    with pytest.raises(CannotSendText):
        parse_phone(number)
    assert what


def test_the_block_leaves_out_who_it_is() -> None:
    """Ten thousand numbers around it."""
    assert parse_phone("+12125550123").block == "+1212555"


def test_the_tables_are_loaded_by_the_first_number() -> None:
    """A server that sends no texts does not carry them."""
    program = "import sys, vestibule.core.texts, vestibule.assembly.cores; print('phonenumbers' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
