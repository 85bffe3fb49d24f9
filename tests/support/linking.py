"""Short ways with magic links: ask, open the letter, follow the link or type the code."""

from dataclasses import replace
from typing import Any, Final

from tests.support.cores import DOOR, LETTER, CoreUnderTest
from vestibule.core.emails import LinkOutcome, TicketVisit
from vestibule.core.letters import LetterForm
from vestibule.core.links import LinkWish
from vestibule.core.outbox import MailVariables
from vestibule.core.projects import Visit
from vestibule.core.signin import Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserOptions

ANN: Final = "ann@example.com"
WITH_CODE: Final = replace(LETTER, with_code=True)
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
WITH_CHALLENGE: Final = replace(WITH_CODE, challenge=CHALLENGE)


def linking(under_test: CoreUnderTest, dialect: str = "nhost", **policy: Any) -> Visit:
    """Return a request to a project where people sign in by links."""
    return under_test.visit(dialect, **{"sign_in_links_enabled": True, **policy})


async def ask(
    under_test: CoreUnderTest, email: str = ANN, *, visit: Visit | None = None, letter: LetterForm = WITH_CODE
) -> list[MailVariables]:
    """Ask for a link to sign in; return what was mailed."""
    wish = LinkWish(email=email, letter=letter, options=UserOptions())
    await under_test.core.request_sign_in_link(visit or linking(under_test), wish)
    return await under_test.letters()


async def asked(under_test: CoreUnderTest, email: str = ANN, **how: Any) -> MailVariables:
    """Ask for a link to sign in; return the one letter about it."""
    [letter] = await ask(under_test, email, **how)
    return letter


def came(letter: MailVariables, purpose: Purpose = Purpose.SIGN_IN_LINK, **more: Any) -> TicketVisit:
    """Return the ticket of a letter as its link brings it back."""
    return TicketVisit(purpose, bytes.fromhex(letter.ticket), **more)


async def follow(
    under_test: CoreUnderTest,
    letter: MailVariables,
    purpose: Purpose = Purpose.SIGN_IN_LINK,
    *,
    visit: Visit | None = None,
    **more: Any,
) -> LinkOutcome:
    """Follow the link of a letter."""
    brought = came(letter, purpose, **more)
    return await under_test.core.verify_email.and_sign_in(visit or linking(under_test), brought, DOOR)


async def followed(under_test: CoreUnderTest, letter: MailVariables, **how: Any) -> SignedIn:
    """Follow the link of a letter and be signed in."""
    outcome = await follow(under_test, letter, **how)
    assert isinstance(outcome, SignedIn)
    return outcome


async def type_code(
    under_test: CoreUnderTest, code: str, email: str = ANN, *, visit: Visit | None = None
) -> SignedIn | SecondFactorRequired:
    """Sign in by typing the code of a letter."""
    visit = visit or linking(under_test)
    verify = under_test.core.verify_email
    subject = await under_test.core.users.subject_by_email(under_test.db, visit.project.id, email)
    assert subject is not None
    ticket = await verify.tickets.guess(
        under_test.db, visit.project.id, Purpose.EMAIL_CODE, visit.dialect, subject.id, code.encode()
    )
    async with under_test.db.write() as tx:
        await verify.prove(tx, visit, ticket)
        return await verify.finish(tx, visit, Identified(subject.id, Method.EMAIL_CODE), DOOR)
