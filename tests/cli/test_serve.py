"""`vestibule serve`: starting, stopping, and what survives which kill."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from time import monotonic

import pytest

from tests.cli.conftest import (
    PATIENCE_SECONDS,
    Launch,
    Run,
    Server,
    base_environment,
    children_of,
    eventually,
    is_alive,
)

MOST_MEGABYTES = 120


_LISTENING = "0A"  # the kernel's TCP_LISTEN


def workers_of(server: Server, count: int) -> list[int]:
    """Return the pids of the workers, once there are `count` that listen."""
    port = int(server.url.rpartition(":")[2])
    eventually(lambda: listeners(port) == count, f"{count} workers that listen")
    return children_of(server.process.pid)


def listeners(port: int) -> int:
    """Return how many sockets of this machine listen on `port`; each worker has its own."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == _LISTENING for row in rows)


def megabytes(pid: int) -> float:
    """Return the memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def half_a_request(url: str, path: str, body: bytes) -> socket.socket:
    """Send all but the last byte of a request, and see that it is running: its body is asked for."""
    host, _, port = url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Expect: 100-continue\r\n\r\n"  # RFC 9110 section 10.1.1
    )
    connection.sendall(head.encode())
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        asked += connection.recv(1)
    assert asked.startswith(b"HTTP/1.1 100 "), asked
    connection.sendall(body[:-1])
    return connection


def stop_listening(server: Server, number: int) -> None:
    """Send a signal, and see that it was heard."""
    port = int(server.url.rpartition(":")[2])
    server.process.send_signal(number)
    eventually(lambda: listeners(port) == 0, "closing of the socket")


def answer_on(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_nhosts_own_variables_start_a_complete_server(launch: Launch, tmp_path: Path) -> None:
    """`serve --migrate` with nothing but Nhost's names signs a user up."""
    env = base_environment() | {
        "POSTGRES_CONNECTION": f"sqlite:///{tmp_path}/nhost.db",
        "HASURA_GRAPHQL_JWT_SECRET": '{"type":"HS256","key":"a secret that is long enough for HS256, and then some"}',
        "AUTH_SERVER_URL": "http://localhost:4000",
        "AUTH_CLIENT_URL": "http://localhost:3000",
        "AUTH_PORT": "0",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
    }
    server = launch("--migrate", env=env)
    answer = server.post("/signup/email-password", {"email": "ada@example.com", "password": "correct horse"})
    assert answer.status_code == 200
    assert answer.json()["session"]["user"]["email"] == "ada@example.com"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_lets_a_running_request_finish(launch: Launch, workers: str) -> None:
    """The request that had begun is answered, then the server ends with status 0."""
    server = launch("--workers", workers)
    body = json.dumps({"email": "late@example.com", "password": "correct horse"}).encode()
    with half_a_request(server.url, "/v1/signup/email-password", body) as connection:
        stop_listening(server, signal.SIGTERM)
        connection.sendall(body[-1:])
        assert b"200 OK" in answer_on(connection)
    assert server.process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_nothing_new_is_accepted_after_sigterm(launch: Launch, workers: str) -> None:
    """A load balancer sees at once that this server goes."""
    server = launch("--workers", workers)
    url = server.url
    body = b'{"email": "slow@example.com", "password": "x"}'
    with half_a_request(url, "/v1/signup/email-password", body):
        server.process.send_signal(signal.SIGTERM)
        host, _, port = url.removeprefix("http://").partition(":")

        def is_refused() -> bool:
            try:
                socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS).close()
            except (ConnectionRefusedError, ConnectionResetError):  # the latter in the very moment of closing
                return True
            return False

        eventually(is_refused, "closing of the socket")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_signal_ends_at_once(launch: Launch, workers: str) -> None:
    """Somebody who presses Ctrl-C twice does not want to wait."""
    server = launch("--workers", workers)
    body = b'{"email": "slow@example.com", "password": "x"}'
    with half_a_request(server.url, "/v1/signup/email-password", body):
        stop_listening(server, signal.SIGINT)
        assert server.stop(signal.SIGINT) == 1  # 0, had the request been waited for


def test_a_killed_worker_is_replaced(launch: Launch) -> None:
    """The others answer meanwhile, and soon there are as many as before."""
    server = launch("--workers", "2")
    before = workers_of(server, 2)
    os.kill(before[0], signal.SIGKILL)
    after = eventually(
        lambda: (found := children_of(server.process.pid)) and len(found) == 2 and before[0] not in found and found,
        "replacement",
    )
    assert before[1] in after
    assert server.get("/v1/version").status_code == 200
    assert any("worker.replaced" in line for line in server.err)


def test_no_worker_outlives_a_killed_supervisor(launch: Launch) -> None:
    """Not even kill -9 leaves a process on the port."""
    server = launch("--workers", "2")
    workers = workers_of(server, 2)
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(map(is_alive, workers)), "end of the workers")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_each_warning_of_the_configuration_is_told_once(
    launch: Launch, environment: dict[str, str], workers: str
) -> None:
    """One line each at the start, however many workers there are and whatever port was taken."""
    told = {
        "AUTH_OAUTH2_PROVIDER_ENABLED": "true",
        "AUTH_EMAIL_TEMPLATES_PATH": "/nowhere/at/all",
        "AUTH_ACCESS_TOKEN_EXPIRES_IN": "604800",
        "AUTH_PASSWORD_MIN_LENGTH": "0",
        "AUTH_NOT_A_NAME": "x",
    }
    server = launch("--workers", workers, env=environment | told)
    workers_of(server, int(workers))
    assert server.get("/oauth2/authorize").status_code == 404
    assert server.stop() == 0
    warned = [line.removeprefix("warning: ").split()[0] for line in server.err if line.startswith("warning: ")]
    assert sorted(name for name in warned if name in told) == sorted(told)


