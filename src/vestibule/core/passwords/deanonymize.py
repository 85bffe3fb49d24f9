"""An anonymous user gives an address and a password. The password is hashed whether or not the address is free."""

from dataclasses import dataclass

from vestibule.core.anonymous import Deanonymization, Deanonymize, NewName, named_options
from vestibule.core.letters import Postage, SendLetter
from vestibule.core.passwords.hashing import Hashing
from vestibule.core.passwords.leaks import VetPassword
from vestibule.core.passwords.rules import NewPassword
from vestibule.core.projects import Visit
from vestibule.core.signin import Method
from vestibule.core.signup import refuse_if_disabled
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory, parse_email
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class DeanonymizeWithPassword:
    """Names a user; where addresses must be verified first their session ends, and a letter goes out."""

    db: Database
    users: UserDirectory
    deanonymize: Deanonymize
    hashing: Hashing
    vet: VetPassword
    postage: Postage
    letters: SendLetter

    async def __call__(self, visit: Visit, wish: Deanonymization, password: NewPassword) -> None:
        """Raises: what Deanonymize, the hashing pool and the rules on passwords, options and addresses raise.

        And TooManyAttempts where a letter would be sent. UserNotActive may mean: named, but disabled like every new
        user of the project.
        """
        policy = visit.project.policy
        subject = await self.deanonymize.candidate(visit, wish.user_id)
        address = parse_email(wish.email)
        await self.vet(policy, password, email=address.key)
        options = named_options(visit, subject, wish.options, address)
        sends = policy.verified_email_required and not policy.new_users_disabled
        if sends:
            await self.postage.count_letter(visit)
        name = NewName(
            method=Method.PASSWORD,
            options=options,
            address=address,
            password_hash=await self.hashing.hash(password.secret),
            ends_sessions=policy.verified_email_required,
        )
        async with self.db.write() as tx:
            named = await self.deanonymize(tx, visit, wish.user_id, name)
            if sends:
                [credential] = await self.users.credentials(tx, visit.project.id, named.id)
                await self.letters(
                    tx, visit, Purpose.EMAIL_VERIFICATION, wish.letter, subject=named, credential=credential
                )
        refuse_if_disabled(named)
