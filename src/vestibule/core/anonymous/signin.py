"""Signs a visitor in without asking who they are: each call makes a user, so each is counted first."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from vestibule.core.attempts import AttemptBudget, Budget
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.signup import RegisterUser, refuse_unless_open
from vestibule.core.users import NewUser, UserOptions, chosen_options
from vestibule.kernel.errors import EndpointDisabled
from vestibule.storage import Database

ROLE: Final = "anonymous"
DISPLAY_NAME: Final = "Anonymous User"
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SignInAnonymously:
    """Makes a user without an address, who has the one role of anonymous users and nothing to sign in with again."""

    db: Database
    attempts: AttemptBudget
    register: RegisterUser
    finish: FinishSignIn

    async def __call__(self, visit: Visit, options: UserOptions, terms: DoorTerms) -> SignedIn | SecondFactorRequired:
        """Raises: SignUpDisabled, EndpointDisabled, RoleNotAllowed, MetadataTooLarge, TooManyAttempts.

        Where new users wait for an operator, anonymous ones do not: there is nobody to look at.
        """
        project = visit.project
        refuse_unless_open(project.policy)
        if not project.policy.anonymous_users_enabled:
            raise EndpointDisabled
        nameless = replace(project.policy, default_role=ROLE, allowed_roles=(ROLE,))
        chosen = chosen_options(nameless, options, DISPLAY_NAME)
        budget = Budget(project.policy.anonymous_users_per_hour, _HOUR)
        await self.attempts.charge(self.db, project.id, f"anonymous:{visit.network}", budget)
        async with self.db.write() as tx:
            subject = await self.register(tx, visit, NewUser(options=chosen, is_anonymous=True))
            return await self.finish(tx, visit, Identified(subject.id, Method.ANONYMOUS), terms)
