"""Somebody who changes their address."""

from uuid import UUID

from tests.support.cores import LETTER, CoreUnderTest
from tests.support.linking import ANN, followed
from vestibule.core.emails import EmailChange
from vestibule.core.outbox import MailVariables
from vestibule.core.projects import Visit
from vestibule.core.signin import SignedIn
from vestibule.core.tickets import Purpose

NEW = "Ann.Smith@example.com"


async def ask(
    under_test: CoreUnderTest, who: SignedIn | UUID, new: str = NEW, *, visit: Visit | None = None
) -> list[MailVariables]:
    """Ask for another address; return what was mailed."""
    user_id, session_id = (who, None) if isinstance(who, UUID) else (who.subject.id, who.session.id)
    wish = EmailChange(user_id=user_id, new_email=new, letter=LETTER, session_id=session_id)
    await under_test.core.request_email_change(visit or under_test.visit(), wish)
    return await under_test.letters()


async def confirm(under_test: CoreUnderTest, letter: MailVariables, visit: Visit | None = None) -> SignedIn:
    visit = visit or under_test.visit()
    return await followed(under_test, letter, purpose=Purpose.EMAIL_CHANGE, visit=visit)


async def verified(under_test: CoreUnderTest, email: str = ANN) -> SignedIn:
    """Sign up with a password, and prove the address."""
    await under_test.register(email, visit=under_test.visit(verified_email_required=True), letter=LETTER)
    [letter] = await under_test.letters()
    return await followed(under_test, letter, purpose=Purpose.EMAIL_VERIFICATION, visit=under_test.visit())


async def email_of(under_test: CoreUnderTest, user_id: UUID) -> str | None:
    return (await under_test.core.users.subject(under_test.db, under_test.project.id, user_id)).email
