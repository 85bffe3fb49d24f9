"""The mailed link that proves an address. Opening it counts; a mail scanner's look at it does not."""

from typing import Final

from vestibule.core.emails import TicketVisit
from vestibule.core.facade import Core
from vestibule.core.tickets import Purpose
from vestibule.dialects.accountmaker.clients import client_of, visit_of
from vestibule.dialects.accountmaker.dialect import CLIENT_OF_TICKET, CSRF_FREE, ONE_TIME_TOKENS, accountmaker
from vestibule.dialects.accountmaker.links import appended
from vestibule.dialects.accountmaker.shapes import VerifiedEmail, VerifyBody, VerifyQuery
from vestibule.dialects.accountmaker.tokens import parse_ticket
from vestibule.kernel.errors import ExpiredTicket, InvalidTicket, RedirectNotAllowed
from vestibule.wire import Answer, Call, Redirect

_SEE_OTHER: Final = 303
_NO_CONTENT: Final = 204


@accountmaker.get(
    "/auth/verify",
    head=True,
    limit=ONE_TIME_TOKENS,
    marks=[CLIENT_OF_TICKET],
    tags=["verification"],
    answers={_SEE_OTHER: None, _NO_CONTENT: None},
    raises=[InvalidTicket, ExpiredTicket, RedirectNotAllowed],
)
async def verify(query: VerifyQuery, call: Call, core: Core) -> Answer[VerifiedEmail] | Answer[None] | Redirect:
    """Prove an address with the token of a mailed link. Signs nobody in.

    HEAD and prefetching answer 204 and leave the token unused.
    """
    if call.method == "HEAD" or _is_prefetch(call):
        return Answer(None)
    visit = visit_of(call) if call.project else None
    if query.redirect_uri is not None and (visit is None or query.redirect_uri not in client_of(visit).redirect_uris):
        raise RedirectNotAllowed
    email = await _proven(query.token, call, core)
    if query.redirect_uri is not None:
        return Redirect(appended(query.redirect_uri, "verified", "true"), status=_SEE_OTHER)
    return Answer(VerifiedEmail(email))


@accountmaker.post(
    "/auth/verify",
    limit=ONE_TIME_TOKENS,
    marks=[CLIENT_OF_TICKET, CSRF_FREE],
    tags=["verification"],
    raises=[InvalidTicket, ExpiredTicket],
)
async def verify_by_post(body: VerifyBody, call: Call, core: Core) -> VerifiedEmail:
    """Prove an address; the token stays out of URLs."""
    return VerifiedEmail(await _proven(body.token, call, core))


async def _proven(token: str, call: Call, core: Core) -> str:
    parsed = parse_ticket(token)
    if parsed is None or call.project is None:
        raise InvalidTicket
    visit = visit_of(call)
    ticket = await core.verify_email(visit, TicketVisit(Purpose.EMAIL_VERIFICATION, parsed.secret))
    if ticket.address is None:
        raise InvalidTicket
    return ticket.address


def _is_prefetch(call: Call) -> bool:
    return any("prefetch" in (call.header(name) or "") for name in ("purpose", "sec-purpose"))
