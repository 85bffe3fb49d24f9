"""Registers somebody by their number, who comes in by the code that is sent to it."""

from dataclasses import dataclass

from vestibule.core.guesses import GuessCode
from vestibule.core.letters import even_pace
from vestibule.core.projects import Visit
from vestibule.core.signup import refuse_if_disabled, refuse_unless_open
from vestibule.core.text_codes.sending import SendText
from vestibule.core.text_codes.wish import TextCodeWish, TextNewcomers, admitted, refuse_unless_enabled
from vestibule.core.texts import TextPostage
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory, refuse_unless_welcome
from vestibule.kernel.errors import PhoneTaken
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class SignUpWithTextCode:
    """Sends a code to who is new. Whoever has the number already is sent nothing, and nobody told (security 83)."""

    db: Database
    users: UserDirectory
    postage: TextPostage
    guesses: GuessCode
    texts: SendText
    newcomers: TextNewcomers

    async def __call__(self, visit: Visit, wish: TextCodeWish) -> None:
        """Raises: EndpointDisabled, SignUpDisabled, CannotSendText, TooManyAttempts, what targets and options raise.

        UserNotActive, AnonymousNotAllowed, EmailNotVerified and EmailRefused tell that somebody is kept out; the first
        may also mean: created, but disabled.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        refuse_unless_open(policy)
        newcomer = admitted(policy, wish)
        await self.postage.count_request(visit, newcomer.phone)
        await self.guesses.begin_anew(visit, Purpose.TEXT_CODE, newcomer.phone.e164)
        async with even_pace(self.postage.clock, self.texts.answer_after_seconds):
            subject = await self.users.subject_by_phone(self.db, visit.project.id, newcomer.phone.e164)
            if subject is not None:
                refuse_unless_welcome(policy, subject)
                return
            try:
                subject = await self.newcomers(visit, newcomer)
            except PhoneTaken:  # by somebody else this moment
                return
            refuse_if_disabled(subject)
