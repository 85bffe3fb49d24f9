"""Who wants a code by text, and whether the project lets them: what signing in and signing up share."""

from dataclasses import dataclass, field, replace

from vestibule.core.projects import Policy, Visit
from vestibule.core.redirects import allowed_target
from vestibule.core.signup import RegisterUser
from vestibule.core.text_codes.sending import SendText
from vestibule.core.texts import PhoneNumber, parse_phone
from vestibule.core.tickets import Purpose
from vestibule.core.users import ChosenOptions, NewUser, Subject, UserOptions, chosen_options
from vestibule.kernel.errors import EndpointDisabled
from vestibule.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCodeWish:
    """Somebody wants to come in by a code that is sent to this number; `options` count for who is new.

    `redirect_to` leads nowhere, and is checked for clients that send one.
    """

    phone_number: str
    redirect_to: str | None = None
    options: UserOptions = field(default_factory=UserOptions)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A wish that the project's rules let pass."""

    phone: PhoneNumber
    options: ChosenOptions


def refuse_unless_enabled(policy: Policy) -> None:
    """Raises: EndpointDisabled where the project has no codes by text."""
    if not policy.text_codes_enabled:
        raise EndpointDisabled


def phone_of(policy: Policy, text: str) -> PhoneNumber:
    """Return the number that is meant; in a project of one country it may be written as there.

    Raises: InvalidPhoneNumber.
    """
    countries = policy.text_countries
    return parse_phone(text, countries[0] if len(countries) == 1 else None)


def admitted(policy: Policy, wish: TextCodeWish) -> Newcomer:
    """Return the wish if its target, options and number may come.

    Raises: RedirectNotAllowed, RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge, InvalidPhoneNumber.
    """
    allowed_target(policy, wish.redirect_to)
    options = chosen_options(policy, wish.options, "")
    phone = phone_of(policy, wish.phone_number)
    return Newcomer(phone, options if wish.options.display_name else replace(options, display_name=phone.e164))


@dataclass(frozen=True, slots=True)
class TextNewcomers:
    """Registers somebody by their number, and sends them a code."""

    db: Database
    register: RegisterUser
    texts: SendText

    async def __call__(self, visit: Visit, wish: Newcomer) -> Subject:
        """Return the new user, who may be disabled as every new user is: then nothing is sent, and the caller says so.

        The provider is asked first: where it takes no number, nobody is registered.
        Raises: SignUpDisabled, PhoneTaken, CannotSendText.
        """
        will_be_sent = not visit.project.policy.new_users_disabled
        if will_be_sent:
            await self.texts.start(wish.phone, wish.options.locale)
        async with self.db.write() as tx:
            subject = await self.register(tx, visit, NewUser(phone_number=wish.phone.e164, options=wish.options))
            if will_be_sent:
                await self.texts.write(tx, visit, Purpose.TEXT_CODE, subject=subject, phone=wish.phone)
        if will_be_sent:
            await self.texts.record(visit, wish.phone)
        return subject
