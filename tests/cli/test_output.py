"""What reaches an operator's terminal of what strangers chose."""

import json

import pytest

from vestibule.asgi.exits import complain
from vestibule.cli.output import print_json, print_table, say

# Clears the screen, sets the window's title, rings, goes back to the line's beginning, turns the writing around.
HOSTILE = "Eve\x1b[2J\x1b]0;owned\x07\x9b31m\rroot\u202e\nsecond line"
HARMLESS = "Eve\ufffd[2J\ufffd]0;owned\ufffd\ufffd31m\ufffdroot\ufffd\ufffdsecond line"


def test_a_display_name_does_not_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in a table, nor in a sentence, nor in a complaint, nor in JSON."""
    print_table(("name", "tags"), [(HOSTILE, [HOSTILE])], empty="")
    say(f"{HOSTILE} is disabled.")
    complain([f"no user {HOSTILE}"])
    print_json({"name": HOSTILE})
    shown = capsys.readouterr()
    assert HARMLESS in shown.out
    assert f"{HARMLESS} is disabled.\n" in shown.out
    assert shown.err.count("\n") == 1
    assert all(line.isprintable() for line in (shown.out + shown.err).splitlines())
    assert json.loads(shown.out[shown.out.index("{\n") :]) == {"name": HOSTILE}


def test_names_in_any_script_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what cannot be seen is replaced."""
    say("Zoë Ångström, 山田太郎, Ольга, عائشة, 🦊")
    assert capsys.readouterr().out == "Zoë Ångström, 山田太郎, Ольга, عائشة, 🦊\n"
