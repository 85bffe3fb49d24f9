"""What commands ask: at a real terminal, which is a pair of file descriptors here, and in a pipe."""

import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

import pytest

from tests.cli.conftest import PATIENCE_SECONDS, PROGRAM, Run, eventually

# Opened first in a new session it becomes the session's terminal: Ctrl-C typed there is a signal to the command, which
# heeds it even where the tests run in the background, as shells have those ignore it.
_FIRST = (
    "import os, signal; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "signal.signal(signal.SIGINT, signal.default_int_handler); "
)
AT_A_TERMINAL = (*PROGRAM[:-1], _FIRST + PROGRAM[-1])
CTRL_C, CTRL_D = b"\x03", b"\x04"

Ask = Callable[..., tuple[int, str]]


def _sleeps_on(pid: int) -> bool:
    # A moment's sleep may be another one: the question is written before the command listens for an answer.
    before = Path(f"/proc/{pid}/status").read_text()
    sleep(0.3)
    return "\nState:\tS" in before and Path(f"/proc/{pid}/status").read_text() == before


@pytest.fixture
def ask(environment: dict[str, str], tmp_path: Path) -> Iterator[Ask]:
    """Run a command at a terminal, type a key once it asks, return its status and what the terminal shows after."""
    ours, theirs = pty.openpty()
    started: list[subprocess.Popen[bytes]] = []

    def type_at(question: str, key: bytes, *arguments: str) -> tuple[int, str]:
        process = subprocess.Popen(
            [*AT_A_TERMINAL, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            cwd=tmp_path,
            start_new_session=True,
        )
        started.append(process)
        shown = ""
        while question not in shown:
            shown += os.read(ours, 1024).decode()
        eventually(lambda: _sleeps_on(process.pid), "the waiting for a key")
        os.write(ours, key)
        status = process.wait(PATIENCE_SECONDS)
        os.write(theirs, b"<end>")
        while "<end>" not in shown:
            shown += os.read(ours, 4096).decode()
        return status, shown.rpartition(question)[2].removesuffix("<end>").replace("\r\n", "\n")

    yield type_at
    for process in started:
        process.kill()
        process.wait()
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("key", [b"n\n", CTRL_C, CTRL_D], ids=["n", "ctrl-c", "ctrl-d"])
def test_whoever_does_not_agree_is_told_that_nothing_was_changed(ask: Ask, key: bytes) -> None:
    """On a line of its own, status 1."""
    status, shown = ask("[y/N]: ", key, "user", "delete", "ada@example.com")
    assert status == 1
    assert shown.splitlines()[1:] == ["error: nothing was changed"]


def test_ctrl_c_instead_of_a_password_is_told_in_the_same_way(ask: Ask) -> None:
    """Where what is typed is not shown."""
    status, shown = ask("Password: ", CTRL_C, "user", "create", "ada@example.com", "--password")
    assert status == 1
    assert shown.splitlines()[1:] == ["error: nothing was changed"]


def test_a_pipe_that_says_nothing_agrees_to_nothing(run: Run) -> None:
    """Scripts say --yes."""
    refused = run("user", "delete", "ada@example.com")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[1:] == ["error: nothing was changed"]
