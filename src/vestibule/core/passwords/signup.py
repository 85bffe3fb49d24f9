"""Signs up with email and password: user, account, session or verification mail, in one transaction."""

from dataclasses import dataclass, field

from vestibule.core.letters import LetterForm, Postage, SendLetter
from vestibule.core.passwords.hashing import Hashing
from vestibule.core.passwords.leaks import VetPassword
from vestibule.core.passwords.rules import NewPassword
from vestibule.core.projects import Policy, Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.signup import RegisterUser, refuse_if_disabled, refuse_unless_open
from vestibule.core.tickets import Purpose
from vestibule.core.users import (
    NewUser,
    Profile,
    Subject,
    UserDirectory,
    UserOptions,
    chosen_options,
    parse_email,
    refuse_address_outside_lists,
)
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSignUp:
    """What somebody signs up with.

    `letter` is the door's verification letter: sent when the project wants a verified address first, or, with
    `always_send`, in any case. `account_name` asks for an account of that name with the user as its owner.
    """

    email: str
    password: NewPassword
    options: UserOptions = field(default_factory=UserOptions)
    profile: Profile = field(default_factory=Profile)
    letter: LetterForm | None = None
    always_send: bool = False
    account_name: str | None = None


@dataclass(frozen=True, slots=True)
class SignUpOutcome:
    """The new user; `signed_in` is None where the address must be verified first."""

    subject: Subject
    signed_in: SignedIn | None


@dataclass(frozen=True, slots=True)
class SignUpWithPassword:
    """Registers a user. The password is hashed whether or not the address is free: both take as long."""

    db: Database
    users: UserDirectory
    register: RegisterUser
    hashing: Hashing
    vet: VetPassword
    postage: Postage
    letters: SendLetter
    finish: FinishSignIn

    async def __call__(self, visit: Visit, new: PasswordSignUp, terms: DoorTerms) -> SignUpOutcome:
        """Raises: SignUpDisabled, InvalidEmail, EmailRefused, EmailTaken, UsernameTaken, UserNotActive, Overloaded.

        And what the rules on passwords, roles and metadata raise, and TooManyAttempts where a letter would be sent.
        UserNotActive means: created, but disabled.
        """
        policy = visit.project.policy
        refuse_unless_open(policy)
        address = parse_email(new.email)
        refuse_address_outside_lists(policy, address)
        await self.vet(policy, new.password, email=address.key)
        options = chosen_options(policy, new.options, address.text)
        if _letter_of(policy, new) is not None:
            await self.postage.count_letter(visit)  # to one address it is one letter: then the address is taken
        user = NewUser(
            address=address,
            options=options,
            password_hash=await self.hashing.hash(new.password.secret),
            profile=new.profile,
        )
        async with self.db.write() as tx:
            outcome = await self._register(tx, visit, new, user, terms)
        refuse_if_disabled(outcome.subject)
        return outcome

    async def _register(
        self, tx: Queries, visit: Visit, new: PasswordSignUp, user: NewUser, terms: DoorTerms
    ) -> SignUpOutcome:
        policy = visit.project.policy
        subject = await self.register(tx, visit, user, account_name=new.account_name)
        letter = _letter_of(policy, new)
        if letter is not None:
            await self._verify(tx, visit, subject, letter)
        if policy.verified_email_required or policy.new_users_disabled:
            return SignUpOutcome(subject, None)
        finished = await self.finish(tx, visit, Identified(subject.id, Method.SIGN_UP), terms)
        if isinstance(finished, SecondFactorRequired):  # a user of this moment has no second factor
            return SignUpOutcome(finished.subject, None)
        return SignUpOutcome(finished.subject, finished)

    async def _verify(self, tx: Queries, visit: Visit, subject: Subject, letter: LetterForm) -> None:
        credentials = await self.users.credentials(tx, visit.project.id, subject.id)
        await self.letters(tx, visit, Purpose.EMAIL_VERIFICATION, letter, subject=subject, credential=credentials[0])


def _letter_of(policy: Policy, new: PasswordSignUp) -> LetterForm | None:
    """Return the letter that this sign-up sends, if any."""
    wanted = (new.always_send or policy.verified_email_required) and not policy.new_users_disabled
    return new.letter if wanted else None
