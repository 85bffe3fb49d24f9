"""One user, and what can become of them: the states of the matrix of paths and states."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import httpx2

from tests.cross.doors import Doors, Held, doors_of, other_doors
from tests.support.serving import Running
from tests.support.ways_in import under
from vestibule.storage import Statement

_SESSIONS: Final = Statement(int, "SELECT COUNT(*) FROM vestibule_sessions WHERE user_id = :user_id")
_VERIFIED: Final = Statement(None, "UPDATE vestibule_credentials SET verified_at = :at WHERE user_id = :user_id")
_NUMBER: Final = Statement(
    None, "UPDATE vestibule_users SET phone_number = :number, phone_verified_at = :at WHERE id = :user_id"
)
_STATUS: Final = Statement(None, "UPDATE vestibule_users SET status = :status WHERE id = :user_id")
_ANONYMOUS: Final = Statement(None, "UPDATE vestibule_users SET is_anonymous = :yes WHERE id = :user_id")


@dataclass(frozen=True)
class Scene:
    """A user with a proven address who is signed in; `doors` are those that an attempt is made at."""

    running: Running
    email: str
    doors: Doors
    held: Mapping[str, Held]
    user_id: UUID

    @classmethod
    async def begin(cls, running: Running, email: str, dialect: str) -> "Scene":
        """Sign up at one dialect, prove the address, and come in by its older doors as well."""
        doors = doors_of(running)
        held = {dialect: await doors[dialect].sign_up(email)}
        if dialect == "sublay":
            held["replyke"] = await doors.replyke.sign_in(email)
        user_id = held[dialect].user_id
        await running.core.db.run(_VERIFIED, user_id=user_id, at=running.clock.now())
        return cls(running, email, doors, held, user_id)

    @property
    def nhost(self) -> Held:
        """The session at the nhost door."""
        return self.held["nhost"]

    async def post(self, path: str, body: Any = None, *, bearer: bool = False) -> httpx2.Response:
        """Call the nhost door, signed in or not."""
        who = {"authorization": f"Bearer {self.nhost.access}"} if bearer else {}
        return await self.doors.nhost.send("POST", f"/v1{path}", {} if body is None else body, **who)

    async def asked(self, path: str, body: Any = None, *, bearer: bool = False) -> Any:
        """Call the nhost door for something that must succeed, and return its answer."""
        answer = await self.post(path, body, bearer=bearer)
        assert answer.status_code < httpx2.codes.BAD_REQUEST, answer.text
        return answer.json()

    @property
    def number(self) -> str:
        """The telephone number that nobody else has."""
        return f"+4915123{int('0' + ''.join(filter(str.isdigit, self.email))):06d}"

    async def give_number(self) -> None:
        """Let the user have a proven telephone number."""
        at = self.running.clock.now()
        await self.running.core.db.run(_NUMBER, user_id=self.user_id, number=self.number, at=at)

    async def sessions(self) -> int:
        """Return how many sessions the user has."""
        return await self.running.core.db.one(_SESSIONS, user_id=self.user_id) or 0


State = Callable[[Scene], Awaitable[Scene]]


def _status(status: str) -> State:
    async def shut_out(scene: Scene) -> Scene:
        # The row alone, so that sessions and tickets are still there: each path has to ask by itself.
        await scene.running.core.db.run(_STATUS, user_id=scene.user_id, status=status)
        return scene

    return shut_out


async def _unverified(scene: Scene) -> Scene:
    await scene.running.core.db.run(_VERIFIED, user_id=scene.user_id, at=None)
    under(scene.running, verified_email_required=True)
    return scene


async def _anonymous(scene: Scene) -> Scene:
    await scene.running.core.db.run(_ANONYMOUS, user_id=scene.user_id, yes=True)
    return scene


async def _deleted(scene: Scene) -> Scene:
    await scene.running.core.users.delete(scene.running.project.id, scene.user_id, actor="test")
    return scene


async def _elsewhere(scene: Scene) -> Scene:
    doors = await other_doors(scene.running)
    catalog = scene.running.core.catalog
    open_to_all = replace(doors.nhost.project, policy=catalog.default_policy)  # refused for who comes, not for a switch
    catalog._projects[open_to_all.public_id] = catalog._projects_by_id[open_to_all.id] = open_to_all
    catalog._hosts.clear()
    return replace(scene, doors=doors)


STATES: Final[Mapping[str, State]] = {
    "suspended": _status("suspended"),
    "disabled": _status("disabled"),
    "marked as deleted": _status("deleted"),
    "anonymous": _anonymous,
    "of another project": _elsewhere,
    "deleted": _deleted,
    "unverified": _unverified,  # last: it changes the rules for everybody
}
