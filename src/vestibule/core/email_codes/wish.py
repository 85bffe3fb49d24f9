"""Who wants a code by mail, whether the project lets them, and the letter: what signing in and signing up share."""

from contextlib import suppress
from dataclasses import dataclass, field, replace

from vestibule.core.letters import CodeForm, SendCode
from vestibule.core.projects import Policy, Visit
from vestibule.core.redirects import allowed_target
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
class EmailCodeWish:
    """Somebody wants to come in by a code that is mailed to this address.

    `redirect_to` is where they say they are going, for the letter; `options` count for who is new.
    """

    email: str
    form: CodeForm
    redirect_to: str | None = None
    options: UserOptions = field(default_factory=UserOptions)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A wish that the project's rules let pass."""

    address: EmailAddress
    options: ChosenOptions
    form: CodeForm


def refuse_unless_enabled(policy: Policy) -> None:
    """Raises: EndpointDisabled where the project has no codes by mail."""
    if not policy.email_codes_enabled:
        raise EndpointDisabled


def admitted(policy: Policy, wish: EmailCodeWish) -> Newcomer:
    """Return the wish if its address, target and options may come.

    Raises: InvalidEmail, EmailRefused, RedirectNotAllowed, RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge.
    """
    address = parse_email(wish.email)
    refuse_address_outside_lists(policy, address)
    form = replace(wish.form, redirect_to=allowed_target(policy, wish.redirect_to))
    return Newcomer(address, chosen_options(policy, wish.options, address.text), form)


def refuse_kept_out(policy: Policy, subject: Subject) -> None:
    """Raises: EmailRefused, UserNotActive, AnonymousNotAllowed. The unverified prove their address by the code."""
    with suppress(EmailNotVerified):
        refuse_unless_welcome(policy, subject)


@dataclass(frozen=True, slots=True)
class MailCode:
    """Writes the letter, with the user's row where there is none yet. It was counted by `Postage`."""

    db: Database
    users: UserDirectory
    register: RegisterUser
    codes: SendCode

    async def to_known(self, visit: Visit, subject: Subject, wish: Newcomer) -> None:
        """Mail a code to somebody who has the address; the older one dies. Nobody is mailed who is gone this moment."""
        project = visit.project
        async with self.db.write() as tx:
            with suppress(UserNotFound):
                await self.users.held(tx, project.id, subject.id)
            for credential in await self.users.credentials(tx, project.id, subject.id):
                if credential.email_key == wish.address.key:
                    await self.codes.mail(
                        tx, visit, Purpose.EMAIL_CODE, wish.form, subject=subject, credential=credential
                    )

    async def to_new(self, visit: Visit, wish: Newcomer) -> Subject:
        """Register somebody and mail a code, unless they are disabled as every new user is: the caller says so.

        Raises: SignUpDisabled, EmailTaken.
        """
        async with self.db.write() as tx:
            subject = await self.register(tx, visit, NewUser(address=wish.address, options=wish.options))
            if subject.status == "active":
                [credential] = await self.users.credentials(tx, visit.project.id, subject.id)
                await self.codes.mail(tx, visit, Purpose.EMAIL_CODE, wish.form, subject=subject, credential=credential)
        return subject
