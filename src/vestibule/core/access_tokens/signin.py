"""Signs in with a personal access token, which stays as good as it was."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.core.access_tokens import store
from vestibule.core.access_tokens.secrets import hashes
from vestibule.core.access_tokens.store import AccessTokenRow
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import InvalidPersonalAccessToken, UserNotFound
from vestibule.storage import Database, Queries

_TOUCH_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignInWithAccessToken:
    """The token is long enough that nobody guesses it, so tries are not counted."""

    db: Database
    clock: Clock
    finish: FinishSignIn

    async def __call__(self, visit: Visit, secret: bytes, terms: DoorTerms) -> SignedIn | SecondFactorRequired:
        """Raises: InvalidPersonalAccessToken, and what FinishSignIn raises."""
        found = await self._live(self.db, visit, secret)
        async with self.db.write() as tx:
            try:
                finished = await self.finish(tx, visit, Identified(found.user_id, Method.ACCESS_TOKEN), terms)
            except UserNotFound as error:  # deleted this moment, and the token with them
                raise InvalidPersonalAccessToken from error
            # The user is held by now: who signs out everywhere has done so, or will end this session as well.
            await self._touch(tx, visit, await self._live(tx, visit, secret))
            return finished

    async def _live(self, db: Queries, visit: Visit, secret: bytes) -> AccessTokenRow:
        token = await db.one(store.LIVE, project_id=visit.project.id, now=self.clock.now(), **hashes(secret))
        if token is None:
            raise InvalidPersonalAccessToken
        return token

    async def _touch(self, tx: Queries, visit: Visit, token: AccessTokenRow) -> None:
        now = self.clock.now()
        if token.last_used_at is None or now - token.last_used_at >= _TOUCH_EVERY:
            await tx.run(store.TOUCH, project_id=visit.project.id, id=token.id, now=now)
