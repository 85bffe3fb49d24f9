"""Coming in without a name, and getting one later."""

from msgspec import UNSET

from vestibule.core.anonymous import Deanonymization
from vestibule.core.facade import Core
from vestibule.core.passwords import NewPassword
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import bearer, door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, VERIFICATION_MAIL
from vestibule.dialects.nhost.links import wanted_letter
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import NEW_PASSWORD, OPTIONS
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import (
    EmailRefused,
    EmailTaken,
    EndpointDisabled,
    InvalidCredentials,
    InvalidEmail,
    MetadataTooLarge,
    NothingAsked,
    RedirectNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
    UserNotAnonymous,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Call


@nhost.post(
    "/signin/anonymous",
    limit=BRUTE_FORCE,
    raises=(SignUpDisabled, EndpointDisabled, MetadataTooLarge, TooManyAttempts),
    tags=("authentication",),
    operation="signInAnonymous",
)
async def sign_in_anonymous(
    body: shapes.SignInAnonymousRequest | None, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Sign in as a new user who has no name.

    Each call makes another one. `/user/deanonymize` makes a named user of them.
    """
    options = shapes.anonymous_options(body or shapes.SignInAnonymousRequest())
    outcome = await core.sign_in_anonymously(visit_of(call, project), options, door_terms(project))
    return await session_payload(tokens, project, outcome)


@nhost.post(
    "/user/deanonymize",
    auth=bearer,
    limit=VERIFICATION_MAIL,
    raises=(
        InvalidEmail,
        InvalidCredentials,
        UserNotAnonymous,
        NothingAsked,
        RedirectNotAllowed,
        *NEW_PASSWORD,
        *OPTIONS,
        EmailRefused,
        EmailTaken,
        UserNotActive,
        TooManyAttempts,
    ),
    tags=("authentication",),
    operation="deanonymizeUser",
)
async def deanonymize_user(
    body: shapes.UserDeanonymizeRequest,
    call: Call,
    caller: Caller,
    project: Project,
    core: Core,
    settings: NhostSettings,
) -> str:
    """Give the anonymous user who calls an address to sign in with.

    With a password the session goes on, unless the address must be verified first; without one it ends, and the mailed
    link begins another one.
    """
    parse_email(body.email)
    visit = visit_of(call, project)
    await core.deanonymize.candidate(visit, caller.user_id)
    by_link = body.sign_in_method == "passwordless"
    if not by_link and body.password is UNSET:
        raise NothingAsked("there is no password", path="password")
    letter = wanted_letter(
        settings,
        project,
        "passwordlessEmail" if by_link else "verifyEmail",
        body.options,
        body.code_challenge,
        is_sent=by_link or project.policy.verified_email_required,
    )
    wish = Deanonymization(
        user_id=caller.user_id, email=body.email, letter=letter, options=shapes.user_options(body.options)
    )
    if by_link or body.password is UNSET:
        await core.deanonymize_by_link(visit, wish)
    else:
        await core.deanonymize_with_password(visit, wish, NewPassword(Secret(body.password)))
    return "OK"