@pytest.mark.usefixtures("no_database_yet")
def test_a_first_start_that_fails_ends_with_the_workers_error(launch: Launch) -> None:
    """A supervisor does not try for ever what cannot work."""
    server = launch("--workers", "2")  # no --migrate, so there is no schema
    assert server.process.wait(PATIENCE_SECONDS) == 4
    complaint = eventually(lambda: server.err, "complaint")
    assert "vestibule migrate" in complaint[0]


@pytest.mark.usefixtures("no_database_yet")
def test_migrate_and_many_workers_start_from_nothing(launch: Launch) -> None:
    """The first worker brings the schema, the others follow."""
    server = launch("--migrate", "--workers", "2")
    workers_of(server, 2)
    assert server.get("/readyz").json()["status"] == "ready"


def test_another_root_key_refuses_to_start(launch: Launch, run: Run, environment: dict[str, str]) -> None:
    """Serving with it would quietly end every session."""
    assert run("user", "list").returncode == 0
    refused = run("serve", env=environment | {"VESTIBULE_SECRET_KEYS": "f" * 64})
    assert refused.returncode == 4
    assert "VESTIBULE_SECRET_KEYS" in refused.stderr


def test_a_taken_port_is_named(launch: Launch, run: Run) -> None:
    """The complaint says which port, and how to choose another."""
    server = launch()
    port = server.url.rsplit(":", 1)[1]
    refused = run("serve", "--port", port)
    assert refused.returncode == 1
    assert port in refused.stderr
    assert "--port" in refused.stderr


def test_every_curl_of_the_banner_works(launch: Launch, tmp_path: Path) -> None:
    """What `serve --dev` prints can be pasted."""
    if shutil.which("curl") is None and os.environ.get("CI") != "true":
        pytest.skip("curl is not installed")
    server = launch("--dev", "--port", "0", env=base_environment())
    assert server.url
    commands = eventually(
        lambda: len(found := [line for line in server.out if line.strip().startswith("curl ")]) == 3 and found, "banner"
    )
    for command in commands:
        words = [word.replace("localhost", "127.0.0.1") for word in shlex.split(command)]
        answer = subprocess.run(
            [*words, "--fail"], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
        assert answer.returncode == 0, (command, answer)
        assert "token" in answer.stdout.lower()
    assert server.get("/_/mail").status_code == 200


def test_one_idle_worker_stays_under_its_memory_limit(launch: Launch) -> None:
    """What is seldom needed is imported when it is needed."""
    server = launch("--workers", "2")
    for pid in workers_of(server, 2):
        assert server.get("/readyz").status_code == 200
        assert megabytes(pid) < MOST_MEGABYTES


def test_postgresql_gets_a_worker_per_core_and_each_stays_small(
    launch: Launch, environment: dict[str, str], postgres_url: str
) -> None:
    """The default on the engine that grows; its driver counts too."""
    server = launch(env=environment | {"VESTIBULE_DATABASE_URL": postgres_url})
    cores = len(os.sched_getaffinity(0))
    pids = workers_of(server, cores) if cores > 1 else [server.process.pid]
    assert server.get("/readyz").json()["status"] == "ready"
    for pid in pids:
        assert megabytes(pid) < MOST_MEGABYTES


def test_migrating_waits_for_a_database_and_then_gives_up(run: Run, environment: dict[str, str]) -> None:
    """In a compose file the database may start later than we do; not for ever."""
    with socket.socket() as taken:  # bound, not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody@127.0.0.1:{taken.getsockname()[1]}/nothing"
        began = monotonic()
        gone = run("serve", "--migrate", "--workers", "1", env=environment | {"VESTIBULE_DATABASE_URL": url})
    assert gone.returncode == 5
    assert monotonic() - began > 10


def test_a_server_starts_while_its_database_is_away(launch: Launch, environment: dict[str, str]) -> None:
    """It is alive and not ready; no start order has to be kept."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody@127.0.0.1:{taken.getsockname()[1]}/nothing"
        server = launch("--workers", "1", env=environment | {"VESTIBULE_DATABASE_URL": url})
        assert server.get("/livez").status_code == 200
        assert server.get("/readyz").status_code == 503


def test_disabling_a_user_ends_their_session_on_a_running_server(launch: Launch, run: Run) -> None:
    """The command and the server are two processes."""
    server = launch()
    who = {"email": "ada@example.com", "password": "correct horse"}
    session = server.post("/v1/signup/email-password", who).json()["session"]
    assert run("user", "disable", "ada@example.com").returncode == 0
    assert server.post("/v1/token", {"refreshToken": session["refreshToken"]}).status_code == 401
    assert server.post("/v1/signin/email-password", who).status_code == 401
    assert run("user", "enable", "ada@example.com").returncode == 0
    assert server.post("/v1/token", {"refreshToken": session["refreshToken"]}).status_code == 401
    assert server.post("/v1/signin/email-password", who).status_code == 200


def test_the_supervisor_does_not_load_the_application(launch: Launch) -> None:
    """It has nothing to do with requests, drivers or keys."""
    server = launch("--workers", "2")
    assert server.url
    mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
    for library in ("asyncpg", "cryptography", "_argon2", "httptools", "uvloop", "msgspec"):
        assert library not in mapped
