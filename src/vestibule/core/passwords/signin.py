"""Signs in with email and password: charge, compare, finish. No transaction is open while Argon2 runs."""

from dataclasses import dataclass

from vestibule.core.attempts import PASSWORD_BUDGET, AttemptBudget
from vestibule.core.passwords import store
from vestibule.core.passwords.hashing import Hashing
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
    attempts: AttemptBudget
    hashing: Hashing
    finish: FinishSignIn

    async def __call__(
        self, visit: Visit, attempt: PasswordAttempt, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Raises: UserNotFound, NoPassword, WrongPassword (all InvalidCredentials), TooManyAttempts, Overloaded.

        And what FinishSignIn raises.
        """
        email_key = _key_or_text(attempt.email)
        subject = f"password:{email_key}:{visit.network}"
        await self.attempts.charge(self.db, visit.project.id, subject, PASSWORD_BUDGET)
        credential = await self.db.one(store.BY_EMAIL, project_id=visit.project.id, email_key=email_key)
        stored = credential.password_hash if credential else None
        matched = await self.hashing.matches(stored, attempt.password)
        if credential is None:
            raise UserNotFound
        if stored is None:
            raise NoPassword
        if not matched:
            raise WrongPassword
        newer = await self.hashing.hash(attempt.password) if self.hashing.is_outdated(stored) else None
        async with self.db.write() as tx:
            await self.attempts.clear(tx, visit.project.id, subject)
            if newer is not None:
                await self._replace(tx, visit, credential, newer)
            return await self.finish(tx, visit, Identified(credential.user_id, Method.PASSWORD), terms)

    async def _replace(self, tx: Queries, visit: Visit, credential: PasswordCredential, newer: str) -> None:
        await tx.run(
            store.REPLACE_HASH,
            project_id=visit.project.id,
            credential_id=credential.id,
            old_hash=credential.password_hash,
            password_hash=newer,
        )


def _key_or_text(email: str) -> str:
    # What is no address belongs to nobody; it is refused like an unknown one, and as slowly.
    try:
        return parse_email(email).key
    except InvalidEmail:
        return email.strip().lower()[:254]
