"""Finishes every sign-in, whatever the method: the gate that a new method cannot forget to pass.

Order matters: the user is read again and held in the caller's transaction (they may just have been disabled), then the
second factor is decided on, and only then does a session exist. A pending second factor is a ticket.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from vestibule.core.accounts import AccountDirectory, MembershipRow, chosen_membership
from vestibule.core.attempts import Aim, DelayedTries
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Policy, Visit
from vestibule.core.sessions import ROTATING, IssueSession, Session, SessionTerms
from vestibule.core.tickets import NewTicket, Purpose, TicketDesk
from vestibule.core.users import Subject, UserDirectory, parse_email, refuse_unless_welcome
from vestibule.kernel.errors import InvalidEmail, UserNotActive
from vestibule.kernel.meters import Meter, Meters
from vestibule.storage import Queries

_SECOND_FACTOR_LIFE: Final = timedelta(minutes=5)
_SECOND_FACTOR_TRIES: Final = 5


class Method(StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    SIGN_UP = "sign-up"
    EMAIL_LINK = "email-link"
    EMAIL_CODE = "email-code"
    TEXT_CODE = "text-code"
    PASSKEY = "passkey"
    PROVIDER = "provider"
    ID_TOKEN = "id-token"  # noqa: S105 - as above
    ANONYMOUS = "anonymous"
    ACCESS_TOKEN = "access-token"  # noqa: S105 - as above
    SECOND_FACTOR = "second-factor"
    ELEVATION = "elevation"


# They come after another proof: the second factor itself, a fresh one of somebody who is signed in, a token that
# was made by somebody who was. A personal access token is for programs, which have no second factor to show.
_COMPLETE: Final = frozenset({Method.SECOND_FACTOR, Method.ELEVATION, Method.ACCESS_TOKEN})

# They show that the owner of the mailbox, the number or the account elsewhere is there.
_OTHER_PROOFS: Final = frozenset(
    {Method.EMAIL_LINK, Method.EMAIL_CODE, Method.TEXT_CODE, Method.PROVIDER, Method.ID_TOKEN}
)


SIGN_INS: Final = Meter(
    "vestibule_sign_ins", "Sessions that sign-ins began, sign-ups included", "method", tuple(Method)
)


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody who has proven to be this user, by this method."""

    user_id: UUID
    method: Method


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorTerms:
    """What a door's sessions are like. With `in_account` they work in one account of the user.

    `account_id` asks for a certain account; without it the preferred or the oldest membership counts.
    """

    life: timedelta
    rotation: str = ROTATING
    in_account: bool = False
    account_id: UUID | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. `memberships` is filled, and `membership` chosen, only at doors that work in accounts."""

    subject: Subject
    session: Session
    secret: bytes
    membership: MembershipRow | None = None
    memberships: Sequence[MembershipRow] = ()


@dataclass(frozen=True, slots=True)
class SecondFactorRequired:
    """The first factor was right; `ticket` (16 bytes) stands for it until the second one is shown."""

    subject: Subject
    ticket: bytes
    factor: str


@dataclass(frozen=True, slots=True)
class FinishSignIn:
    """Decides whether somebody identified gets a session."""

    users: UserDirectory
    accounts: AccountDirectory
    tickets: TicketDesk
    issue: IssueSession
    audit: AuditLog
    meters: Meters
    tries: DelayedTries

    async def __call__(
        self, tx: Queries, visit: Visit, who: Identified, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Write session and audit rows, or a second-factor ticket, in the caller's transaction.

        Raises: UserNotFound, UserNotActive, EmailNotVerified, EmailRefused, AnonymousNotAllowed, NotAMember.
        """
        project = visit.project
        subject = await self.users.held(tx, project.id, who.user_id)
        _refuse_unwelcome(project.policy, subject, who.method)
        if subject.mfa_type is not None and _asks_for_second_factor(project.policy, who.method):
            return await self._second_factor(tx, visit, subject, subject.mfa_type)
        signed_in = await self._start(tx, visit, subject, who.method, terms)
        await self.users.seen(tx, project.id, subject)
        entry = AuditEntry(
            project.id,
            "sign_in.succeeded",
            subject.id,
            signed_in.session.id,
            visit.dialect,
            request_id=visit.request_id,
            detail={"method": who.method.value},
        )
        await self.audit.record(tx, entry)
        await self._remember(tx, visit, subject, who.method)
        tx.after_commit(lambda: self.meters.count(SIGN_INS, who.method.value))
        return signed_in

    async def identified(self, tx: Queries, visit: Visit, who: Identified) -> Subject:
        """Hold and return somebody who will be signed in later, by a code of theirs; nothing is written.

        Raises: as the call itself.
        """
        subject = await self.users.held(tx, visit.project.id, who.user_id)
        _refuse_unwelcome(visit.project.policy, subject, who.method)
        return subject

    async def _remember(self, tx: Queries, visit: Visit, subject: Subject, method: Method) -> None:
        """Know the network for the password as well; who signs in by that, or sets one, is remembered there."""
        if method not in _OTHER_PROOFS or not subject.has_password or subject.email is None:
            return
        with suppress(InvalidEmail):  # one from elsewhere that nobody could sign in with
            account = parse_email(subject.email).key
            await self.tries.succeeded(tx, Aim(visit.project.id, account, visit.network, visit.network_is_shared))

    async def _start(self, tx: Queries, visit: Visit, subject: Subject, method: Method, terms: DoorTerms) -> SignedIn:
        memberships: Sequence[MembershipRow] = ()
        membership = None
        if terms.in_account:
            memberships = await self.accounts.memberships(tx, visit.project.id, subject.id)
            membership = chosen_membership(subject, memberships, terms.account_id)
        session_terms = SessionTerms(
            dialect=visit.dialect,
            life=terms.life,
            rotation=terms.rotation,
            client_id=visit.client_id,
            account_id=membership.account_id if membership else None,
            scope=terms.scope,
            claims={"role": membership.role} if membership else None,
        )
        started = await self.issue(tx, visit.project.id, subject.id, method.value, session_terms)
        return SignedIn(subject, started.session, started.secret, membership, memberships)

    async def _second_factor(self, tx: Queries, visit: Visit, subject: Subject, factor: str) -> SecondFactorRequired:
        ticket = NewTicket(
            project_id=visit.project.id,
            purpose=Purpose.SECOND_FACTOR,
            dialect=visit.dialect,
            life=_SECOND_FACTOR_LIFE,
            user_id=subject.id,
            client_id=visit.client_id,
            tries=_SECOND_FACTOR_TRIES,
        )
        # Two devices may be asked at once, at several doors; wrong codes are counted per user, over all tickets.
        return SecondFactorRequired(subject, await self.tickets.issue(tx, ticket, replace=False), factor)


def _refuse_unwelcome(policy: Policy, subject: Subject, method: Method) -> None:
    if method is Method.ANONYMOUS:
        if subject.status != "active":
            raise UserNotActive(subject.status)
        return
    refuse_unless_welcome(policy, subject)


def _asks_for_second_factor(policy: Policy, method: Method) -> bool:
    if method in _COMPLETE:
        return False
    return policy.second_factor_after == "every" or method is Method.PASSWORD
