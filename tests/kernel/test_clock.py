"""Moments in and out of numbers."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from vestibule.kernel.clock import EPOCH, SystemClock, from_micros, monotonic_seconds, to_micros, to_seconds

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants it so


@given(MOMENTS)
def test_microseconds_keep_every_digit(moment: datetime) -> None:
    """A float would lose the last one, and a session would expire a moment early."""
    assert from_micros(to_micros(moment)) == moment


def test_other_time_zones_are_the_same_moment() -> None:
    """Only the moment counts."""
    moment = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert from_micros(to_micros(moment)) == moment
    assert from_micros(to_micros(moment)).tzinfo is UTC


def test_seconds_are_rounded_down() -> None:
    """Also before 1970 (RFC 7519 section 2)."""
    assert to_seconds(EPOCH + timedelta(seconds=1, microseconds=999_999)) == 1
    assert to_seconds(EPOCH - timedelta(microseconds=1)) == -1


def test_the_system_clock_is_aware_and_in_utc() -> None:
    """A naive moment would be taken for local time somewhere."""
    assert SystemClock().now().tzinfo is UTC


def test_durations_never_run_backwards() -> None:
    """They are measured with a clock that nobody sets."""
    first = monotonic_seconds()
    assert monotonic_seconds() >= first


async def test_a_wait_takes_its_time() -> None:
    """Answers that must not tell by their time what happened wait for a moment (security 82)."""
    asked_at_seconds = monotonic_seconds()

    await SystemClock().wait_until(asked_at_seconds + 0.05)

    assert monotonic_seconds() - asked_at_seconds > 0.05 - 0.01  # timers may ring a little early


async def test_a_wait_that_is_over_takes_none() -> None:
    """A slow answer is not made slower."""
    await SystemClock().wait_until(monotonic_seconds() - 60)
