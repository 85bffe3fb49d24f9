"""Letters that carry a ticket: the ticket and the mail about it are written in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.core.letters.postage import MAIL_BUDGET, Postage
from vestibule.core.outbox import MailVariables, Message, Outbox, TemplateName
from vestibule.core.projects import Visit
from vestibule.core.tickets import NewTicket, Purpose, TicketDesk
from vestibule.core.users import CredentialRow, Subject
from vestibule.kernel.ids import UserId
from vestibule.storage import Queries

__all__ = ["MAIL_BUDGET", "LetterForm", "Postage", "SendLetter"]

_TEMPLATES: Final[dict[Purpose, TemplateName]] = {
    Purpose.EMAIL_VERIFICATION: "email-verify",
    Purpose.PASSWORD_RESET: "password-reset",
}


@dataclass(frozen=True, slots=True)
class LetterForm:
    """How a door writes a ticket: as text, and as a link built from its configured public URL; good for `life`."""

    ticket_text: Callable[[bytes], str]
    link: Callable[[str], str]
    life: timedelta
    link_type: str = ""
    redirect_to: str = ""
    server_url: str = ""
    client_url: str = ""


@dataclass(frozen=True, slots=True)
class SendLetter:
    """Issues a ticket and queues the mail that carries it; who may ask for it has been counted by `Postage`."""

    tickets: TicketDesk
    outbox: Outbox

    async def __call__(
        self,
        tx: Queries,
        visit: Visit,
        purpose: Purpose,
        form: LetterForm,
        *,
        subject: Subject,
        credential: CredentialRow,
    ) -> None:
        """Write both rows in the caller's transaction, which holds the user; a dead mail server is never noticed here.

        The ticket is bound to the address it is sent to: it proves that one and no other (security 14).
        """
        ticket = NewTicket(
            project_id=visit.project.id,
            purpose=purpose,
            dialect=visit.dialect,
            life=form.life,
            user_id=subject.id,
            credential_id=credential.id,
            client_id=visit.client_id,
            address=credential.email_key,
        )
        text = form.ticket_text(await self.tickets.issue(tx, ticket))
        variables = MailVariables(
            product=visit.project.name,
            link=form.link(text),
            ticket=text,
            redirect_to=form.redirect_to,
            email=credential.email,
            display_name=subject.display_name,
            locale=subject.locale,
            server_url=form.server_url,
            client_url=form.client_url,
            link_type=form.link_type,
        )
        message = Message(
            project_id=visit.project.id,
            template=_TEMPLATES[purpose],
            recipient=credential.email,
            variables=variables,
            locale=subject.locale,
            user_id=UserId(subject.id),
        )
        await self.outbox.enqueue(tx, message)
