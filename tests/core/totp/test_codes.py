"""The algorithm, by the numbers of its documents."""

from datetime import UTC, datetime, timedelta

import pytest

from vestibule.core.totp.codes import code_of, matching_step, step_of

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)


def test_the_codes_of_rfc_4226() -> None:
    """Appendix D."""
    codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    assert [code_of(SECRET, counter) for counter in range(10)] == codes


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_the_codes_of_rfc_6238(seconds: int, eight_digits: str) -> None:
    """Appendix B, SHA-1; of its eight digits ours are the last six."""
    assert code_of(SECRET, step_of(datetime.fromtimestamp(seconds, UTC))) == eight_digits[2:]


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, *, taken: bool) -> None:
    """Either way, and no more."""
    here = step_of(NOW)
    found = matching_step(SECRET, code_of(SECRET, here + steps), NOW)
    assert found == (here + steps if taken else None)


def test_the_step_is_known_to_the_second() -> None:
    """A code of the last second of a step is taken until the end of the next one, and not a second longer."""
    begins = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    code = code_of(SECRET, step_of(begins))
    assert matching_step(SECRET, code, begins + 2 * STEP - timedelta(seconds=1)) == step_of(begins)
    assert matching_step(SECRET, code, begins + 2 * STEP) is None


def test_blanks_are_nothing() -> None:
    """Applications show `123 456`."""
    code = code_of(SECRET, step_of(NOW))
    assert matching_step(SECRET, f" {code[:3]} {code[3:]}\n", NOW) == step_of(NOW)


@pytest.mark.parametrize("typed", ["", "0", "abcdef", "1234567", "12345", "١٢٣٤٥٦", "-12345", "💥", "0x1234", "\0" * 6])
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    """And breaks nothing (security 90)."""
    assert matching_step(SECRET, typed, NOW) is None


def test_a_code_in_other_digits_is_none() -> None:
    """Only the digits that applications show."""
    code = code_of(SECRET, step_of(NOW))
    assert matching_step(SECRET, code.translate({48 + digit: 0xFF10 + digit for digit in range(10)}), NOW) is None
