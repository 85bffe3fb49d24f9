"""How every sign-in of this dialect answers: with a session, or with the challenge for a second factor."""

from typing import Final

from vestibule.core.pkce import AuthorizationCode
from vestibule.core.projects import Project
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.links import code_text, refresh_text, ticket_text
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.kernel.ids import parse_uuid

_KIND: Final = "mfaTotp"
mfa_ticket = ticket_text(_KIND)


def mfa_ticket_secret(text: str) -> bytes:
    """Return the secret of a ticket that waits for the second factor; nothing, which no ticket has, for other texts."""
    secret = parse_uuid(text.removeprefix(f"{_KIND}:"))
    return b"" if secret is None else secret.bytes


async def session_payload(
    tokens: AccessTokens, project: Project, outcome: SignedIn | SecondFactorRequired, *, elevated: bool = False
) -> shapes.SessionPayload:
    """Return the outcome of a sign-in for the wire."""
    if isinstance(outcome, SecondFactorRequired):
        return shapes.SessionPayload(mfa=shapes.MfaChallenge(mfa_ticket(outcome.ticket)))
    session = await tokens.session(project, outcome.subject, outcome.session, outcome.secret, elevated=elevated)
    return shapes.SessionPayload(session=session)


def brought_by(outcome: SignedIn | SecondFactorRequired | AuthorizationCode) -> dict[str, str]:
    """Return what a redirect carries that ends a sign-in."""
    match outcome:
        case AuthorizationCode():
            return {"code": code_text(outcome.code)}
        case SecondFactorRequired():
            return {"mfaTicket": mfa_ticket(outcome.ticket)}
        case _:
            return {"refreshToken": refresh_text(outcome.secret)}
