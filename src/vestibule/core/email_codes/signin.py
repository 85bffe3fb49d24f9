"""Signs in with a code that came by mail: charge, compare, prove, finish."""

from dataclasses import dataclass

from vestibule.core.guesses import Guess, GuessCode
from vestibule.core.projects import Visit
from vestibule.core.proofs import ProveAddress
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory, parse_email
from vestibule.kernel.errors import InvalidEmailCode, InvalidTicket
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class EmailCodeAttempt:
    """Somebody types the code that came to an address of theirs."""

    email: str
    code: str


@dataclass(frozen=True, slots=True)
class SignInWithEmailCode:
    """Takes codes that were asked for, and those in letters with a link, also where no codes are sent alone."""

    db: Database
    users: UserDirectory
    guesses: GuessCode
    prove: ProveAddress
    finish: FinishSignIn

    async def __call__(
        self, visit: Visit, attempt: EmailCodeAttempt, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """The right code proves the address, and a user's state shows only after it.

        Raises: InvalidEmail, TooManyAttempts, InvalidEmailCode, TooManyGuesses, and what FinishSignIn raises. A refused
        sign-in leaves the code unspent.
        """
        address = parse_email(attempt.email)
        subject = await self.users.subject_by_email(self.db, visit.project.id, address.key)
        guess = Guess(
            purpose=Purpose.EMAIL_CODE,
            address=address.key,
            code=attempt.code,
            user_id=None if subject is None else subject.id,
        )
        right = await self.guesses(visit, guess)
        async with self.db.write() as tx:
            await self.guesses.forget(tx, visit, guess)
            try:
                await self.prove(tx, visit, right.ticket)
            except InvalidTicket as error:  # somebody else was faster with the same code
                raise InvalidEmailCode from error
            return await self.finish(tx, visit, Identified(right.user_id, Method.EMAIL_CODE), terms)
