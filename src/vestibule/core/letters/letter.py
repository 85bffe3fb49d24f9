"""Letters that carry a ticket or a code: it and the mail about it are written in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from vestibule.core.outbox import MailVariables, Message, Outbox, TemplateName
from vestibule.core.projects import Visit
from vestibule.core.tickets import NewTicket, Purpose, TicketDesk
from vestibule.core.users import CredentialRow, EmailAddress, Subject
from vestibule.kernel.entropy import Entropy, random_text
from vestibule.kernel.ids import UserId
from vestibule.storage import Queries

_TEMPLATES: Final[dict[Purpose, TemplateName]] = {
    Purpose.EMAIL_VERIFICATION: "email-verify",
    Purpose.PASSWORD_RESET: "password-reset",
    Purpose.SIGN_IN_LINK: "signin-passwordless",
    Purpose.EMAIL_CHANGE: "email-confirm-change",
    Purpose.EMAIL_CODE: "signin-otp",
    Purpose.ELEVATION_EMAIL_CODE: "signin-otp",
}
CHALLENGE: Final = "challenge"  # in the payload of a letter's ticket
CODE_TRIES: Final = 5
CODE_LIFE: Final = timedelta(minutes=10)
_CODE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class LetterForm:
    """How a door writes a ticket: as text, and as a link built from its configured public URL; good for `life`.

    With `with_code` the letter also has a code to type, for readers who open their mail on another device. With a
    `challenge` (RFC 7636), kept with the ticket, what the link leads to is of use to who asked for it only.
    """

    ticket_text: Callable[[bytes], str]
    link: Callable[[str], str]
    life: timedelta
    link_type: str = ""
    redirect_to: str = ""
    server_url: str = ""
    client_url: str = ""
    with_code: bool = False
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class CodeForm:
    """What a door's letter with nothing but a code says about where the reader is going."""

    redirect_to: str = ""
    server_url: str = ""
    client_url: str = ""


@dataclass(frozen=True, slots=True)
class SendCode:
    """Issues codes of six digits: by mail, or for another channel to carry."""

    tickets: TicketDesk
    outbox: Outbox
    entropy: Entropy

    async def issue(self, tx: Queries, ticket: NewTicket) -> str:
        """Return a new code for the ticket's user and purpose; the older one dies. Only its keyed hash is stored."""
        code = random_text(self.entropy, "0123456789", _CODE_DIGITS)
        await self.tickets.issue(tx, ticket, code=code.encode())
        return code

    async def for_address(
        self,
        tx: Queries,
        visit: Visit,
        purpose: Purpose,
        credential: CredentialRow,
        *,
        letter: Purpose | None = None,
    ) -> str:
        """Return a new code that proves this address; `letter` is what the letter around it is for, if for more."""
        ticket = NewTicket(
            project_id=visit.project.id,
            purpose=purpose,
            dialect=visit.dialect,
            life=CODE_LIFE,
            user_id=credential.user_id,
            credential_id=credential.id,
            client_id=visit.client_id,
            address=credential.email_key,
            tries=CODE_TRIES,
            payload={} if letter is None else {"letter": letter.value},
        )
        return await self.issue(tx, ticket)

    async def mail(
        self,
        tx: Queries,
        visit: Visit,
        purpose: Purpose,
        form: CodeForm,
        *,
        subject: Subject,
        credential: CredentialRow,
    ) -> None:
        """Queue a letter with nothing but a code, in the caller's transaction, which holds the user."""
        code = await self.for_address(tx, visit, purpose, credential)
        variables = MailVariables(
            product=visit.project.name,
            ticket=code,
            code=code,
            redirect_to=form.redirect_to,
            email=credential.email,
            display_name=subject.display_name,
            locale=subject.locale,
            server_url=form.server_url,
            client_url=form.client_url,
        )
        await self.outbox.enqueue(tx, _message(visit, _TEMPLATES[purpose], credential.email, variables, subject))


@dataclass(frozen=True, slots=True)
class SendLetter:
    """Issues a ticket and queues the mail that carries it; who may ask for it has been counted by `Postage`."""

    tickets: TicketDesk
    outbox: Outbox
    codes: SendCode

    async def __call__(
        self,
        tx: Queries,
        visit: Visit,
        purpose: Purpose,
        form: LetterForm,
        *,
        subject: Subject,
        credential: CredentialRow | None,
        new_address: EmailAddress | None = None,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Write ticket and mail in the caller's transaction, which holds the user; a dead mail server is not noticed.

        The ticket is bound to the address it is sent to: it proves that one and no other (security 14). That is the
        credential's own, or the `new_address` that it is to become; who has no credential yet gets one by that.
        `payload` is kept with the ticket.
        """
        email, key = (credential.email, credential.email_key) if credential else ("", "")
        recipient = new_address.text if new_address else email
        ticket = NewTicket(
            project_id=visit.project.id,
            purpose=purpose,
            dialect=visit.dialect,
            life=form.life,
            user_id=subject.id,
            credential_id=credential.id if credential else None,
            client_id=visit.client_id,
            address=new_address.key if new_address else key,
            payload={**(payload or {}), **({CHALLENGE: form.challenge} if form.challenge else {})},
        )
        text = form.ticket_text(await self.tickets.issue(tx, ticket))
        code = ""
        if form.with_code and credential is not None:
            code = await self.codes.for_address(tx, visit, Purpose.EMAIL_CODE, credential, letter=purpose)
        variables = MailVariables(
            product=visit.project.name,
            link=form.link(text),
            ticket=text,
            code=code,
            redirect_to=form.redirect_to,
            email=email,
            new_email=new_address.text if new_address else "",
            display_name=subject.display_name,
            locale=subject.locale,
            server_url=form.server_url,
            client_url=form.client_url,
            link_type=form.link_type,
        )
        await self.outbox.enqueue(tx, _message(visit, _TEMPLATES[purpose], recipient, variables, subject))


def _message(
    visit: Visit, template: TemplateName, recipient: str, variables: MailVariables, subject: Subject
) -> Message:
    return Message(
        project_id=visit.project.id,
        template=template,
        recipient=recipient,
        variables=variables,
        locale=subject.locale,
        user_id=UserId(subject.id),
    )
