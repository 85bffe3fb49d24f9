"""The server that users come from, as its database shows it: one picture, read from beginning to end."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from vestibule.importing import store
from vestibule.importing.store import OldColumn, OldLink, OldRole, OldSecurityKey, OldToken, OldUser
from vestibule.kernel.errors import StorageUnavailable
from vestibule.storage import Database, Queries, Statement, database_from_url

PAGE: Final = 500
PATIENCE: Final = timedelta(hours=1)  # the first piece of what users have waits until all of it is sorted

_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "users": frozenset(OldUser.__dataclass_fields__),
    "user_roles": frozenset({"id", "created_at", *OldRole.__dataclass_fields__}),
    "user_security_keys": frozenset({"id", *OldSecurityKey.__dataclass_fields__}),
    "user_providers": frozenset({"id", *OldLink.__dataclass_fields__}),
    "refresh_tokens": frozenset({"id", *OldToken.__dataclass_fields__}),
}
_SHOWN: Final = 12
_BEFORE_ALL: Final = UUID(int=0)


class SourceRefused(Exception):
    """This is no database that we can import from; the message says what was found instead, or what it said."""


class SourceUnavailable(Exception):
    """The database cannot be reached; the message says why."""


class SourceInterrupted(Exception):
    """The database was being read, and did not go on; the message says what it said last."""


class _Owned(Protocol):
    @property
    def user_id(self) -> UUID: ...


O_co = TypeVar("O_co", bound=_Owned, covariant=True)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What one user has."""

    roles: Sequence[OldRole] = ()
    keys: Sequence[OldSecurityKey] = ()
    links: Sequence[OldLink] = ()
    tokens: Sequence[OldToken] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some users in the order of their ids, each with what they have."""

    users: Sequence[OldUser]
    belongings: Mapping[UUID, Belongings]


@dataclass(slots=True)
class _Stream(Generic[O_co]):
    """What belongs to users, in the order of their ids, a piece at a time."""

    tx: Queries
    fetch: Statement[O_co]
    waiting: list[O_co] = field(default_factory=list)
    is_over: bool = False

    async def up_to(self, last: UUID) -> dict[UUID, list[O_co]]:
        """Return what belongs to users up to `last` and was not returned before."""
        while not self.is_over and (not self.waiting or self.waiting[-1].user_id <= last):
            with _reading():
                more = await self.tx.all(self.fetch)
            self.is_over = not more
            self.waiting += more
        found: dict[UUID, list[O_co]] = {}
        taken = 0
        for one in self.waiting:
            if one.user_id > last:
                break
            found.setdefault(one.user_id, []).append(one)
            taken += 1
        del self.waiting[:taken]
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """An open reading of the whole database."""

    tx: Queries
    total: int

    async def pages(self) -> AsyncIterator[Page]:
        """Yield every user once. Raises: SourceInterrupted."""
        with _reading():
            for opening in (store.OPEN_ROLES, store.OPEN_KEYS, store.OPEN_LINKS, store.OPEN_TOKENS):
                await self.tx.run(opening)
        roles, keys = _Stream(self.tx, store.ROLES), _Stream(self.tx, store.KEYS)
        links, tokens = _Stream(self.tx, store.LINKS), _Stream(self.tx, store.TOKENS)
        users = await self._users(_BEFORE_ALL)
        while users:
            last = users[-1].id
            of_roles, of_keys = await roles.up_to(last), await keys.up_to(last)
            of_links, of_tokens = await links.up_to(last), await tokens.up_to(last)
            belongings = {
                user.id: Belongings(
                    roles=of_roles.get(user.id, ()),
                    keys=of_keys.get(user.id, ()),
                    links=of_links.get(user.id, ()),
                    tokens=of_tokens.get(user.id, ()),
                )
                for user in users
            }
            yield Page(users, belongings)
            users = await self._users(last)

    async def _users(self, after: UUID) -> list[OldUser]:
        with _reading():
            users = await self.tx.all(store.USERS, after=after, limit=PAGE)
        # The driver has a class of its own for them, which only PostgreSQL takes back.
        return [replace(user, id=UUID(int=user.id.int)) for user in users]


@dataclass(frozen=True, slots=True)
class OldServer:
    """The database behind a URL."""

    db: Database

    @classmethod
    def at(cls, url: str) -> "OldServer":
        """Return the server whose database is at `url`. Raises: SourceRefused for anything but PostgreSQL."""
        if url.partition(":")[0] not in {"postgres", "postgresql"}:
            raise SourceRefused("a URL to import from starts with postgresql://")
        # One transaction on one connection; whether a pooler stands before the database makes no difference then.
        return cls(database_from_url(url, pool_size=1, pgbouncer=True, patience=PATIENCE))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """Open the one picture. Raises: SourceRefused, SourceUnavailable, SourceInterrupted."""
        await self.db.open()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.db.close)
            with _reaching():
                tx = await stack.enter_async_context(self.db.write())
            with _reading():
                await tx.run(store.SNAPSHOT)  # from here on nothing can be written
                await tx.run(store.NO_STATEMENT_TIMEOUT)
                await tx.run(store.NO_IDLE_TIMEOUT)
                _refuse_unknown_shape(await tx.all(store.COLUMNS))
                total = await tx.one(store.COUNT)
            yield Reading(tx, total or 0)


@contextmanager
def _reaching() -> Iterator[None]:
    """Tell this database's absence from that of our own."""
    try:
        yield
    except StorageUnavailable as error:
        if error.is_shut:
            raise SourceRefused(f"the database to import from does not let us in: {error.reason}") from error
        raise SourceUnavailable(error.reason) from error


@contextmanager
def _reading() -> Iterator[None]:
    """Tell what ended a statement: a database that answers what it has against it is not away."""
    try:
        yield
    except StorageUnavailable as error:
        if isinstance(error.__cause__, TimeoutError):
            raise SourceInterrupted(f"it did not answer within {PATIENCE}") from error
        said = " ".join(str(error.__cause__ or "").split())
        raise SourceInterrupted(said or "the connection was lost") from error


def _refuse_unknown_shape(columns: Sequence[OldColumn]) -> None:
    """Raises: SourceRefused."""
    found: dict[str, set[str]] = {}
    for column in columns:
        found.setdefault(column.table_name, set()).add(column.column_name)
    if "users" not in found:
        seen = f"the schema auth has {_listed(found)}" if found else "it has no schema auth, or we may not read it"
        raise SourceRefused(f"this is no database of Nhost Auth: there is no table auth.users; {seen}")
    missing = [
        f"auth.{table}.{column}"
        for table, needed in _NEEDED.items()
        for column in sorted(needed - found.get(table, set()))
    ]
    if missing:
        raise SourceRefused(
            "these tables are of a shape that is not known here, or we may not read all of them: there is no"
            f" {_listed(missing)}; auth.users has {_listed(found['users'])}"
        )


def _listed(names: Collection[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
