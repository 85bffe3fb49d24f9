"""Sign-up, sign-in, sign-out."""

from collections.abc import Sequence
from typing import Final

from vestibule.core.facade import Core
from vestibule.core.passwords import PasswordAttempt
from vestibule.core.projects import Project
from vestibule.core.signin import DoorTerms, SecondFactorRequired, SignedIn
from vestibule.dialects.sublay.callers import visit_of
from vestibule.dialects.sublay.cookies import cleared_cookie, cookie_token, presented_refresh_token, refresh_cookie
from vestibule.dialects.sublay.dialect import in_every_generation
from vestibule.dialects.sublay.generations import generation_of
from vestibule.dialects.sublay.people import auth_user, sign_up_of
from vestibule.dialects.sublay.shapes import SessionAnswer, SignInBody, SignOutBody, SignUpBody
from vestibule.dialects.sublay.tokens import Tokens
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailRefused,
    EmailTaken,
    InvalidEmail,
    InvalidRefreshToken,
    MetadataTooLarge,
    NoPassword,
    PasswordLeaked,
    PasswordTooLong,
    PasswordTooShort,
    Refusal,
    SecondFactorUnavailable,
    SignUpDisabled,
    TooManyAttempts,
    UsernameTaken,
    UserNotActive,
    UserNotFound,
    WrongPassword,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Answer, Call

_NOT_LET_IN: Final[Sequence[type[Refusal]]] = (
    UserNotActive,
    EmailNotVerified,
    EmailRefused,
    SecondFactorUnavailable,
)


@in_every_generation(
    "/auth/sign-up",
    group="sign-up",
    status=201,
    raises=(
        SignUpDisabled,
        InvalidEmail,
        EmailTaken,
        UsernameTaken,
        PasswordTooShort,
        PasswordLeaked,
        PasswordTooLong,
        MetadataTooLarge,
        *_NOT_LET_IN,
    ),
)
async def sign_up(body: SignUpBody, call: Call, project: Project, core: Core, tokens: Tokens) -> Answer[SessionAnswer]:
    """Create a user with email and password, and sign them in.

    Where the project wants a verified address first, the user is created and the answer is the refusal that says so.
    """
    outcome = await core.sign_up_with_password(visit_of(call, project), sign_up_of(body), _terms(call, project))
    if outcome.signed_in is None:
        raise EmailNotVerified
    return _session(call, project, tokens, outcome.signed_in)


@in_every_generation(
    "/auth/sign-in",
    group="sign-in",
    raises=(UserNotFound, NoPassword, WrongPassword, TooManyAttempts, *_NOT_LET_IN),
)
async def sign_in(body: SignInBody, call: Call, project: Project, core: Core, tokens: Tokens) -> Answer[SessionAnswer]:
    """Sign in with email and password."""
    attempt = PasswordAttempt(body.email, Secret(body.password))
    outcome = await core.sign_in_with_password(visit_of(call, project), attempt, _terms(call, project))
    if isinstance(outcome, SecondFactorRequired):
        raise SecondFactorUnavailable
    return _session(call, project, tokens, outcome)


@in_every_generation("/auth/sign-out", group="sign-out", status=204, raises=())
async def sign_out(body: SignOutBody | None, call: Call, project: Project, core: Core, tokens: Tokens) -> Answer[None]:
    """End the session of a refresh token. What is no live token of this project ends nothing, and is no error."""
    token = presented_refresh_token(call, project, body.refresh_token if body else None)
    if token is not None:
        try:
            secret = tokens.secret(project, token)
        except InvalidRefreshToken:
            secret = None
        if secret is not None:
            await core.revoke_sessions.by_secret(visit_of(call, project), secret)
    return Answer(None, cookies=[cleared_cookie()] if cookie_token(call, project) else [])


def _terms(call: Call, project: Project) -> DoorTerms:
    return DoorTerms(life=project.policy.refresh_token_life, rotation=generation_of(call).rotation)


def _session(call: Call, project: Project, tokens: Tokens, signed_in: SignedIn) -> Answer[SessionAnswer]:
    session = signed_in.session
    refresh_token = tokens.refresh(project, session, signed_in.secret)
    answer = SessionAnswer(
        access_token=tokens.access(project, session),
        refresh_token=refresh_token,
        user=auth_user(project, signed_in.subject),
    )
    if not generation_of(call).is_legacy:
        return Answer(answer)
    return Answer(answer, cookies=[refresh_cookie(refresh_token, project.policy.refresh_token_life)])
