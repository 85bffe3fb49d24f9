"""Signs up with a passkey: a user without a password, whose first key is made before there is a row of theirs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from vestibule.core.letters import LetterForm, Postage, SendLetter
from vestibule.core.passkeys.ceremonies import CreationOptions
from vestibule.core.passkeys.challenges import Asked, Challenges, PlannedUser, relying_party
from vestibule.core.passkeys.keeping import KeepPasskey, NewPasskey
from vestibule.core.projects import Visit, WebAuthn
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SignedIn
from vestibule.core.signup import RegisterUser, refuse_if_disabled, refuse_unless_open
from vestibule.core.tickets import Purpose
from vestibule.core.users import (
    NewUser,
    Subject,
    UserDirectory,
    UserOptions,
    chosen_options,
    parse_email,
    refuse_address_outside_lists,
)
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import PasskeyRefused
from vestibule.kernel.ids import UserId
from vestibule.storage import Database, Queries

CheckRedirect = Callable[[str | None], object]
WriteLetter = Callable[[str | None], LetterForm]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeySignUp:
    """Who wants to sign up; `redirect_to` is where the verification letter leads, None for the project's default."""

    email: str
    options: UserOptions = field(default_factory=UserOptions)
    redirect_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeySignUpAnswer:
    """The new key. `options` and `redirect_to` replace what was asked for at the beginning, member by member."""

    passkey: NewPasskey
    options: UserOptions = field(default_factory=UserOptions)
    redirect_to: str | None = None


@dataclass(frozen=True, slots=True)
class SignUpWithPasskey:
    """That an address is taken is told to whoever has finished the ceremony, not to whoever begins one."""

    db: Database
    clock: Clock
    entropy: Entropy
    challenges: Challenges
    register: RegisterUser
    users: UserDirectory
    keep: KeepPasskey
    postage: Postage
    letters: SendLetter
    finish_sign_in: FinishSignIn

    async def begin(self, visit: Visit, new: PasskeySignUp, check_redirect: CheckRedirect) -> CreationOptions:
        """Return options for a user who does not exist yet; `check_redirect` refuses targets that may not be.

        Raises: EndpointDisabled, SignUpDisabled, InvalidEmail, EmailRefused, RedirectNotAllowed, and what the rules
        on roles and metadata raise.
        """
        party = self._open(visit)
        policy = visit.project.policy
        address = parse_email(new.email)
        check_redirect(new.redirect_to)
        chosen = chosen_options(policy, new.options, address.text)
        refuse_address_outside_lists(policy, address)
        user_id = new_uuid7(self.entropy, to_micros(self.clock.now()))
        planned = PlannedUser(
            id=user_id,
            email=address.text,
            display_name=new.options.display_name,
            locale=new.options.locale,
            default_role=new.options.default_role,
            roles=new.options.roles,
            metadata=new.options.metadata,
            redirect_to=new.redirect_to,
        )
        challenge = await self.challenges.issue(visit, Purpose.PASSKEY_SIGN_UP, Asked(new_user=planned))
        return CreationOptions(party=party, challenge=challenge, user_id=user_id, name=chosen.display_name)

    async def finish(
        self, visit: Visit, answer: PasskeySignUpAnswer, write_letter: WriteLetter, terms: DoorTerms
    ) -> SignedIn | None:
        """Return the session of the new user; None where the address must be verified first.

        `write_letter` makes the verification letter for a redirect target. Raises: EndpointDisabled, SignUpDisabled,
        PasskeyRefused, EmailTaken, EmailRefused, UserNotActive (created, but disabled), TooManyAttempts,
        RedirectNotAllowed, and what the rules on roles and metadata raise.
        """
        party = self._open(visit)
        attestation = answer.passkey.presented.read()
        answered = await self.challenges.take(visit, Purpose.PASSKEY_SIGN_UP, attestation)
        planned = answered.asked.new_user
        if planned is None:
            raise PasskeyRefused
        letter = write_letter(answer.redirect_to or planned.redirect_to)
        user = _new_user(visit, planned, answer.options)
        key = await self.keep.verified(attestation, answered.expected(party))
        if visit.project.policy.verified_email_required and not visit.project.policy.new_users_disabled:
            await self.postage.count_letter(visit)
        async with self.db.write() as tx:
            subject = await self.register(tx, visit, user)
            await self.keep(tx, visit, subject.id, key, answer.passkey.nickname)
            signed_in = await self._follow(tx, visit, subject, letter, terms)
        refuse_if_disabled(subject)
        return signed_in

    async def _follow(
        self, tx: Queries, visit: Visit, subject: Subject, letter: LetterForm, terms: DoorTerms
    ) -> SignedIn | None:
        project = visit.project
        if project.policy.new_users_disabled:
            return None
        if project.policy.verified_email_required:
            credentials = await self.users.credentials(tx, project.id, subject.id)
            await self.letters(
                tx, visit, Purpose.EMAIL_VERIFICATION, letter, subject=subject, credential=credentials[0]
            )
            return None
        finished = await self.finish_sign_in(tx, visit, Identified(subject.id, Method.SIGN_UP), terms)
        return finished if isinstance(finished, SignedIn) else None  # a user of this moment has no second factor

    def _open(self, visit: Visit) -> WebAuthn:
        party = relying_party(visit)
        refuse_unless_open(visit.project.policy)
        return party


def _new_user(visit: Visit, planned: PlannedUser, said_later: UserOptions) -> NewUser:
    """Apply the rules to what was asked for at the beginning, and since.

    Raises: EmailRefused, RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge.
    """
    policy = visit.project.policy
    address = parse_email(planned.email)
    remembered = UserOptions(
        display_name=planned.display_name,
        locale=planned.locale,
        default_role=planned.default_role,
        roles=planned.roles,
        metadata=planned.metadata,
    )
    since = {name: value for name, value in asdict(said_later).items() if value is not None}
    options = chosen_options(policy, replace(remembered, **since), address.text)
    refuse_address_outside_lists(policy, address)
    return NewUser(id=UserId(planned.id), address=address, options=options)
