"""A secret shows nowhere by accident (security 117)."""

import copy
import json
import logging
import pickle
from dataclasses import dataclass

import msgspec
import pytest

from vestibule.kernel.secret import Secret

WORD = "hunter2-hunter2"


@dataclass(frozen=True)
class Holder:
    secret: Secret


@pytest.mark.parametrize("shown", [str, repr, "{}".format, "{!r:>5}".format, "%s".__mod__, lambda s: repr([s, {s: s}])])
def test_a_printed_secret_shows_stars(shown: object) -> None:
    """However it is turned into text."""
    assert callable(shown)
    assert WORD not in shown(Secret(WORD))
    assert "***" in shown(Secret(WORD))


def test_a_secret_in_a_printed_struct_shows_stars() -> None:
    """The usual way into a log is inside something else."""
    assert WORD not in repr(Holder(Secret(WORD)))


def test_a_logged_secret_shows_stars(caplog: pytest.LogCaptureFixture) -> None:
    """Through the logging module too."""
    logging.getLogger("x").warning("with %s", Secret(WORD))
    assert WORD not in caplog.text


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy, json.dumps, msgspec.json.encode])
def test_a_secret_is_not_serialised(leak: object) -> None:
    """Neither into a file nor into an answer."""
    assert callable(leak)
    with pytest.raises(TypeError):
        leak(Secret(WORD))


def test_a_secret_has_no_dict_to_look_into() -> None:
    """Tools that print local variables find nothing to open."""
    assert not hasattr(Secret(WORD), "__dict__")


def test_secrets_compare_by_their_text() -> None:
    """In constant time, and never with a plain text."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("ä") == Secret("ä")
    assert Secret("a") != "a"
    assert hash(Secret("a")) == hash(Secret("a"))


def test_an_empty_secret_is_false() -> None:
    """`if secret` asks whether there is one."""
    assert not Secret("")
    assert Secret("x")


def test_only_reveal_gives_the_text() -> None:
    """The one door."""
    assert Secret(WORD).reveal() == WORD
