"""Recovery codes. Nhost Auth has none, so they are under the server's own paths, in this dialect's manners."""

from typing import Final

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.totp import PendingSignIn
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import OURS, bearer, door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.outcomes import mfa_ticket_secret, session_payload
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.dialects.nhost.totp import NEEDS_FACTOR, PROVES
from vestibule.kernel.errors import InvalidTicket
from vestibule.kernel.secret import Secret
from vestibule.wire import Call

_TAGS: Final = ("recovery codes",)


@nhost.post(
    "/mfa/recovery-codes",
    bases=OURS,
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=PROVES,
    tags=_TAGS,
    operation="makeRecoveryCodes",
)
async def make_recovery_codes(
    body: shapes.RecoveryCodesRequest, call: Call, caller: Caller, project: Project, core: Core
) -> shapes.RecoveryCodes:
    """Make ten recovery codes, and void the ones before; a code of the authenticator application proves the wish."""
    codes = await core.second_factor.make_recovery_codes(visit_of(call, project), caller.user_id, Secret(body.code))
    return shapes.RecoveryCodes([code.reveal() for code in codes])


@nhost.get(
    "/mfa/recovery-codes", bases=OURS, auth=bearer, raises=NEEDS_FACTOR, tags=_TAGS, operation="countRecoveryCodes"
)
async def count_recovery_codes(call: Call, caller: Caller, project: Project, core: Core) -> shapes.RecoveryCodesLeft:
    """Answer how many recovery codes still work."""
    left = await core.second_factor.count_recovery_codes(visit_of(call, project), caller.user_id)
    return shapes.RecoveryCodesLeft(left)


@nhost.post(
    "/mfa/recovery-codes/sign-in",
    bases=OURS,
    limit=BRUTE_FORCE,
    raises=(*PROVES, InvalidTicket),
    tags=_TAGS,
    operation="signInWithRecoveryCode",
)
async def sign_in_with_recovery_code(
    body: shapes.RecoveryCodeSignInRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Show a recovery code as the second factor; it works once, and the second factor stays on."""
    pending = PendingSignIn(mfa_ticket_secret(body.ticket), Secret(body.code), by_recovery_code=True)
    outcome = await core.second_factor.sign_in(visit_of(call, project), pending, door_terms(project))
    return await session_payload(tokens, project, outcome)
