"""Magic links: asking for the mail that signs in."""

from typing import Final

from vestibule.core.facade import Core
from vestibule.core.links import LinkWish
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.captcha import CAPTCHA, CAPTCHA_IN_NEWEST
from vestibule.dialects.nhost.dialect import nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, MAIL, SIGN_UPS
from vestibule.dialects.nhost.links import wanted_letter
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import OPTIONS
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailRefused,
    EndpointDisabled,
    InvalidEmail,
    NothingAsked,
    RedirectNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.wire import Call

_RAISES: Final = (
    InvalidEmail,
    NothingAsked,
    EndpointDisabled,
    SignUpDisabled,
    EmailRefused,
    RedirectNotAllowed,
    *OPTIONS,
    UserNotActive,
    AnonymousNotAllowed,
    TooManyAttempts,
)


@nhost.post(
    "/signin/passwordless/email",
    limit=(MAIL, BRUTE_FORCE),
    raises=_RAISES,
    marks=(CAPTCHA_IN_NEWEST,),
    tags=("authentication",),
    operation="signInPasswordlessEmail",
)
async def sign_in_passwordless_email(
    body: shapes.PasswordlessEmailRequest, call: Call, project: Project, core: Core, settings: NhostSettings
) -> str:
    """Mail a link that signs in. Who is unknown is registered, unless signing up is a matter of its own here."""
    await core.request_sign_in_link(visit_of(call, project), _wish(body, project, settings))
    return "OK"


@nhost.post(
    "/signup/passwordless/email",
    limit=(MAIL, SIGN_UPS),
    raises=_RAISES,
    marks=(CAPTCHA,),
    tags=("authentication",),
    operation="signUpPasswordlessEmail",
)
async def sign_up_passwordless_email(
    body: shapes.PasswordlessEmailRequest, call: Call, project: Project, core: Core, settings: NhostSettings
) -> str:
    """Register a user and mail a link that signs in. Who has an account already is sent nothing, and not told."""
    await core.sign_up_with_link(visit_of(call, project), _wish(body, project, settings))
    return "OK"


def _wish(body: shapes.PasswordlessEmailRequest, project: Project, settings: NhostSettings) -> LinkWish:
    parse_email(body.email)
    letter = wanted_letter(settings, project, "passwordlessEmail", body.options, body.code_challenge)
    return LinkWish(email=body.email, letter=letter, options=shapes.user_options(body.options))
