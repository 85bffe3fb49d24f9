"""Signing in."""

from vestibule.core.facade import Core
from vestibule.core.passwords import PasswordAttempt
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.kernel.errors import InvalidEmail, TooManyAttempts
from vestibule.kernel.secret import Secret
from vestibule.wire import Call


@nhost.post(
    "/signin/email-password",
    limit=BRUTE_FORCE,
    raises=(InvalidEmail, *STANDING, TooManyAttempts),
    tags=("authentication",),
    operation="signInEmailPassword",
)
async def sign_in_email_password(
    body: shapes.SignInEmailPasswordRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Sign in with email and password; answers a session, or a challenge for the second factor."""
    parse_email(body.email)
    attempt = PasswordAttempt(body.email, Secret(body.password))
    outcome = await core.sign_in_with_password(visit_of(call, project), attempt, door_terms(project))
    return await session_payload(tokens, project, outcome)
