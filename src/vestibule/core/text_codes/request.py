"""Asks for a text to sign in with. Whoever is unknown is registered by it, unless the project wants sign-ups apart.

What may be refused is refused before anything is sent: a text costs money.
"""

from contextlib import suppress
from dataclasses import dataclass

from vestibule.core.guesses import GuessCode
from vestibule.core.letters import ANSWER_AFTER_SECONDS, even_pace
from vestibule.core.projects import Visit
from vestibule.core.signup import refuse_if_disabled, refuse_unless_open
from vestibule.core.text_codes.sending import SendText
from vestibule.core.text_codes.wish import Newcomer, TextCodeWish, TextNewcomers, admitted, refuse_unless_enabled
from vestibule.core.texts import TextPostage
from vestibule.core.tickets import Purpose
from vestibule.core.users import Subject, UserDirectory, refuse_unless_welcome
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    CannotSendText,
    EmailNotVerified,
    EmailRefused,
    PhoneTaken,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class RequestTextCode:
    """Sends a code; the older one dies. Known and unknown numbers get one answer, as late (security 82)."""

    db: Database
    users: UserDirectory
    postage: TextPostage
    guesses: GuessCode
    texts: SendText
    newcomers: TextNewcomers

    async def __call__(self, visit: Visit, wish: TextCodeWish) -> None:
        """Raises: EndpointDisabled, CannotSendText, TooManyAttempts, and what targets and options raise.

        Where it may register who is unknown, also SignUpDisabled, and what says that somebody is kept out:
        UserNotActive, AnonymousNotAllowed, EmailNotVerified, EmailRefused. Where it may not, nothing more is told.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        newcomer = admitted(policy, wish)
        await self.postage.count_request(visit, newcomer.phone)
        await self.guesses.begin_anew(visit, Purpose.TEXT_CODE, newcomer.phone.e164)
        is_quiet = not policy.auto_sign_up_enabled
        async with even_pace(self.postage.clock, self.texts.answer_after_seconds if is_quiet else ANSWER_AFTER_SECONDS):
            subject = await self._known(visit, newcomer)
            if is_quiet:
                await self._quietly(visit, subject, newcomer)
            elif subject is None:
                await self._newly(visit, newcomer)
            else:
                await self._again(visit, subject, newcomer)

    async def _known(self, visit: Visit, wish: Newcomer) -> Subject | None:
        return await self.users.subject_by_phone(self.db, visit.project.id, wish.phone.e164)

    async def _again(self, visit: Visit, subject: Subject, wish: Newcomer) -> None:
        refuse_unless_welcome(visit.project.policy, subject)
        await self.texts.start(wish.phone, subject.locale)
        async with self.db.write() as tx:
            try:
                held = await self.users.held(tx, visit.project.id, subject.id)
            except UserNotFound:  # deleted this moment
                return
            await self.texts.write(tx, visit, Purpose.TEXT_CODE, subject=held, phone=wish.phone)
        await self.texts.record(visit, wish.phone)

    async def _newly(self, visit: Visit, wish: Newcomer) -> None:
        refuse_unless_open(visit.project.policy)
        try:
            refuse_if_disabled(await self.newcomers(visit, wish))
        except PhoneTaken:  # by somebody else this moment, who was sent a code
            subject = await self._known(visit, wish)
            if subject is not None:
                refuse_unless_welcome(visit.project.policy, subject)

    async def _quietly(self, visit: Visit, subject: Subject | None, wish: Newcomer) -> None:
        if subject is not None:
            with suppress(EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed, CannotSendText):
                await self._again(visit, subject, wish)
