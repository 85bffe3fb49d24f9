"""Links that go out: mailed ones, built from the configured public URL, and redirect targets with parameters."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from msgspec import UNSET, UnsetType

from vestibule.core.letters import LetterForm
from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target
from vestibule.core.tickets import Purpose
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shapes import OptionsRedirectTo, SignUpOptions, wanted_redirect
from vestibule.kernel.errors import InvalidAuthorizationCode, InvalidTicket, NothingAsked
from vestibule.kernel.ids import parse_uuid

_HOUR: Final = timedelta(hours=1)
_CODE_CHARACTERS: Final = 43


@dataclass(frozen=True, slots=True)
class TicketKind:
    """What a kind of mailed ticket is good for, what its links call themselves, and how long they work.

    With `has_code` its letters also carry a code to type: those that prove an address and sign in, nothing else.
    """

    purpose: Purpose
    link_type: str
    life: timedelta = _HOUR
    has_code: bool = False


# The prefix that a ticket wears on the wire. What it is good for stands in its row; this is decoration (security 75).
TICKET_KINDS: Final = {
    "verifyEmail": TicketKind(Purpose.EMAIL_VERIFICATION, "emailVerify", timedelta(days=30), has_code=True),
    "passwordlessEmail": TicketKind(Purpose.SIGN_IN_LINK, "signinPasswordless", has_code=True),
    "emailConfirmChange": TicketKind(Purpose.EMAIL_CHANGE, "emailConfirmChange"),
    "passwordReset": TicketKind(Purpose.PASSWORD_RESET, "passwordReset"),
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


def code_text(code: bytes) -> str:
    """Return an authorization code as text: its 32 bytes in base64url."""
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def code_bytes(text: str) -> bytes:
    """Return the bytes of an authorization code. Raises: InvalidAuthorizationCode."""
    if len(text) != _CODE_CHARACTERS or not text.isascii():
        raise InvalidAuthorizationCode
    try:
        return base64.b64decode(f"{text}=", altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise InvalidAuthorizationCode from error


def wanted_letter(
    settings: NhostSettings,
    project: Project,
    kind: str,
    options: SignUpOptions | OptionsRedirectTo,
    code_challenge: str | UnsetType = UNSET,
    *,
    is_sent: bool = True,
) -> LetterForm:
    """Return how a mail of this kind carries its ticket, if it may lead to where the options want.

    Raises: RedirectNotAllowed; else as `letter_form`.
    """
    redirect_to = allowed_target(project.policy, wanted_redirect(options))
    return letter_form(settings, project, kind, redirect_to, code_challenge, is_sent=is_sent)


def letter_form(
    settings: NhostSettings,
    project: Project,
    kind: str,
    redirect_to: str,
    code_challenge: str | UnsetType = UNSET,
    *,
    is_sent: bool = True,
) -> LetterForm:
    """Return how a mail of this kind carries its ticket.

    Where the operator wants PKCE only, a request without a challenge is refused, unless no letter `is_sent`.
    Raises: NothingAsked.
    """
    if settings.pkce_only and is_sent and code_challenge is UNSET:
        raise NothingAsked("links lead to a code here, which takes a codeChallenge", path="codeChallenge")
    challenge = "" if code_challenge is UNSET else code_challenge
    ticket_kind = TICKET_KINDS[kind]
    base = f"{settings.server_url.rstrip('/')}/verify"

    def link(ticket: str) -> str:
        pkce = {"codeChallenge": challenge} if challenge else {}
        return with_parameters(base, **pkce, redirectTo=redirect_to, ticket=ticket, type=ticket_kind.link_type)

    return LetterForm(
        ticket_text=ticket_text(kind),
        link=link,
        life=ticket_kind.life,
        link_type=ticket_kind.link_type,
        redirect_to=redirect_to,
        server_url=settings.server_url,
        client_url=project.policy.client_url,
        with_code=ticket_kind.has_code,
        challenge=challenge,
    )
