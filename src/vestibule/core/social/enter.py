"""Comes in as whoever a provider says: the one place where an identity leads to a user.

Order matters: issuer and subject are asked first; an address only where the provider is believed about it, and then it
is a proof like a mailed link (security 1, 2); whoever is left is new.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from vestibule.core.letters import LetterForm, Postage, SendLetter, SendNotice
from vestibule.core.pkce import AuthorizationCode, IssueCode
from vestibule.core.projects import Policy, Visit
from vestibule.core.proofs import FirstProof
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.signup import RegisterUser, refuse_if_disabled, refuse_unless_open
from vestibule.core.social.identities import KeepIdentity, Stranger, stranger_of
from vestibule.core.social.model import Vouched
from vestibule.core.social.store import IdentityRow
from vestibule.core.tickets import Purpose
from vestibule.core.users import (
    NewUser,
    Profile,
    Subject,
    UserDirectory,
    UserOptions,
    chosen_options,
    refuse_address_outside_lists,
)
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailTaken,
    IdentityTaken,
    InvalidCredentials,
    UserExists,
    UserNotFound,
)
from vestibule.kernel.ids import UserId
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How somebody wants to come in.

    `options` count for who is new; `letter` is the door's verification letter, for an address that nobody vouches for.
    With a `challenge` (RFC 7636) a code comes of it instead of a session.
    """

    flow: Literal["sign-in", "sign-up"]
    method: Method
    letter: LetterForm
    options: UserOptions = field(default_factory=UserOptions)
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A new user who is not signed in: a letter is on its way that proves the address first."""

    subject: Subject


CameIn: TypeAlias = SignedIn | SecondFactorRequired | AuthorizationCode
Entered: TypeAlias = CameIn | Registered


@dataclass(frozen=True, slots=True)
class EnterWithIdentity:
    """Signs in whoever is known, links whoever the provider vouches for, registers whoever is new."""

    db: Database
    clock: Clock
    users: UserDirectory
    register: RegisterUser
    keep: KeepIdentity
    first_proof: FirstProof
    postage: Postage
    letters: SendLetter
    notices: SendNotice
    finish: FinishSignIn
    issue_code: IssueCode

    async def __call__(self, visit: Visit, vouched: Vouched, entry: Entry, terms: DoorTerms) -> Entered:
        """Raises: ProviderProfileFailed, EmailNotVerified (an address of somebody's that nobody vouches for).

        Of who signs up and is known: UserExists. Of who is new: InvalidCredentials where sign-ups are a matter of their
        own, SignUpDisabled, EmailRefused, what the rules on options raise, UserNotActive, and TooManyAttempts where a
        letter would be sent. And what FinishSignIn raises.
        """
        who = stranger_of(vouched)
        try:
            return await self._once(visit, who, entry, terms)
        except (EmailTaken, IdentityTaken, UserNotFound):  # perhaps by somebody else, this moment: look again
            return await self._once(visit, who, entry, terms)

    async def _once(self, visit: Visit, who: Stranger, entry: Entry, terms: DoorTerms) -> Entered:
        project_id = visit.project.id
        known = await self.keep.find(self.db, project_id, who.identity)
        if known is not None:
            return await self._known(visit, known, who, entry, terms)
        if who.address is not None:
            subject = await self.users.subject_by_email(self.db, project_id, who.address.key)
            if subject is not None:
                return await self._vouched_for(visit, subject, who.address.key, who, entry, terms)
        return await self._new(visit, who, entry, terms)

    async def _known(self, visit: Visit, known: IdentityRow, who: Stranger, entry: Entry, terms: DoorTerms) -> CameIn:
        if entry.flow == "sign-up":
            raise UserExists
        async with self.db.write() as tx:
            came_in = await self._end(tx, visit, UserId(known.user_id), entry, terms)  # holds the user
            if not await self.keep.use(tx, visit.project.id, known, who):
                raise UserNotFound
            return came_in

    async def _vouched_for(
        self, visit: Visit, subject: Subject, email_key: str, who: Stranger, entry: Entry, terms: DoorTerms
    ) -> CameIn:
        if entry.flow == "sign-up":
            raise UserExists
        if not who.identity.email_is_vouched:
            raise EmailNotVerified
        project_id = visit.project.id
        async with self.db.write() as tx:
            await self.users.held(tx, project_id, subject.id)
            credentials = await self.users.credentials(tx, project_id, subject.id)
            proven = next((row for row in credentials if row.email_key == email_key), None)
            if proven is None:  # the address went elsewhere this moment
                raise UserNotFound
            await self.first_proof(tx, visit, proven, credentials)
            await self.keep.add(tx, visit, subject.id, who, is_used=True)
            came_in = await self._end(tx, visit, UserId(subject.id), entry, terms)
            await self.notices(tx, visit, came_in.subject, "security-changed", event="provider-added")
            return came_in

    async def _new(self, visit: Visit, who: Stranger, entry: Entry, terms: DoorTerms) -> Entered:
        policy = visit.project.policy
        if entry.flow == "sign-in" and not policy.auto_sign_up_enabled:
            raise InvalidCredentials
        refuse_unless_open(policy)
        if who.address is not None:
            refuse_address_outside_lists(policy, who.address)
        identity = who.identity
        new = NewUser(
            options=chosen_options(policy, entry.options, identity.name or identity.subject),
            address=who.address,
            verified_at=self.clock.now() if identity.email_is_vouched else None,
            profile=Profile(avatar_url=identity.picture or None),
        )
        must_verify = _must_verify(policy, who)
        if must_verify:
            await self.postage.count_letter(visit)
        async with self.db.write() as tx:
            entered = await self._register(tx, visit, who, new, entry, terms)
        refuse_if_disabled(entered.subject)
        return entered

    async def _register(
        self, tx: Queries, visit: Visit, who: Stranger, new: NewUser, entry: Entry, terms: DoorTerms
    ) -> Entered:
        subject = await self.register(tx, visit, new)
        await self.keep.add(tx, visit, subject.id, who, is_used=True)
        if _must_verify(visit.project.policy, who):
            [credential] = await self.users.credentials(tx, visit.project.id, subject.id)
            await self.letters(
                tx, visit, Purpose.EMAIL_VERIFICATION, entry.letter, subject=subject, credential=credential
            )
            return Registered(subject)
        if subject.status != "active":
            return Registered(subject)  # to be refused after the commit
        return await self._end(tx, visit, UserId(subject.id), entry, terms)

    async def _end(self, tx: Queries, visit: Visit, user_id: UserId, entry: Entry, terms: DoorTerms) -> CameIn:
        who = Identified(user_id, entry.method)
        if entry.challenge is not None:
            return await self.issue_code(tx, visit, who, entry.challenge)
        return await self.finish(tx, visit, who, terms)


def _must_verify(policy: Policy, who: Stranger) -> bool:
    """Tell whether a new user is sent a letter first; those who are disabled from the start are sent nothing."""
    unproven = who.address is not None and not who.identity.email_is_vouched
    return unproven and policy.verified_email_required and not policy.new_users_disabled
