"""Ids and codes from chance."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import SeededEntropy
from vestibule.kernel.entropy import SystemEntropy, new_uuid4, new_uuid7, random_text

DIGITS = "0123456789"


class Repeating:
    """Chance that has only one byte."""

    def __init__(self, byte: int, then: int = 0) -> None:
        self._bytes = [byte, then]

    def bytes(self, size: int) -> bytes:
        """Return `size` times the same byte: once the first one, then the other."""
        byte = self._bytes.pop(0) if len(self._bytes) > 1 else self._bytes[0]
        return bytes([byte]) * size


@given(st.integers(min_value=0, max_value=(1 << 48) * 1000 - 1))
def test_a_uuid7_holds_its_millisecond(micros: int) -> None:
    """The first 48 bits are Unix milliseconds (RFC 9562 section 5.7)."""
    value = new_uuid7(SeededEntropy(), micros)
    assert value.int >> 80 == micros // 1000
    assert (value.version, value.variant) == (7, "specified in RFC 4122")


def test_uuid7s_sort_by_time() -> None:
    """Rows are appended at the end of their index."""
    chance = SystemEntropy()
    values = [new_uuid7(chance, number * 1000) for number in range(1000)]
    assert values == sorted(values)


def test_uuid7s_of_one_moment_differ() -> None:
    """74 bits are left to chance."""
    chance = SystemEntropy()
    assert len({new_uuid7(chance, 0) for _ in range(1000)}) == 1000


def test_all_free_bits_of_a_uuid7_are_chance() -> None:
    """Only version and variant are fixed."""
    zeros, ones = new_uuid7(Repeating(0), 0).int, new_uuid7(Repeating(255), 0).int
    assert (zeros ^ ones).bit_count() == 80 - 4 - 2


def test_a_uuid4_is_of_version_4() -> None:
    """RFC 9562 section 5.4."""
    value = new_uuid4(SystemEntropy())
    assert (value.version, value.variant) == (4, "specified in RFC 4122")
    assert isinstance(value, UUID)


def test_a_code_has_the_length_and_alphabet_asked_for() -> None:
    """Leading zeros included."""
    for length in (1, 6, 40):
        code = random_text(SystemEntropy(), DIGITS, length)
        assert len(code) == length
        assert set(code) <= set(DIGITS)


def test_symbols_that_would_be_likelier_are_drawn_again() -> None:
    """256 is no multiple of ten: the bytes above 249 would favour the low digits."""
    assert random_text(Repeating(250, then=7), DIGITS, 6) == "777777"
    assert random_text(Repeating(249), DIGITS, 6) == "999999"


@pytest.mark.parametrize("alphabet", [DIGITS, "ab", "BCDFGHJKLMNPQRSTVWXZ", "".join(map(chr, range(256)))])
def test_every_symbol_turns_up(alphabet: str) -> None:
    """For every size of alphabet up to 256."""
    seen = Counter(random_text(SeededEntropy(), alphabet, 50 * len(alphabet)))
    assert set(seen) == set(alphabet)
