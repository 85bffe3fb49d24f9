"""An environment file of Nhost Auth, unchanged: a real server starts with it, and `config check` explains it."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Launch, Run, Server, base_environment, eventually
from tests.support.nhost_environment import as_env_file, deployment
from tests.support.providers.hasura import Hasura
from tests.support.providers.pwned import Pwned
from tests.support.providers.standing_in import Answer, Seen
from tests.support.providers.standing_in import serve as serve_stand_in
from tests.support.providers.turnstile import Turnstile
from vestibule.dialects.nhost.captcha import HEADER
from vestibule.settings.dotenv import values_in


class Acquainted(Hasura):
    """A Hasura that knows every user, as one that reads this server's users does."""

    def answer(self, request: Seen) -> Answer:
        """Let whoever is asked for be known."""
        self.users.setdefault(request.json["variables"]["id"], {"metadata": {"organisation": "acme"}})
        return super().answer(request)


def environment_file(tmp_path: Path, database_url: str, **changes: str) -> Path:
    databases = ("POSTGRES_CONNECTION", "HASURA_GRAPHQL_DATABASE_URL", "POSTGRES_MIGRATIONS_CONNECTION")
    variables = deployment(tmp_path, **dict.fromkeys(databases, database_url), **changes)
    file = tmp_path / "nhost.env"
    file.write_text(as_env_file(variables))
    return file


@pytest.mark.engine("postgresql")
async def test_a_server_starts_with_every_variable_set_and_answers(
    launch: Launch, tmp_path: Path, database_url: str
) -> None:
    """A user solves the captcha that the file asks for, signs up and in; the logs are text, as the file asks.

    Debug tells why a request was refused.
    """
    async with (
        serve_stand_in(Acquainted()) as hasura,
        serve_stand_in(Turnstile()) as turnstile,
        serve_stand_in(Pwned()) as pwned,
    ):
        changes = {
            "AUTH_PORT": "0",
            "HASURA_GRAPHQL_GRAPHQL_URL": hasura.graphql,
            "AUTH_TURNSTILE_SECRET": turnstile.environ["AUTH_TURNSTILE_SECRET"],
        }
        turnstile.solve("a solution")
        file = environment_file(tmp_path, database_url, **changes)
        # Its machine, not its meaning: the file's server would listen on every address.
        here = {"VESTIBULE_HOST": "127.0.0.1", "VESTIBULE_WORKERS": "1"}
        env = base_environment() | turnstile.environ | pwned.environ | values_in(file) | here
        server = launch("--strict", env=env)
        await asyncio.to_thread(sign_up_and_in, server)
        assert pwned.requests
    refused = "code=wrong-password"
    assert eventually(lambda: [line for line in server.err if refused in line], "a word on the refusal")
    assert eventually(lambda: [line for line in server.out if "/v1/healthz GET 200" in line], "the access log")
    assert server.stop() == 0
    assert "warning:" not in "".join(server.err)


def sign_up_and_in(server: Server) -> None:
    assert server.get("/v1/healthz").status_code == 200
    born = {"email": "grace@acme.example", "password": "correct horse"}
    answer = server.post("/v1/signup/email-password", born, **{HEADER: "a solution"})
    assert answer.status_code == 200, (answer.text, server.err)
    assert server.post("/v1/signin/email-password", born).json()["session"]["user"]["email"] == born["email"]
    assert server.post("/v1/signin/email-password", born | {"password": "wrong"}).status_code >= 400
    assert server.post("/v1/signup/email-password", born).status_code == 403


def test_config_check_explains_every_line_of_an_environment_file(run: Run, tmp_path: Path) -> None:
    """What is used, ignored and why, to people and to programs; nothing secret is shown (security 117)."""
    file = environment_file(tmp_path, "postgres://auth:hunter2@db/app", AUTH_SMTP_HOST="postmark")
    checked = ("config", "check", "--explain", "--env-file", str(file))
    shown = run(*checked, env=base_environment())
    assert shown.returncode == 0, shown.stderr
    lines = {line.split()[0]: line for line in shown.stdout.splitlines() if line.strip()}
    assert all(name in lines for name in values_in(file))
    assert not [line for line in shown.stdout.splitlines() if line != line.rstrip()]
    assert "ignored" in lines["AUTH_SMTP_PORT"]
    assert "Shortest new password." in lines["AUTH_PASSWORD_MIN_LENGTH"]
    assert "hunter2" not in shown.stdout + shown.stderr
    names = json.loads(run(*checked, "--json", env=base_environment()).stdout)["names"]
    assert {name["name"]: name["use"] for name in names}["AUTH_SMTP_PORT"] == "ignored"


def test_config_check_shows_what_is_wrong_in_its_place_and_fails(run: Run, tmp_path: Path) -> None:
    """The table first, then the problems, and the status of a start that fails."""
    file = environment_file(tmp_path, "postgres://db/app", AUTH_SMTP_PORT="smtp", AUTH_SMTP_USERNAME="auth")
    checked = ("config", "check", "--explain", "--env-file", str(file))
    shown = run(*checked, env=base_environment())
    assert shown.returncode == 4
    lines = {line.split()[0]: line for line in shown.stdout.splitlines() if line.strip()}
    assert "wrong" in lines["AUTH_SMTP_PORT"]
    assert "did you mean AUTH_SMTP_USER?" in lines["AUTH_SMTP_USERNAME"]
    assert shown.stderr.startswith("error: AUTH_SMTP_PORT is a whole number")
    answer = json.loads(run(*checked, "--json", env=base_environment()).stdout)
    assert not answer["ok"]
    assert {name["name"]: name["use"] for name in answer["names"]}["AUTH_SMTP_USERNAME"] == "unknown"


def test_an_environment_file_that_is_not_there_is_told_apart(run: Run) -> None:
    """One line, the status of the configuration."""
    missing = run("config", "check", "--env-file", "nowhere.env", env=base_environment())
    assert missing.returncode == 4
    assert missing.stderr.startswith("error: nowhere.env cannot be read")
