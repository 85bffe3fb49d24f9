"""The commands of operators: what they answer, to people and to programs, and with which exit status."""

import json
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, Run, base_environment

MOST_MODULES = 40


def answer(run: Run, *arguments: str, **options: Any) -> Any:
    """Run a command with --json and return what it prints."""
    done = run(*arguments, "--json", **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def imported_by(*program: str) -> set[str]:
    """Return the modules that a program of Python's imports until its end."""
    command = [sys.executable, "-X", "importtime", *program]
    done = subprocess.run(command, env=base_environment(), capture_output=True, text=True, check=True)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_version_is_instant(run: Run) -> None:
    """Scripts ask often; hardly more is imported than Python itself does."""
    assert run("version").stdout.startswith("vestibule ")
    more = imported_by(*PROGRAM[1:], "version") - imported_by("-c", "pass")
    assert {name.partition(".")[0] for name in more} - sys.stdlib_module_names == {"vestibule"}
    assert len(more) < MOST_MODULES


def test_help_names_every_command(run: Run) -> None:
    """`vestibule --help` is where one begins."""
    shown = run("--help").stdout
    commands = ("serve", "worker", "migrate", "config", "audit", "db", "hasura", "project", "service-key", "client")
    for command in (*commands, "user"):
        assert command in shown


@pytest.mark.usefixtures("no_database_yet")
def test_migrate_says_what_it_did(run: Run) -> None:
    """The second time there is nothing to do."""
    first, second = answer(run, "migrate"), answer(run, "migrate")
    assert first["before"] is None
    assert second["before"] == second["after"] == first["after"]


def test_a_user_is_created_shown_listed_and_deleted(run: Run) -> None:
    """The life of a user in an operator's hands."""
    created = answer(run, "user", "create", "Ada@example.com", "--verified", "--name", "Ada")
    assert created["email_verified"]
    assert answer(run, "user", "show", "ada@EXAMPLE.com")["id"] == created["id"]
    assert [user["email"] for user in answer(run, "user", "list")] == ["Ada@example.com"]
    assert answer(run, "user", "delete", created["id"], "--yes")["deleted"]
    assert run("user", "show", created["id"]).returncode == 3


def test_a_password_comes_from_standard_input_never_from_an_argument(run: Run) -> None:
    """Arguments are visible to everybody on the machine."""
    created = answer(run, "user", "create", "ada@example.com", "--password", stdin="correct horse\n")
    assert created["has_password"]
    assert "PASSWORD" not in run("user", "create", "--help").stdout


def test_a_taken_address_is_refused_in_one_line(run: Run) -> None:
    """Status 1, one line on standard error, nothing on standard output."""
    answer(run, "user", "create", "ada@example.com")
    refused = run("user", "create", "ADA@example.com")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == ["error: refused: email taken"]


def test_a_disabled_user_can_be_enabled_again(run: Run) -> None:
    """Both ways."""
    answer(run, "user", "create", "ada@example.com")
    assert answer(run, "user", "disable", "ada@example.com")["status"] == "disabled"
    assert answer(run, "user", "show", "ada@example.com")["status"] == "disabled"
    assert answer(run, "user", "enable", "ada@example.com")["status"] == "active"


def test_a_second_factor_that_is_not_there_is_not_taken(run: Run) -> None:
    """Status 1; how it is taken is tested where it lives."""
    created = answer(run, "user", "create", "ada@example.com")
    assert answer(run, "user", "show", "ada@example.com")["mfa"] is None
    refused = run("user", "reset-mfa", created["id"])
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == ["error: refused: second factor not active"]


def test_a_service_key_is_shown_once_and_revoked(run: Run) -> None:
    """The list has no secret."""
    key = answer(run, "service-key", "create", "backend", "--days", "30")
    assert key["secret"].startswith("vsk_")
    listed = run("service-key", "list", "--json").stdout
    assert key["id"] in listed
    assert key["secret"] not in listed
    assert answer(run, "service-key", "revoke", key["id"])["revoked"]
    assert run("service-key", "revoke", key["id"]).returncode == 3


def test_projects_and_clients_take_ids_of_the_operators_choice(run: Run) -> None:
    """Front ends hold them in their configuration."""
    settings = ("--set", "password_min_length=12", "--set", 'allowed_roles=["me","user"]')
    project = answer(run, "project", "create", "Shop", "--id", "shop", "--dialect", "sublay", *settings)
    assert project == {"id": "shop", "name": "Shop", "dialects": ["sublay"]}
    client = answer(
        run, "client", "create", "Web", "--id", "web", "--project", "shop", "--origin", "https://shop.example"
    )
    assert client["id"] == "web"
    assert {row["id"] for row in answer(run, "project", "list")} == {"default", "shop"}
    assert run("project", "create", "Again", "--id", "shop").returncode == 1
    assert run("client", "create", "Web", "--project", "nowhere").returncode == 3


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("no_such_rule=1", "`no_such_rule`"),
        ("password_min_length=long", "`$.password_min_length`"),
        ("default_role=admin", "default_role 'admin'"),
        ("default_locale=fr", "default_locale 'fr'"),
        ('allowed_redirect_urls=["https://*.example", "https://{a"]', "'https://{a'"),
        ("client_url=shop.example", "'shop.example'"),
    ],
)
def test_a_project_that_could_not_work_is_not_made(run: Run, setting: str, named: str) -> None:
    """Status 2 and one line that says which setting makes no sense."""
    bad = run("project", "create", "Bad", "--id", "bad", "--set", setting)
    assert (bad.returncode, bad.stdout, len(bad.stderr.splitlines())) == (2, "", 1)
    assert named in bad.stderr
    assert [row["id"] for row in answer(run, "project", "list")] == ["default"]


