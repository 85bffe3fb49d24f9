"""The PostgreSQL that tests run on is itself tested where it could do harm."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.postgres import PostgresMissing, PostgresServer

OWNER = """
import sys, time
from tests.support.postgres import PostgresServer
server = PostgresServer.make()
print(server.folder, (server.data / "postmaster.pid").read_text().split()[0], flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _installed() -> None:
    try:
        postgres.find_binaries()
    except PostgresMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


def test_a_killed_run_leaves_no_server_and_no_folder() -> None:
    """SIGKILL cannot be caught: the guard notices that the lock is free."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    folder, postmaster = owner.stdout.readline().split()
    assert _is_alive(int(postmaster))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (Path(folder).exists() or _is_alive(int(postmaster))):
        time.sleep(0.02)
    assert not Path(folder).exists()
    assert not _is_alive(int(postmaster))


def test_a_closed_server_leaves_no_folder() -> None:
    """Also when it was stopped before, or crashed."""
    server = PostgresServer.make()
    assert server.is_running()
    server.stop("immediate")
    assert not server.is_running()
    server.close()
    assert not server.folder.exists()


def test_a_shared_server_stays_for_whoever_joined_it() -> None:
    """The process that made it may be the first to end."""
    maker = PostgresServer.make(shared=True)
    joined = PostgresServer.join(maker.folder)
    maker.close()
    time.sleep(0.3)
    assert joined.is_running()
    joined.close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and joined.folder.exists():
        time.sleep(0.02)
    assert not joined.folder.exists()


def test_binaries_behind_a_closed_door_are_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A tree under /root cannot be entered by the user that the server runs as."""
    if os.geteuid() != 0:
        pytest.skip("only root runs the server as somebody else")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    real = postgres.find_binaries()
    package = real.parent
    source = closed / package.name / real.name
    shutil.copytree(real, source, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
    monkeypatch.setattr(postgres, "find_binaries", lambda: source)
    server = PostgresServer.make()
    assert server.is_running()
    server.close()
    assert not server.folder.exists()


def _is_alive(process: int) -> bool:
    try:
        return "postgres" in Path(f"/proc/{process}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
