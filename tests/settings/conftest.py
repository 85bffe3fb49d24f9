"""The smallest configurations that a server starts with."""

from pathlib import Path

import pytest

JWT_SECRET = '{"type":"HS256","key":"a secret that is long enough for HS256, and then some"}'


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No vestibule.toml of the developer is read, no var/ is left behind."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nhost_environment() -> dict[str, str]:
    """What an existing Nhost compose file sets."""
    return {
        "POSTGRES_CONNECTION": "postgres://auth:hunter2@db:5432/app?sslmode=disable",
        "HASURA_GRAPHQL_JWT_SECRET": JWT_SECRET,
        "AUTH_SERVER_URL": "https://auth.acme.example/v1",
        "AUTH_CLIENT_URL": "https://acme.example",
    }


@pytest.fixture
def own_environment() -> dict[str, str]:
    """The least of our own variables."""
    return {
        "VESTIBULE_DATABASE_URL": "sqlite:///data/vestibule.db",
        "VESTIBULE_SECRET_KEYS": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "VESTIBULE_PUBLIC_URL": "https://auth.acme.example",
    }
