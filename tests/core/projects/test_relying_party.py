"""What no browser would accept is told to the operator, not to the first user."""

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.projects import WebAuthn, complaints
from vestibule.core.projects.overlay import InvalidSettings


def told(rp_id: str, *origins: str) -> list[str]:
    party = WebAuthn(enabled=True, rp_id=rp_id, rp_name=rp_id, origins=origins)
    return [f"{complaint.member} {complaint.wrong}; {complaint.mend}" for complaint in complaints(party)]


@pytest.mark.parametrize(
    ("rp_id", "origin"),
    [
        ("acme.example", "https://acme.example"),
        ("acme.example", "https://app.acme.example"),
        ("acme.example", "https://acme.example:8443"),
        ("localhost", "http://localhost:3000"),
        ("localhost", "http://app.localhost:3000"),
        ("localhost", "https://localhost"),
        ("xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("acme.example", "android:apk-key-hash:" + "A" * 43),
    ],
)
def test_what_browsers_take_is_taken(rp_id: str, origin: str) -> None:
    """Domains and their subdomains, over https; localhost without."""
    assert told(rp_id, origin) == []


@pytest.mark.parametrize(
    ("rp_id", "says"),
    [
        ("192.0.2.1", "cannot belong"),
        ("::1", "cannot belong"),
        ("com", "cannot belong"),
        ("https://acme.example", "cannot belong"),
        ("acme.example:8443", "cannot belong"),
        ("Acme.example", "cannot belong"),
        ("acme.example.", "cannot belong"),
        ("bücher.example", "cannot belong"),
        ("", "cannot belong"),
    ],
)
def test_what_is_no_domain_is_refused(rp_id: str, says: str) -> None:
    """An address, a URL, a whole top-level domain."""
    [complaint] = told(rp_id, f"https://{rp_id}")
    assert says in complaint
    assert "acme.example" in complaint


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        ("http://acme.example", "https"),
        ("https://evil.example", "does not end in acme.example"),
        ("https://evilacme.example", "does not end in acme.example"),
        ("https://acme.example.evil.example", "does not end in acme.example"),
        ("https://acme.example/", "slash"),
        ("https://acme.example/app", "slash"),
        ("https://Acme.Example", "lower case"),
        ("https://acme.example:443", "unusual port"),
        ("https://me@acme.example", "scheme, host"),
        ("https://acme.example:x", "scheme, host"),
        ("acme.example", "scheme, host"),
        ("https://*.acme.example", "scheme, host"),
        ("*", "scheme, host"),
        ("android:apk-key-hash:short", "scheme, host"),
    ],
)
def test_an_origin_that_could_never_fit_is_refused(origin: str, says: str) -> None:
    """Browsers write an origin in one way only, and we compare to the letter (security 92, 110)."""
    [complaint] = told("acme.example", origin)
    assert says in complaint
    assert origin in complaint


def test_somewhere_must_be_pages() -> None:
    """Without an origin nobody ever signs in."""
    [complaint] = told("acme.example")
    assert "https://acme.example" in complaint


def test_what_is_off_may_be_anything() -> None:
    """Nobody has to configure what they do not use."""
    assert list(complaints(WebAuthn(rp_id="192.0.2.1", origins=("*",)))) == []


async def test_a_project_may_have_a_relying_party_of_its_own(under_test: CoreUnderTest) -> None:
    """Set when it is created; what makes no sense is refused there."""
    settings = {
        "webauthn_enabled": True,
        "webauthn_rp_id": "acme.example",
        "webauthn_origins": ["https://app.acme.example"],
        "webauthn_decoys": False,
    }
    project = await under_test.other_project(**settings)
    assert project.policy.webauthn == WebAuthn(
        enabled=True,
        rp_id="acme.example",
        rp_name="acme.example",
        origins=("https://app.acme.example",),
        decoys=False,
    )
    with pytest.raises(InvalidSettings, match="webauthn_origins has"):
        await under_test.other_project(**{**settings, "webauthn_origins": ["http://acme.example"]})