def test_a_clients_settings_are_checked_before_they_are_stored(run: Run) -> None:
    """What its users would stumble over is told to the operator."""
    good = ("--set", "hide_email_existence=true", "--set", 'access_token_config={"expires_in":600}')
    assert answer(run, "client", "create", "Web", "--id", "web", *good)["id"] == "web"
    bad = run("client", "create", "Web", "--id", "other", "--set", 'access_token_config={"expires_in":5}')
    assert (bad.returncode, len(bad.stderr.splitlines())) == (2, 1)
    assert "access_token_config.expires_in" in bad.stderr
    assert run("client", "create", "Web", "--id", "other").returncode == 0


def test_a_rotated_key_is_published_before_it_signs(run: Run) -> None:
    """Verifiers hold the published keys for an hour."""
    (first,) = answer(run, "keys", "list")
    answer(run, "keys", "rotate")
    assert [(row["kid"] == first["kid"], row["state"]) for row in answer(run, "keys", "list")] == [
        (True, "active"),
        (False, "pending"),
    ]


def test_a_leaked_key_is_replaced_and_revoked_at_once(run: Run) -> None:
    """`rotate --now`, then `revoke`."""
    (leaked,) = answer(run, "keys", "list")
    answer(run, "keys", "rotate", "--now")
    answer(run, "keys", "revoke", leaked["kid"])
    (row,) = answer(run, "keys", "list")
    assert row["kid"] != leaked["kid"]
    assert row["state"] == "active"


def test_a_configured_key_is_not_rotated_here(run: Run, environment: dict[str, str]) -> None:
    """It belongs to whoever wrote HASURA_GRAPHQL_JWT_SECRET."""
    secret = '{"type":"HS256","key":"a secret that is long enough for HS256, and then some"}'
    env = environment | {"HASURA_GRAPHQL_JWT_SECRET": secret}
    assert answer(run, "keys", "list", env=env)[0]["state"] == "configured"
    refused = run("keys", "rotate", env=env)
    assert refused.returncode == 4
    assert "HASURA_GRAPHQL_JWT_SECRET" in refused.stderr


def test_what_operators_do_is_in_the_audit_trail(run: Run) -> None:
    """With the operator as its actor."""
    answer(run, "user", "create", "ada@example.com")
    answer(run, "user", "disable", "ada@example.com")
    events = [(entry["event"], entry["actor"]) for entry in answer(run, "audit", "list")]
    assert events[:2] == [("user.status_changed", "operator"), ("user.created", "operator")]


def test_a_backup_is_a_whole_database(run: Run, tmp_path: Path) -> None:
    """And never overwrites anything."""
    answer(run, "user", "create", "ada@example.com")
    copy = tmp_path / "copy.db"
    assert answer(run, "db", "backup", str(copy))["bytes"] == copy.stat().st_size
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT email FROM vestibule_credentials").fetchall() == [("ada@example.com",)]
    again = run("db", "backup", str(copy))
    assert again.returncode == 1
    assert "name a new file" in again.stderr


@pytest.mark.usefixtures("no_database_yet")
def test_a_backup_of_nothing_is_not_found(run: Run, tmp_path: Path) -> None:
    """It makes no empty file either."""
    assert run("db", "backup", str(tmp_path / "copy.db")).returncode == 3
    assert not (tmp_path / "copy.db").exists()


