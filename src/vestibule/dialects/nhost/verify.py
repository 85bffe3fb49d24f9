"""Following a mailed link. It ends in a redirect to the application, with what it may have, or with the error."""

import re
from typing import Final

from vestibule.core.emails import TicketVisit
from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target, is_url
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.confirm import ConfirmPages, refuse_foreign_page
from vestibule.dialects.nhost.dialect import door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.links import TICKET_KINDS, ticket_secret, with_parameters
from vestibule.dialects.nhost.outcomes import brought_by
from vestibule.dialects.nhost.redirecting import REDIRECTS
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.kernel.errors import (
    EmailTaken,
    InvalidAuthorizationCode,
    InvalidTicket,
    NothingAsked,
    OriginNotAllowed,
    RedirectNotAllowed,
)
from vestibule.wire import Call, Html, PlainText, Redirect

# What browsers and mail programs send when nobody has clicked yet.
_AHEAD_OF_TIME: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_NOT_NOW: Final = 503
_RAISES: Final = (NothingAsked, RedirectNotAllowed, InvalidAuthorizationCode, InvalidTicket, *STANDING, EmailTaken)


@nhost.get(
    "/verify",
    head=True,
    limit=BRUTE_FORCE,
    marks=(REDIRECTS,),
    answers={302: None},
    raises=_RAISES,
    tags=("verification",),
    operation="verifyTicket",
)
async def verify_ticket(
    query: shapes.VerifyQuery,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    pages: ConfirmPages,
) -> Redirect | PlainText | Html:
    """Spend the ticket of a mailed link and redirect with a refresh token, or with the error.

    A link that was asked for with `codeChallenge` brings a `code` instead; where a second factor is due, `mfaTicket`.
    Looking ahead spends nothing: HEAD is answered empty, a prefetch is put off. Where the operator wants links to be
    confirmed, the answer is a page whose button does all this.
    """
    if call.method == "HEAD":
        return PlainText("")
    if settings.link_confirm:
        target = _target(project, query)
        kind, _ = ticket_secret(query.ticket)
        return pages.page(call, project, query, kind, target)
    if any("pre" in (call.header(name) or "") for name in _AHEAD_OF_TIME):
        return PlainText("", status=_NOT_NOW)
    return await _follow(query, call, project, core, settings)


@nhost.post(
    "/verify",
    limit=BRUTE_FORCE,
    marks=(REDIRECTS,),
    answers={302: None},
    raises=(*_RAISES, OriginNotAllowed),
    tags=("verification",),
    operation="confirmTicket",
)
async def confirm_ticket(
    form: shapes.VerifyForm, call: Call, project: Project, core: Core, settings: NhostSettings
) -> Redirect:
    """Do what following the link would: the page with the button sends it."""
    refuse_foreign_page(call, settings)
    return await _follow(form, call, project, core, settings)


async def _follow(
    link: shapes.VerifyQuery | shapes.VerifyForm, call: Call, project: Project, core: Core, settings: NhostSettings
) -> Redirect:
    target = _target(project, link)
    kind, secret = ticket_secret(link.ticket)
    came = TicketVisit(
        TICKET_KINDS[kind].purpose, secret, challenge=link.code_challenge, needs_challenge=settings.pkce_only
    )
    outcome = await core.verify_email.and_sign_in(visit_of(call, project), came, door_terms(project))
    return Redirect(with_parameters(target, **brought_by(outcome), type=kind))


def _target(project: Project, link: shapes.VerifyQuery | shapes.VerifyForm) -> str:
    if not is_url(link.redirect_to):
        raise NothingAsked("redirectTo is not a URL", path="redirectTo")
    target = allowed_target(project.policy, link.redirect_to)
    if link.code_challenge is not None and not re.fullmatch(shapes.CODE_CHALLENGE, link.code_challenge):
        raise InvalidAuthorizationCode
    return target
