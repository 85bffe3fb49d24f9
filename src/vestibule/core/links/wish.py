"""Who wants a link, whether the project lets them, and the letter itself: what signing in and signing up share."""

from contextlib import suppress
from dataclasses import dataclass, field

from vestibule.core.letters import LetterForm, SendLetter
from vestibule.core.projects import Policy, Visit
from vestibule.core.signup import RegisterUser
from vestibule.core.tickets import Purpose
from vestibule.core.users import (
    ChosenOptions,
    EmailAddress,
    NewUser,
    Subject,
    UserDirectory,
    UserOptions,
    chosen_options,
    parse_email,
    refuse_address_outside_lists,
    refuse_unless_welcome,
)
from vestibule.kernel.errors import EmailNotVerified, EndpointDisabled, UserNotFound
from vestibule.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWish:
    """Somebody wants to come in by a link that is mailed to this address; `options` count for who is new."""

    email: str
    letter: LetterForm
    options: UserOptions = field(default_factory=UserOptions)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A wish that the project's rules let pass."""

    address: EmailAddress
    options: ChosenOptions
    letter: LetterForm


def refuse_unless_enabled(policy: Policy) -> None:
    """Raises: EndpointDisabled where the project has no links."""
    if not policy.sign_in_links_enabled:
        raise EndpointDisabled


def admitted(policy: Policy, wish: LinkWish) -> Newcomer:
    """Return the wish if its address and options may come.

    Raises: InvalidEmail, EmailRefused, RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge.
    """
    address = parse_email(wish.email)
    refuse_address_outside_lists(policy, address)
    return Newcomer(address, chosen_options(policy, wish.options, address.text), wish.letter)


def refuse_kept_out(policy: Policy, subject: Subject) -> None:
    """Let pass whoever is merely unverified: the link is the proof.

    Raises: EmailRefused, UserNotActive, AnonymousNotAllowed.
    """
    with suppress(EmailNotVerified):
        refuse_unless_welcome(policy, subject)


@dataclass(frozen=True, slots=True)
class MailLink:
    """Writes the letter, with the user's row where there is none yet. It was counted by `Postage`."""

    db: Database
    users: UserDirectory
    register: RegisterUser
    letters: SendLetter

    async def to_known(self, visit: Visit, subject: Subject, wish: Newcomer) -> None:
        """Mail a link to somebody who has the address; nobody, if it is gone this moment."""
        project = visit.project
        async with self.db.write() as tx:
            with suppress(UserNotFound):
                await self.users.held(tx, project.id, subject.id)
            for credential in await self.users.credentials(tx, project.id, subject.id):
                if credential.email_key == wish.address.key:
                    await self.letters(
                        tx, visit, Purpose.SIGN_IN_LINK, wish.letter, subject=subject, credential=credential
                    )

    async def to_new(self, visit: Visit, wish: Newcomer) -> Subject:
        """Register somebody and mail a link, unless they are disabled as every new user is: the caller says so.

        Raises: SignUpDisabled, EmailTaken.
        """
        async with self.db.write() as tx:
            subject = await self.register(tx, visit, NewUser(address=wish.address, options=wish.options))
            if subject.status == "active":
                [credential] = await self.users.credentials(tx, visit.project.id, subject.id)
                await self.letters(tx, visit, Purpose.SIGN_IN_LINK, wish.letter, subject=subject, credential=credential)
        return subject
