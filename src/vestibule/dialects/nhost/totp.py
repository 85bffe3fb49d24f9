"""The second factor: turning it on and off, signing in with it, and proving oneself again."""

import asyncio
from typing import Final

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.totp import PendingSignIn, picture_of
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import ENROLS, bearer, door_terms, elevated, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.outcomes import mfa_ticket_secret, session_payload
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import (
    EndpointDisabled,
    InvalidTicket,
    InvalidTotp,
    NoTotpSecret,
    Refusal,
    SecondFactorNotActive,
    TooManyAttempts,
    TotpAlreadyActive,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Call

_NEEDS_USER: Final[tuple[type[Refusal], ...]] = (EndpointDisabled, *STANDING)
NEEDS_FACTOR: Final[tuple[type[Refusal], ...]] = (*_NEEDS_USER, SecondFactorNotActive, NoTotpSecret)
PROVES: Final[tuple[type[Refusal], ...]] = (*NEEDS_FACTOR, TooManyAttempts, InvalidTotp)


@nhost.get(
    "/mfa/totp/generate",
    auth=elevated,
    marks=(ENROLS,),
    raises=_NEEDS_USER,
    tags=("user",),
    operation="changeUserMfa",
)
async def generate_totp(call: Call, caller: Caller, project: Project, core: Core) -> shapes.TotpGenerateResponse:
    """Make a secret for an authenticator application; it counts once a code of it was shown.

    An application that is in use goes on working.
    """
    offer = await core.second_factor.generate(visit_of(call, project), caller.user_id)
    image = await asyncio.to_thread(picture_of, offer)
    return shapes.TotpGenerateResponse(image_url=image, totp_secret=offer.secret.reveal())


@nhost.post(
    "/user/mfa",
    auth=bearer,
    raises=(*PROVES, TotpAlreadyActive),
    tags=("security",),
    operation="verifyChangeUserMfa",
)
async def change_user_mfa(body: shapes.UserMfaRequest, call: Call, caller: Caller, project: Project, core: Core) -> str:
    """Turn the second factor on with a code of the new secret, or off with one of the old; other sessions end."""
    change = core.second_factor.activate if body.active_mfa_type else core.second_factor.deactivate
    await change(visit_of(call, project), caller.user_id, Secret(body.code), kept_session=caller.session_id)
    return "OK"


@nhost.post(
    "/signin/mfa/totp",
    limit=BRUTE_FORCE,
    raises=(*PROVES, InvalidTicket),
    tags=("authentication",),
    operation="verifySignInMfaTotp",
)
async def sign_in_mfa_totp(
    body: shapes.SignInMfaTotpRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Show the second factor: a code of the authenticator application, or a recovery code.

    A wrong code does not cost the ticket, which takes five.
    """
    pending = PendingSignIn(mfa_ticket_secret(body.ticket), Secret(body.otp))
    outcome = await core.second_factor.sign_in(visit_of(call, project), pending, door_terms(project))
    return await session_payload(tokens, project, outcome)


@nhost.post(
    "/elevate/totp",
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=PROVES,
    tags=("security",),
    operation="elevateTotp",
)
async def elevate_totp(
    body: shapes.ElevateTotpRequest, call: Call, caller: Caller, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Prove again who is signed in: the answer is another session, with the elevated claim."""
    visit = visit_of(call, project)
    outcome = await core.second_factor.elevate(visit, caller.user_id, Secret(body.otp), door_terms(project))
    return await session_payload(tokens, project, outcome, elevated=True)
