"""What `--dev` assumes, keeps and refuses to be."""

import json
import stat
from pathlib import Path

import pytest

from vestibule.settings import Flags, load, read

Environ = dict[str, str]
DEV = Flags(dev=True)


def test_dev_needs_nothing_and_opens_every_door(own_folder: Path) -> None:
    """`serve --dev` works in an empty folder."""
    settings = load({}, flags=DEV)
    assert settings.dialects == {"nhost", "sublay", "accountmaker"}
    assert settings.database_url == "sqlite:///var/vestibule.db"
    assert settings.host == "127.0.0.1"
    assert settings.migrate
    assert not settings.policy.verified_email_required
    assert not settings.limits.enabled
    assert settings.nhost.server_url == "http://localhost:4000/v1"


def test_dev_keeps_its_keys_where_only_their_owner_reads_them(own_folder: Path) -> None:
    """A restart signs nobody out; the file has mode 0600."""
    first, second = load({}, flags=DEV), load({}, flags=DEV)
    assert first.root_keys == second.root_keys
    assert first.dev_service_key == second.dev_service_key
    assert first.dev_service_key is not None
    assert first.dev_service_key.reveal().startswith("vsk_dev_")
    assert stat.S_IMODE((own_folder / "var/dev.toml").stat().st_mode) == 0o600


def test_dev_keys_of_two_installations_differ(tmp_path: Path) -> None:
    """They are made up, not built in."""
    one = read({}, DEV, dev_folder=tmp_path / "one").settings
    other = read({}, DEV, dev_folder=tmp_path / "other").settings
    assert one.root_keys != other.root_keys
    assert one.dev_service_key != other.dev_service_key


def test_dev_is_a_provider_to_itself(own_folder: Path) -> None:
    """Both sides know one secret, which a restart keeps, and the page that signs in may be returned to."""
    first, second = load({}, flags=DEV), load({"AUTH_PORT": "5001"}, flags=DEV)
    assert first.dev_provider is not None
    assert second.dev_provider is not None
    assert first.dev_provider.issuer == "http://localhost:4000/_/provider"
    assert first.dev_provider.callback_url == "http://localhost:4000/v1/signin/provider/c:dev/callback"
    assert first.dev_provider.client_secret == second.dev_provider.client_secret
    assert first.dev_provider.client_secret not in first.root_keys
    assert second.dev_provider.page == "http://localhost:5001/_/sign-in"
    assert second.dev_provider.page in second.policy.allowed_redirect_urls
    assert [each.row.name for each in second.providers.oauth2] == ["c:dev"]
    assert second.outbound.itself == "http://localhost:5001"


def test_an_operators_provider_keeps_its_name(own_folder: Path) -> None:
    """Whoever has called one of theirs `dev` gets that one."""
    theirs = {"type": "oidc", "clientId": "us", "clientSecret": "x", "issuer": "https://id.acme.example"}
    [provider] = load({"AUTH_PROVIDER_CUSTOM": json.dumps({"dev": theirs})}, flags=DEV).providers.oauth2
    assert provider.row.issuer == "https://id.acme.example"


@pytest.mark.parametrize(
    "told",
    [
        {"VESTIBULE_WORKERS": "2", "AUTH_SMTP_HOST": "127.0.0.1", "AUTH_SMTP_SENDER": "a@example.com"},
        {"VESTIBULE_DIALECTS": "sublay"},
    ],
)
def test_there_is_no_provider_where_it_could_not_work(own_folder: Path, told: Environ) -> None:
    """What one of several processes remembers the next would not know, and one needs the door that speaks of them."""
    settings = load(told, flags=DEV)
    assert settings.dev_provider is None
    assert settings.providers.oauth2 == ()
    assert settings.outbound.itself == ""


def test_the_environment_applies_on_top_of_dev(nhost_environment: Environ) -> None:
    """Variables win over what --dev assumes."""
    settings = load({"POSTGRES_CONNECTION": nhost_environment["POSTGRES_CONNECTION"], "AUTH_PORT": "5001"}, flags=DEV)
    assert settings.database_url == nhost_environment["POSTGRES_CONNECTION"]
    assert settings.public_url == "http://localhost:5001"


def test_no_service_key_exists_outside_dev(own_environment: Environ) -> None:
    """Credentials that everybody could look up are for development only."""
    settings = load(own_environment)
    assert settings.dev_service_key is None
    assert settings.dev_client_id is None


def test_nobody_is_a_provider_to_themselves_outside_dev(own_environment: Environ) -> None:
    """Everybody may be anybody there, and the server would call an address inside (security 101, 111)."""
    settings = load(own_environment)
    assert settings.dev_provider is None
    assert settings.outbound.itself == ""


@pytest.mark.parametrize(
    ("client_url", "enabled", "origins"),
    [
        ("https://app.acme.example", True, ("https://app.acme.example",)),
        ("http://127.0.0.1:3000", False, ()),
        ("myapp://open", False, ()),
    ],
)
def test_what_dev_assumes_of_passkeys_stops_no_start(client_url: str, enabled: bool, origins: tuple[str, ...]) -> None:  # noqa: FBT001 - a column
    """They are on where they can be: on localhost, or on the site of who says where theirs is."""
    party = load({"AUTH_CLIENT_URL": client_url}, flags=DEV).policy.webauthn
    assert (party.enabled, party.origins) == (enabled, origins)
    local = load({}, flags=DEV).policy.webauthn
    assert local.enabled
    assert "http://localhost:5173" in local.origins
