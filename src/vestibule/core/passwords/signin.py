"""Signs in with email and password: charge, compare, finish. No transaction is open while Argon2 runs."""

from dataclasses import dataclass

from vestibule.core.passwords import store
from vestibule.core.passwords.guessing import GuardGuesses
from vestibule.core.passwords.hashing import Hashing
from vestibule.core.passwords.leaks import NoteLeaked
from vestibule.core.passwords.older import OlderHashes
from vestibule.core.passwords.store import PasswordCredential
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.users import parse_email
from vestibule.kernel.errors import InvalidEmail, NoPassword, UserNotFound, WrongPassword
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True)
class PasswordAttempt:
    """Somebody says who they are."""

    email: str
    password: Secret


@dataclass(frozen=True, slots=True)
class SignInWithPassword:
    """The password is checked first, always: a user's state shows only after the right one."""

    db: Database
    guesses: GuardGuesses
    hashing: Hashing
    older: OlderHashes
    finish: FinishSignIn
    note_leaked: NoteLeaked | None = None

    async def __call__(
        self, visit: Visit, attempt: PasswordAttempt, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Raises: UserNotFound, NoPassword, WrongPassword (all InvalidCredentials), TooManyAttempts, Overloaded.

        And what FinishSignIn raises.
        """
        email_key = _key(attempt.email)
        # What is no address belongs to nobody; it is charged and refused like an unknown one, and as slowly.
        account = email_key or attempt.email[:254]
        made = await self.guesses.charge(visit, account)
        credential = await self._credential(visit, email_key)
        stored = credential.password_hash if credential else None
        dearest = await self.older.dearest_bcrypt(visit.project.id)
        matched = await self.hashing.matches(
            stored if made.may_enter else None, attempt.password, dearest_bcrypt=dearest
        )
        if not matched:
            await self.guesses.failed(made)
        if credential is None:
            raise UserNotFound
        if stored is None:
            raise NoPassword
        if not matched:
            raise WrongPassword
        newer = await self.hashing.hash(attempt.password) if self.hashing.is_outdated(stored) else None
        async with self.db.write() as tx:
            finished = await self.finish(tx, visit, Identified(credential.user_id, Method.PASSWORD), terms)
            await self.guesses.succeeded(tx, visit, account)  # after the user, as a change of the password does
            # The user is held by now. What was compared may have been changed meanwhile, to keep somebody out.
            if finished.subject.password_changed_at != credential.changed_at:
                raise WrongPassword
            if newer is not None:
                await self._replace(tx, visit, credential, newer)
        if self.note_leaked is not None:
            self.note_leaked.later(visit, credential.user_id, attempt.password)
        return finished

    async def _credential(self, visit: Visit, email_key: str | None) -> PasswordCredential | None:
        if email_key is None:
            return None
        return await self.db.one(store.BY_EMAIL, project_id=visit.project.id, email_key=email_key)

    async def _replace(self, tx: Queries, visit: Visit, credential: PasswordCredential, newer: str) -> None:
        await tx.run(
            store.REPLACE_HASH,
            project_id=visit.project.id,
            credential_id=credential.id,
            old_hash=credential.password_hash,
            password_hash=newer,
        )


def _key(email: str) -> str | None:
    try:
        return parse_email(email).key
    except InvalidEmail:
        return None
