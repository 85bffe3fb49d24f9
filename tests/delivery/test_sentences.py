"""The small syntax that translators write."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.delivery.sentences import fill, names_in, needed_by


@pytest.mark.parametrize(
    ("sentence", "filled"),
    [
        ("Hello[ {name}],", "Hello Bob,"),
        ("Hello[ {nobody}],", "Hello,"),
        ("[{name} and {nobody}]!", "!"),
        ("[{name}][, {name}]", "Bob, Bob"),
        ("{name}{name}", "BobBob"),
        ("[always]", "always"),
        ("", ""),
    ],
)
def test_what_is_missing_takes_its_part_along(sentence: str, filled: str) -> None:
    """So that a sentence never has a hole."""
    assert fill(sentence, {"name": "Bob", "nobody": ""}) == filled


@given(st.text(max_size=30), st.text(max_size=30))
def test_values_are_only_values(name: str, other: str) -> None:
    """Brackets and braces within them mean nothing (security 115)."""
    sentence = "a{name}b[c{other}d]"
    assert fill(sentence, {"name": name, "other": other}) == f"a{name}b" + (f"c{other}d" if other else "")


def test_own_words_are_escaped() -> None:
    """Values come as they are to appear."""
    assert fill("Q & A: {name}", {"name": "<b>x</b>"}, html.escape) == "Q &amp; A: <b>x</b>"


def test_an_unknown_name_is_a_mistake_of_ours() -> None:
    """A test of every sentence finds it before anybody's mail does."""
    assert names_in("{a}[{b}]") == ["a", "b"]
    assert needed_by("{a}[{b}]") == ["a"]
    with pytest.raises(KeyError):
        fill("{nope}", {})
