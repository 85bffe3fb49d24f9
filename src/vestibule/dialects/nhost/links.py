"""Links that go out: mailed ones, built from the configured public URL, and redirect targets with parameters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from vestibule.core.letters import LetterForm
from vestibule.core.projects import Project
from vestibule.core.tickets import Purpose
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.kernel.errors import InvalidTicket
from vestibule.kernel.ids import parse_uuid

# The prefix that a ticket wears on the wire. What it is good for stands in its row; this is decoration (security 75).
TICKET_KINDS: Final = {
    "verifyEmail": Purpose.EMAIL_VERIFICATION,
    "passwordlessEmail": Purpose.SIGN_IN_LINK,
    "passwordReset": Purpose.PASSWORD_RESET,
}
_LINK_TYPES: Final = {
    "verifyEmail": "emailVerify",
    "passwordlessEmail": "signinPasswordless",
    "passwordReset": "passwordReset",
}
_LIVES: Final = {
    "verifyEmail": timedelta(days=30),
    "passwordlessEmail": timedelta(hours=1),
    "passwordReset": timedelta(hours=1),
}


def with_parameters(url: str, **parameters: str) -> str:
    """Return `url` with the parameters set in its query, sorted by name; path and fragment stay as they are."""
    rest, hash_sign, fragment = url.partition("#")
    base, _, query = rest.partition("?")
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in parameters]
    merged = sorted([*kept, *parameters.items()], key=lambda pair: pair[0])
    return f"{base}?{urlencode(merged)}{hash_sign}{fragment}"


def refresh_text(secret: bytes) -> str:
    """Return a refresh token as text: its 16 bytes as a UUID."""
    return str(UUID(bytes=secret))


def ticket_text(kind: str) -> Callable[[bytes], str]:
    """Return the function that dresses a ticket's secret: `<kind>:<uuid>`."""
    return lambda secret: f"{kind}:{UUID(bytes=secret)}"


def ticket_secret(text: str) -> tuple[str, bytes]:
    """Return the kind of a ticket and its secret. Raises: InvalidTicket."""
    kind, _, value = text.partition(":")
    secret = parse_uuid(value)
    if kind not in TICKET_KINDS or secret is None:
        raise InvalidTicket
    return kind, secret.bytes


def letter_form(settings: NhostSettings, project: Project, kind: str, redirect_to: str) -> LetterForm:
    """Return how a mail of this kind carries its ticket."""
    link_type = _LINK_TYPES[kind]
    base = f"{settings.server_url.rstrip('/')}/verify"

    def link(ticket: str) -> str:
        return with_parameters(base, redirectTo=redirect_to, ticket=ticket, type=link_type)

    return LetterForm(
        ticket_text=ticket_text(kind),
        link=link,
        life=_LIVES[kind],
        link_type=link_type,
        redirect_to=redirect_to,
        server_url=settings.server_url,
        client_url=project.policy.client_url,
    )
