"""A project where every way in is open, and how its rules change under a running server."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tests.support.serving import Running
from vestibule.core.projects import WebAuthn

CLIENT_URL: Final = "http://localhost:3000"
EVERY_WAY_IN: Final[Mapping[str, Any]] = {
    "anonymous_users_enabled": True,
    "sign_in_links_enabled": True,
    "email_codes_enabled": True,
    "text_codes_enabled": True,
    "mfa_enabled": True,
    "webauthn": WebAuthn(enabled=True, rp_id="localhost", rp_name="Tests", origins=(CLIENT_URL,)),
}


def under(running: Running, **policy: Any) -> None:
    """Change the rules of the default project from the next request on."""
    catalog = running.core.catalog
    catalog.default_policy = replace(catalog.default_policy, **policy)
    catalog.forget()
