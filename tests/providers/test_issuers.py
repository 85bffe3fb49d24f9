"""What an import writes into identities is what a sign-in looks for."""

from tests.support.cores import settings_for
from vestibule.providers import ROWS
from vestibule.providers.issuers import issuers_of


def test_every_provider_of_nhost_has_one() -> None:
    """Sixteen, whether they are switched on or not."""
    known = issuers_of(settings_for("sqlite:////tmp/unused.db").providers)
    assert set(known) == {*ROWS, "twitter"}
    assert len(known) == 16
    assert all(known.values())


def test_a_configured_provider_goes_by_its_own() -> None:
    """A GitHub of one's own is not github.com, and custom ones are there by their slug."""
    environ = {
        "AUTH_PROVIDER_GITHUB_ENABLED": "true",
        "AUTH_PROVIDER_GITHUB_CLIENT_ID": "us",
        "AUTH_PROVIDER_GITHUB_CLIENT_SECRET": "s3cret",
        "AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL": "https://git.acme.example/login/oauth/authorize",
        "AUTH_PROVIDER_CUSTOM": (
            '{"acme": {"type": "oidc", "clientId": "us", "clientSecret": "s", "issuer": "https://id.acme.example"}}'
        ),
    }
    known = issuers_of(settings_for("sqlite:////tmp/unused.db", environ).providers)
    assert known["github"] == "https://git.acme.example/login/oauth"
    assert known["c:acme"] == "https://id.acme.example"
    assert known["google"] == ROWS["google"].issuer
