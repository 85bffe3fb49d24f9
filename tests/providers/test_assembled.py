"""The providers as a server has them: of the default project, and at no cost where there are none."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from tests.providers.conftest import REQUEST, sent_to
from tests.support.fakes import FakeClock, SeededEntropy
from vestibule.assembly.identities import identity_providers
from vestibule.core.social.model import IdentityProviders
from vestibule.kernel.ids import ProjectId
from vestibule.outbound import OutboundClient, OutboundSettings
from vestibule.providers import ROWS
from vestibule.providers.twitter import ROW as TWITTER
from vestibule.settings import load

DEFAULT, OTHER = ProjectId(UUID(int=1)), ProjectId(UUID(int=2))
ENVIRON = {
    "VESTIBULE_DATABASE_URL": "sqlite:///data/vestibule.db",
    "VESTIBULE_SECRET_KEYS": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "AUTH_SERVER_URL": "https://auth.acme.example/v1/",
}
GITHUB = {
    "AUTH_PROVIDER_GITHUB_ENABLED": "true",
    "AUTH_PROVIDER_GITHUB_CLIENT_ID": "us",
    "AUTH_PROVIDER_GITHUB_CLIENT_SECRET": "s3cret",
    "AUTH_PROVIDER_GOOGLE_AUDIENCE": "app",
}
ROOT = Path(__file__).resolve().parents[2]


def providers_of(environ: dict[str, str]) -> IdentityProviders:
    return identity_providers(
        load(environ),
        is_default=lambda project_id: project_id == DEFAULT,
        outbound=OutboundClient(OutboundSettings()),
        clock=FakeClock(),
        entropy=SeededEntropy(),
    )


async def test_a_configured_provider_sends_browsers_back_to_its_own_address() -> None:
    """Below AUTH_SERVER_URL, one for each provider (security 45)."""
    found = providers_of(ENVIRON | GITHUB).find(DEFAULT, "github")
    assert found is not None
    sent = sent_to(await found.depart(REQUEST))
    assert sent["redirect_uri"] == "https://auth.acme.example/v1/signin/provider/github/callback"


def test_they_are_the_default_projects() -> None:
    """The environment is its operator's; others have their own users and nobody else's providers."""
    providers = providers_of(ENVIRON | GITHUB)
    assert providers.find(OTHER, "github") is None
    assert providers.verifier(DEFAULT, "google") is not None
    assert providers.verifier(OTHER, "google") is None
    assert providers.verifier(DEFAULT, "apple") is None


def test_without_any_nobody_is_found() -> None:
    """What most servers have."""
    providers = providers_of(ENVIRON)
    assert providers.find(DEFAULT, "github") is None
    assert providers.verifier(DEFAULT, "google") is None


@pytest.mark.parametrize("configured", [False, True])
def test_a_server_without_providers_loads_none(tmp_path: Path, *, configured: bool) -> None:
    """Memory is for those who have some; and HTTP is loaded by the first request."""
    program = (
        "import sys\n"
        "from vestibule.assembly.identities import identity_providers\n"
        "from vestibule.outbound import OutboundClient, OutboundSettings\n"
        "from vestibule.settings import load\n"
        f"settings = load({ENVIRON | (GITHUB if configured else {})!r})\n"
        "identity_providers(settings, is_default=bool, outbound=OutboundClient(OutboundSettings()),"
        " clock=None, entropy=None)\n"
        "print([m for m in ('vestibule.providers.flow', 'vestibule.providers.apple', 'httpx2', 'httpcore2')"
        " if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    expected = ["vestibule.providers.flow", "vestibule.providers.apple"] if configured else []
    assert found.stdout.strip() == str(expected)


def test_the_page_says_whose_word_is_taken() -> None:
    """And why, in the words of the rows."""
    page = (ROOT / "docs" / "providers.md").read_text("utf-8").partition("## Whose word is taken")[2]
    for row in (*ROWS.values(), TWITTER):
        scopes = " ".join(f"`{scope}`" for scope in row.scopes) or "none"
        believed = "if it says so" if row.vouches else "no"
        (line,) = [each for each in page.splitlines() if each.startswith(f"| `{row.name}` |")]
        assert [cell.strip() for cell in line.strip("|").split("|")][2:] == [scopes, believed, row.because]
