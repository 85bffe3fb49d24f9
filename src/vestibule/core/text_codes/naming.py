"""An anonymous user becomes known by a number: asked for here, and done by the code, at the sign-in by text."""

from dataclasses import dataclass, replace
from uuid import UUID

import msgspec

from vestibule.core.anonymous import Deanonymize, NewName
from vestibule.core.guesses import GuessCode, RightGuess
from vestibule.core.projects import Visit
from vestibule.core.signin import Method
from vestibule.core.text_codes.sending import SendText
from vestibule.core.text_codes.wish import TextCodeWish, admitted, refuse_unless_enabled
from vestibule.core.texts import PhoneNumber, TextPostage
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import ChosenOptions, Subject, UserDirectory
from vestibule.kernel.errors import InvalidTextCode, InvalidTicket, PhoneTaken, UserNotAnonymous, UserNotFound
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True)
class RequestNaming:
    """Sends a code to the number. Until it comes back the user has neither number nor name."""

    db: Database
    users: UserDirectory
    deanonymize: Deanonymize
    tickets: TicketDesk
    postage: TextPostage
    guesses: GuessCode
    texts: SendText

    async def __call__(self, visit: Visit, user_id: UUID, wish: TextCodeWish) -> None:
        """Of several users who name one number the last one counts, if they have the telephone.

        Raises: EndpointDisabled, UserNotFound, UserNotAnonymous, UserNotActive, PhoneTaken, CannotSendText,
        TooManyAttempts, and what targets and options raise.
        """
        project = visit.project
        refuse_unless_enabled(project.policy)
        subject = await self.deanonymize.candidate(visit, user_id)
        asked = replace(wish.options, locale=wish.options.locale or subject.locale)
        newcomer = admitted(project.policy, replace(wish, options=asked))
        phone, options = newcomer.phone, newcomer.options
        if wish.options.metadata is None:
            options = replace(options, metadata=subject.metadata)
        if await self.users.subject_by_phone(self.db, project.id, phone.e164) is not None:
            raise PhoneTaken
        await self.postage.count_request(visit, phone)
        await self.guesses.begin_anew(visit, Purpose.PHONE_NAMING, phone.e164)
        await self.texts.start(phone, options.locale)
        async with self.db.write() as tx:
            held = await self.users.held(tx, project.id, user_id)
            await self.tickets.withdraw_of_address(tx, project.id, Purpose.PHONE_NAMING, phone.e164)
            payload = msgspec.to_builtins(options)
            await self.texts.write(tx, visit, Purpose.PHONE_NAMING, subject=held, phone=phone, payload=payload)
        await self.texts.record(visit, phone)


@dataclass(frozen=True, slots=True)
class NameByNumber:
    """Takes the code of such a text: its user gets the number, proven, and what they asked to be called."""

    db: Database
    tickets: TicketDesk
    deanonymize: Deanonymize

    async def candidate(self, visit: Visit, phone: PhoneNumber) -> UUID | None:
        """Return who asked to be known by this number, if anybody did a moment ago."""
        return await self.tickets.user_of_address(
            self.db, visit.project.id, Purpose.PHONE_NAMING, visit.dialect, phone.e164
        )

    async def __call__(self, tx: Queries, visit: Visit, right: RightGuess, phone: PhoneNumber) -> Subject:
        """Return the named user, who may be disabled as every new one is; their anonymous sessions end.

        Raises: InvalidTextCode when the user is named, shut out or gone by now, or the number is somebody's.
        """
        options = msgspec.convert(right.ticket.payload, ChosenOptions)
        name = NewName(method=Method.TEXT_CODE, options=options, phone_number=phone.e164, ends_sessions=True)
        try:
            named = await self.deanonymize(tx, visit, right.user_id, name)
            await self.tickets.spend(tx, right.ticket)
        except (InvalidTicket, UserNotAnonymous, UserNotFound, PhoneTaken) as error:
            raise InvalidTextCode from error
        return named
