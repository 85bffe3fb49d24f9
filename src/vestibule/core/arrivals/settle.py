"""Writes arrivals, many in one transaction: each user with all they have, or not at all.

A user who is here already, by their id, is left as they are, with everything they have: what they did since, such as
signing out or removing a key, must not be undone by what the other server still believes.

Whoever cannot come is never written, not even to be taken out again in the same transaction: a trigger cannot tell that
from the deletion of a user, and what an application keeps of somebody by the same id would go with it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from vestibule.core.access_tokens import store as access_tokens
from vestibule.core.arrivals import rows, store
from vestibule.core.arrivals.people import Arrival
from vestibule.core.passkeys import store as passkeys
from vestibule.core.sessions import store as sessions
from vestibule.core.social import store as identities
from vestibule.core.totp import TotpSecrets
from vestibule.core.totp import store as totp
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.errors import StorageUnavailable
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database, Queries

_TRIES: Final = 10  # each begins with everything in sight that stopped the one before


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Something of a user who came that did not come along: what kind of thing, and why not."""

    user_id: UUID
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a batch: who is new here, who was here before, and who was refused for what reason."""

    settled: frozenset[UUID] = frozenset()
    known: frozenset[UUID] = frozenset()
    refused: dict[UUID, str] = field(default_factory=dict)
    left_behind: Sequence[LeftBehind] = ()


class _Rehearsed(Exception):
    """Undoes what was only tried."""


class _Overtaken(Exception):
    """Undoes what was written: somebody has taken an address, a number or an id since it was seen to be free."""


@dataclass(frozen=True, slots=True)
class SettleArrivals:
    """Takes people in."""

    db: Database
    clock: Clock
    entropy: Entropy
    secrets: TotpSecrets

    async def known(self, project_id: ProjectId, ids: Sequence[UUID]) -> frozenset[UUID]:
        """Return those who are here already."""
        return await _known(self.db, project_id, ids)

    async def __call__(
        self,
        project_id: ProjectId,
        arrivals: Sequence[Arrival],
        *,
        rehearsal: bool = False,
        before_commit: Callable[[Settled], None] = lambda _: None,
    ) -> Settled:
        """Write the arrivals in one transaction. A rehearsal does the same and undoes it, so it tells the same.

        `before_commit` is told the outcome while it can still be lost: who writes it down there has it in any case.
        """
        for _ in range(_TRIES):
            with suppress(_Overtaken):
                return await self._try(project_id, arrivals, before_commit, rehearsal=rehearsal)
        raise StorageUnavailable

    async def _try(
        self,
        project_id: ProjectId,
        arrivals: Sequence[Arrival],
        before_commit: Callable[[Settled], None],
        *,
        rehearsal: bool,
    ) -> Settled:
        outcome = Settled()
        with suppress(_Rehearsed):
            async with self.db.write() as tx:
                outcome = await self._write(tx, project_id, arrivals)
                before_commit(outcome)
                if rehearsal:
                    raise _Rehearsed
        return outcome

    async def _write(self, tx: Queries, project_id: ProjectId, arrivals: Sequence[Arrival]) -> Settled:
        known = await _known(tx, project_id, [one.id for one in arrivals])
        new = [one for one in arrivals if one.id not in known]
        refused = await _refused(tx, project_id, new)
        new = [one for one in new if one.id not in refused]
        written = await tx.each(store.INSERT_ARRIVAL, [rows.user(project_id, one) for one in new])
        named = [rows.address(project_id, one, one.address, self.entropy) for one in new if one.address is not None]
        addressed = await tx.each(store.INSERT_ARRIVED_ADDRESS, named)
        if len(written) < len(new) or len(addressed) < len(named):
            raise _Overtaken
        left_behind = await self._belongings(tx, project_id, new)
        return Settled(frozenset(one.id for one in new), known, refused, left_behind)

    async def _belongings(self, tx: Queries, project_id: ProjectId, arrivals: Sequence[Arrival]) -> list[LeftBehind]:
        """Write what they have. Whatever the database knows already, as somebody else's, is left behind."""
        now, entropy = self.clock.now(), self.entropy
        await tx.each(totp.INSERT_ARRIVAL, rows.second_factors(project_id, arrivals, self.secrets, now))
        left_behind: list[LeftBehind] = []
        for kind, statement, belongings in (
            ("security-key", passkeys.INSERT, rows.keys(project_id, arrivals, entropy, now)),
            ("provider-link", identities.INSERT, rows.identities(project_id, arrivals, entropy)),
            (
                "personal-access-token",
                access_tokens.INSERT_IMPORTED,
                rows.access_tokens(project_id, arrivals, entropy, now),
            ),
            ("refresh-token", sessions.INSERT_IMPORTED, rows.refresh_tokens(project_id, arrivals, entropy, now)),
        ):
            inserted = set(await tx.each(statement, belongings))
            left_behind += [
                LeftBehind(row["user_id"], kind, f"{kind}-taken")
                for row in belongings
                if row["id"] not in inserted and isinstance(row["user_id"], UUID)
            ]
        return left_behind


async def _known(db: Queries, project_id: ProjectId, ids: Sequence[UUID]) -> frozenset[UUID]:
    asked = [{"project_id": project_id, "id": user_id} for user_id in ids]
    return frozenset(await db.each(store.KNOWN_USER, asked))


async def _refused(db: Queries, project_id: ProjectId, arrivals: Sequence[Arrival]) -> dict[UUID, str]:
    """Return who cannot come, and why: somebody here has their number or address, or somebody before them does."""
    numbers: list[rows.Row] = [
        {"project_id": project_id, "phone_number": one.phone_number} for one in arrivals if one.phone_number
    ]
    keys: list[rows.Row] = [{"project_id": project_id, "email_key": one.address.key} for one in arrivals if one.address]
    taken: set[str | None] = {*await db.each(store.TAKEN_PHONE, numbers), *await db.each(store.TAKEN_ADDRESS, keys)}
    refused: dict[UUID, str] = {}
    for one in arrivals:
        key = one.address.key if one.address else None
        if one.phone_number in taken:
            refused[one.id] = "phone-number-taken"
        elif key in taken:
            refused[one.id] = "email-taken"
        else:
            taken |= {one.phone_number, key} - {None}
    return refused
