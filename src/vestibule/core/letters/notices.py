"""Notices: mails that tell a user what was changed, so that a change by somebody else does not stay unnoticed."""

from dataclasses import dataclass
from typing import Literal

from vestibule.core.outbox import MailVariables, Message, Outbox, TemplateName
from vestibule.core.outbox.message import SecurityEvent
from vestibule.core.projects import Visit
from vestibule.core.users import Subject
from vestibule.kernel.ids import UserId
from vestibule.storage import Queries


@dataclass(frozen=True, slots=True)
class SendNotice:
    """Queues a notice in the transaction of what it tells about."""

    outbox: Outbox

    async def __call__(
        self,
        tx: Queries,
        visit: Visit,
        subject: Subject,
        template: TemplateName,
        *,
        event: SecurityEvent | Literal[""] = "",
        recipient: str | None = None,
        new_email: str = "",
    ) -> None:
        """Tell the user at `recipient`, by default at their proven address; nobody is told nothing.

        `event` names what happened where one template tells of several things, as `passkey-added`.
        """
        policy = visit.project.policy
        address = recipient or (subject.email if subject.email_is_verified else None)
        if not policy.notices_enabled or address is None:
            return
        variables = MailVariables(
            product=visit.project.name,
            email=address,
            new_email=new_email,
            display_name=subject.display_name,
            locale=subject.locale,
            client_url=policy.client_url,
            event=event,
        )
        message = Message(
            project_id=visit.project.id,
            template=template,
            recipient=address,
            variables=variables,
            locale=subject.locale,
            user_id=UserId(subject.id),
        )
        await self.outbox.enqueue(tx, message)
