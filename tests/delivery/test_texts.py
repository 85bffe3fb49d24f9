"""Text messages: what is in them, and how long they may become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.delivery.texts import segments, text_body


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 459, 3),
        ("x" * 460, 4),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 201, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("x" * 159 + "я", 3),
    ],
)
def test_segments_are_counted_as_networks_count_them(body: str, count: int) -> None:
    """One symbol outside of the small alphabet more than halves what fits (3GPP TS 23.038)."""
    assert segments(body) == count


LONG = st.builds(
    str.__add__, st.builds(str.__mul__, st.sampled_from("x€я😀"), st.integers(60, 700)), st.text(max_size=9)
)


@given(st.text(max_size=500) | LONG)
def test_no_text_is_longer_than_three_segments(body: str) -> None:
    """Whatever a template makes of its values: each segment costs money (security 115)."""
    kept = text_body(body)
    assert segments(kept) <= 3
    assert all(sign.isprintable() or sign == "\n" for sign in kept)


def test_a_text_that_fits_is_left_as_it_is() -> None:
    """Only its ends and what cannot be seen go."""
    assert text_body(" Your code is 123456.\r\n\r\nAcme\x00Notes \n") == "Your code is 123456.\n\nAcme Notes"
    assert text_body("x" * 1000) == "x" * 459
    assert text_body("я" * 1000) == "я" * 201
