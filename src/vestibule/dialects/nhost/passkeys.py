"""Signing up and in with passkeys."""

from functools import partial

from msgspec import UNSET

from vestibule.core.facade import Core
from vestibule.core.letters import LetterForm
from vestibule.core.passkeys import PasskeySignUp, PasskeySignUpAnswer
from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes, webauthn
from vestibule.dialects.nhost.captcha import CAPTCHA
from vestibule.dialects.nhost.dialect import door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, SIGN_UPS, VERIFICATION_MAIL
from vestibule.dialects.nhost.links import letter_form
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import OPTIONS, STANDING
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.kernel.errors import (
    EmailRefused,
    EmailTaken,
    EndpointDisabled,
    InvalidEmail,
    NoPasskey,
    NothingAsked,
    PasskeyRefused,
    RedirectNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.wire import Call


@nhost.post(
    "/signup/webauthn",
    limit=SIGN_UPS,
    raises=(InvalidEmail, EndpointDisabled, SignUpDisabled, RedirectNotAllowed, *OPTIONS, EmailRefused),
    marks=(CAPTCHA,),
    tags=("authentication",),
    operation="signUpWebauthn",
)
async def sign_up_webauthn(
    body: webauthn.SignUpWebauthnRequest, call: Call, project: Project, core: Core
) -> webauthn.PublicKeyCredentialCreationOptions:
    """Begin a sign-up with a passkey: answers what to hand to `navigator.credentials.create`."""
    parse_email(body.email)
    sign_up = PasskeySignUp(
        email=body.email,
        options=shapes.user_options(body.options),
        redirect_to=shapes.wanted_redirect(body.options),
    )
    check_redirect = partial(allowed_target, project.policy)
    options = await core.sign_up_with_passkey.begin(visit_of(call, project), sign_up, check_redirect)
    return webauthn.creation_options(options)


@nhost.post(
    "/signup/webauthn/verify",
    limit=(VERIFICATION_MAIL, SIGN_UPS, BRUTE_FORCE),
    raises=(
        EndpointDisabled,
        SignUpDisabled,
        NothingAsked,
        PasskeyRefused,
        RedirectNotAllowed,
        *OPTIONS,
        EmailRefused,
        EmailTaken,
        UserNotActive,
        TooManyAttempts,
    ),
    tags=("authentication",),
    operation="verifySignUpWebauthn",
)
async def verify_sign_up_webauthn(
    body: webauthn.SignUpWebauthnVerifyRequest,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    """End a sign-up with a passkey.

    Answers a session, or nothing but a mail where the project wants verified addresses.
    """

    def write_letter(wanted: str | None) -> LetterForm:
        return letter_form(
            settings,
            project,
            "verifyEmail",
            allowed_target(project.policy, wanted),
            body.code_challenge,
            is_sent=project.policy.verified_email_required,
        )

    answer = PasskeySignUpAnswer(
        passkey=webauthn.new_passkey(body.credential, body.nickname),
        options=shapes.user_options(body.options),
        redirect_to=shapes.wanted_redirect(body.options),
    )
    visit = visit_of(call, project)
    started = await core.sign_up_with_passkey.finish(visit, answer, write_letter, door_terms(project))
    return shapes.SessionPayload() if started is None else await session_payload(tokens, project, started)


@nhost.post(
    "/signin/webauthn",
    limit=BRUTE_FORCE,
    raises=(InvalidEmail, EndpointDisabled, *STANDING, NoPasskey),
    tags=("authentication",),
    operation="signInWebauthn",
)
async def sign_in_webauthn(
    body: webauthn.SignInWebauthnRequest | None, call: Call, project: Project, core: Core
) -> webauthn.PublicKeyCredentialRequestOptions:
    """Begin a sign-in with a passkey: answers what to hand to `navigator.credentials.get`.

    With an address, those of its passkeys; an address without any gets decoys, so that nobody learns who has some.
    """
    email = None if body is None or body.email is UNSET else body.email
    if email is not None:
        parse_email(email)
    return webauthn.request_options(await core.sign_in_with_passkey.begin(visit_of(call, project), email))


@nhost.post(
    "/signin/webauthn/verify",
    limit=BRUTE_FORCE,
    raises=(EndpointDisabled, PasskeyRefused, *STANDING),
    tags=("authentication",),
    operation="verifySignInWebauthn",
)
async def verify_sign_in_webauthn(
    body: webauthn.SignInWebauthnVerifyRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """End a sign-in with a passkey; answers a session, or a challenge for the second factor."""
    presented = webauthn.presented_assertion(body.credential)
    outcome = await core.sign_in_with_passkey.finish(visit_of(call, project), presented, door_terms(project))
    return await session_payload(tokens, project, outcome)