def test_usage_errors_are_one_line(run: Run) -> None:
    """Status 2, and where to read on."""
    wrong = run("serve", "--prot", "1")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert len(wrong.stderr.splitlines()) == 1
    assert "vestibule serve --help" in wrong.stderr


def test_configuration_errors_have_their_own_status(run: Run) -> None:
    """Status 4, one line for each problem."""
    wrong = run("serve", env=base_environment() | {"VESTIBULE_PROT": "1"})
    assert wrong.returncode == 4
    assert all(line.startswith("error: ") for line in wrong.stderr.splitlines())
    assert "VESTIBULE_PROT" in wrong.stderr


@pytest.mark.usefixtures("no_database_yet")
def test_a_missing_schema_says_how_to_get_one(run: Run) -> None:
    """Status 4, and the command."""
    wrong = run("user", "list")
    assert wrong.returncode == 4
    assert "vestibule migrate" in wrong.stderr


def test_a_database_that_is_away_has_its_own_status(run: Run, environment: dict[str, str]) -> None:
    """Status 5: a script may try again."""
    with socket.socket() as taken:  # bound, not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody:hunter2@127.0.0.1:{taken.getsockname()[1]}/nothing"
        away = run("user", "list", env=environment | {"VESTIBULE_DATABASE_URL": url})
    assert away.returncode == 5
    assert "hunter2" not in away.stderr


def test_a_worker_without_a_mail_server_says_what_to_set(run: Run) -> None:
    """There would be nothing to deliver with."""
    refused = run("worker")
    assert refused.returncode == 4
    assert "AUTH_SMTP_HOST" in refused.stderr


SECRETS = {
    "POSTGRES_CONNECTION": "postgres://auth:hunter2@db:5432/app?password=tuna",
    "HASURA_GRAPHQL_JWT_SECRET": '{"type":"HS256","key":"a swordfish that is long enough for HS256 and more"}',
    "AUTH_SERVER_URL": "https://auth.acme.example/v1",
    "AUTH_SMTP_HOST": "mail.acme.example",
    "AUTH_SMTP_SENDER": "auth@acme.example",
    "AUTH_SMTP_PASS": "opensesame",
    "VESTIBULE_REDIS_URL": "redis://:barracuda@cache:6379/0",
    "VESTIBULE_SECRET_KEYS": "a salmon of thirty-two characters",
    "VESTIBULE_CLAIMS_WEBHOOK_URL": "https://claims.acme.example/v1?key=anchovy",
    "VESTIBULE_CLAIMS_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "AUTH_SMS_GENERIC_URL": "https://haddock:sardine@sms.acme.example/send#turbot",
}


@pytest.mark.parametrize("options", [(), ("--explain",), ("--all",), ("--json",), ("--explain", "--all", "--json")])
def test_config_check_shows_settings_and_hides_secrets(run: Run, options: tuple[str, ...]) -> None:
    """The output may be pasted into an issue (security 117)."""
    shown = run("config", "check", *options, env=base_environment() | SECRETS)
    assert shown.returncode == 0
    hidden = ("hunter2", "tuna", "swordfish", "opensesame", "barracuda", "salmon")
    for secret in (*hidden, "anchovy", "MDEy", "haddock", "sardine", "turbot"):
        assert secret not in shown.stdout + shown.stderr
    assert "https://claims.acme.example/v1?***" in shown.stdout
    assert "https://***@sms.acme.example/send#***" in shown.stdout
    assert "postgres://auth:***@db:5432/app" in shown.stdout
    assert "https://auth.acme.example/v1" in shown.stdout


def test_config_check_tells_what_has_no_effect(run: Run) -> None:
    """Names of Nhost Auth that we know and do not use."""
    shown = run("config", "check", env=base_environment() | SECRETS | {"AUTH_OAUTH2_PROVIDER_ENABLED": "true"})
    assert "AUTH_OAUTH2_PROVIDER_ENABLED is known and has no effect;" in shown.stdout


def test_config_check_fails_like_a_start_would(run: Run) -> None:
    """The same problems, the same status, also as JSON."""
    wrong = run("config", "check", "--json", env=base_environment())
    assert wrong.returncode == 4
    problems = json.loads(wrong.stdout)["problems"]
    assert [f"error: {problem}" for problem in problems] == wrong.stderr.splitlines()
