"""The log beside the requests, as a process writes it: JSON or text, with or without what helps to find a fault."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging
import structlog
from vestibule.asgi.logs import configure_logs
configure_logs(debug={debug}, as_text={as_text})
log = structlog.get_logger("test")
log.debug("detail.seen")
logging.getLogger("httpcore2").debug("authorization: hunter2")
logging.getLogger("library").info("at work")
def fail(password):
    raise ValueError("cannot")
try:
    fail("hunter2")
except ValueError:
    log.exception("it.failed")
"""


def written(*, debug: bool, as_text: bool) -> str:
    program = PROGRAM.format(debug=debug, as_text=as_text)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("as_text", [False, True])
def test_debug_tells_more_and_never_what_libraries_send(*, as_text: bool) -> None:
    """Libraries write headers at their debug level (security 117)."""
    usual, more = written(debug=False, as_text=as_text), written(debug=True, as_text=as_text)
    assert ("detail.seen" in usual, "detail.seen" in more) == (False, True)
    assert ("at work" in usual, "at work" in more) == (False, True)
    assert "hunter2" not in usual + more


def test_a_traceback_as_text_has_no_local_variables() -> None:
    """The usual pretty one prints them, passwords among them (security 117)."""
    text = written(debug=False, as_text=True)
    assert "ValueError: cannot" in text
    assert "hunter2" not in text
    assert not text.lstrip().startswith("{")


def test_json_is_one_line_per_event() -> None:
    """Unless text is asked for."""
    events = [json.loads(line) for line in written(debug=True, as_text=False).splitlines()]
    assert [event["event"] for event in events] == ["detail.seen", "library.log", "it.failed"]
