"""Proving an address: asking for the mail, and following its link."""

from typing import Final

from vestibule.core.emails import TicketVisit
from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target, is_url
from vestibule.core.signin import SecondFactorRequired
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import door_terms, nhost, visit_of
from vestibule.dialects.nhost.errors import REDIRECTS
from vestibule.dialects.nhost.limits import BRUTE_FORCE, VERIFICATION_MAIL
from vestibule.dialects.nhost.links import TICKET_KINDS, letter_form, refresh_text, ticket_secret, with_parameters
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailAlreadyVerified,
    EmailNotVerified,
    EmailRefused,
    InvalidCredentials,
    InvalidEmail,
    InvalidTicket,
    NothingAsked,
    RedirectNotAllowed,
    SecondFactorUnavailable,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.wire import Call, PlainText, Redirect

# What browsers and mail programs send when nobody has clicked yet.
_AHEAD_OF_TIME: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_NOT_NOW: Final = 503


@nhost.post(
    "/user/email/send-verification-email",
    limit=VERIFICATION_MAIL,
    raises=(
        InvalidEmail,
        RedirectNotAllowed,
        InvalidCredentials,
        EmailRefused,
        UserNotActive,
        AnonymousNotAllowed,
        EmailAlreadyVerified,
        TooManyAttempts,
    ),
    tags=("user",),
    operation="sendVerificationEmail",
)
async def send_verification_email(
    body: shapes.MailLinkRequest, call: Call, project: Project, core: Core, settings: NhostSettings
) -> str:
    """Mail another link that proves the address."""
    parse_email(body.email)
    redirect_to = allowed_target(project.policy, shapes.wanted_redirect(body.options))
    form = letter_form(settings, project, "verifyEmail", redirect_to)
    await core.request_verification(visit_of(call, project), body.email, form)
    return "OK"


@nhost.get(
    "/verify",
    head=True,
    limit=BRUTE_FORCE,
    marks=(REDIRECTS,),
    answers={302: None},
    raises=(
        NothingAsked,
        RedirectNotAllowed,
        InvalidTicket,
        InvalidCredentials,
        EmailRefused,
        UserNotActive,
        EmailNotVerified,
        AnonymousNotAllowed,
        SecondFactorUnavailable,
    ),
    tags=("verification",),
    operation="verifyTicket",
)
async def verify_ticket(query: shapes.VerifyQuery, call: Call, project: Project, core: Core) -> Redirect | PlainText:
    """Spend the ticket of a mailed link and redirect with a refresh token, or with the error.

    Looking ahead spends nothing: HEAD is answered empty, a prefetch is put off.
    """
    if call.method == "HEAD":
        return PlainText("")
    if any("pre" in (call.header(name) or "") for name in _AHEAD_OF_TIME):
        return PlainText("", status=_NOT_NOW)
    if not is_url(query.redirect_to):
        raise NothingAsked("redirectTo is not a URL", where="query", path="redirectTo")
    target = allowed_target(project.policy, query.redirect_to)
    kind, secret = ticket_secret(query.ticket)
    came = TicketVisit(TICKET_KINDS[kind], secret)
    outcome = await core.verify_email.and_sign_in(visit_of(call, project), came, door_terms(project))
    if isinstance(outcome, SecondFactorRequired):
        raise SecondFactorUnavailable
    return Redirect(with_parameters(target, refreshToken=refresh_text(outcome.secret), type=kind))
