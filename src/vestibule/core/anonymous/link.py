"""An anonymous user gives an address, and signs in by the link that is mailed to it."""

from dataclasses import dataclass

from vestibule.core.anonymous.deanonymize import Deanonymization, Deanonymize, NewName, named_options
from vestibule.core.letters import Postage, SendLetter
from vestibule.core.projects import Visit
from vestibule.core.signin import Method
from vestibule.core.signup import refuse_if_disabled
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory, parse_email
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class DeanonymizeByLink:
    """Names a user without a password; their session ends, the link begins another one."""

    db: Database
    users: UserDirectory
    deanonymize: Deanonymize
    postage: Postage
    letters: SendLetter

    async def __call__(self, visit: Visit, wish: Deanonymization) -> None:
        """Raises: what Deanonymize and the rules on addresses and options raise, and TooManyAttempts.

        UserNotActive may mean: named, but disabled like every new user of the project.
        """
        project = visit.project
        subject = await self.deanonymize.candidate(visit, wish.user_id)
        address = parse_email(wish.email)
        options = named_options(visit, subject, wish.options, address)
        sends = not project.policy.new_users_disabled
        if sends:
            await self.postage.count_letter(visit)
        name = NewName(method=Method.EMAIL_LINK, options=options, address=address, ends_sessions=True)
        async with self.db.write() as tx:
            named = await self.deanonymize(tx, visit, wish.user_id, name)
            if sends:
                [credential] = await self.users.credentials(tx, project.id, named.id)
                await self.letters(tx, visit, Purpose.SIGN_IN_LINK, wish.letter, subject=named, credential=credential)
        refuse_if_disabled(named)
