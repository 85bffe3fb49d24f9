"""The import itself: page after page is read, translated and settled, so that it can be stopped and begun again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from vestibule.core.arrivals import Arrival, LeftBehind, NotTaken, SettleArrivals, Settled
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Project
from vestibule.importing.report import Skipped, Summary
from vestibule.importing.sealed import OldKey
from vestibule.importing.source import OldServer, Page
from vestibule.importing.translate import ACCESS_TOKEN, KEY, LINK, REFRESH_TOKEN, Translation
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database

_USER: Final = "user"
_PHONE_TAKEN: Final = "phone-number-taken"


@dataclass(frozen=True, slots=True)
class Watch:
    """Who wants to know meanwhile: of each thing that was skipped, and how many users of how many are done.

    Users who are here are not told of again: `keep` is called before they are committed, and returns when no crash
    can take away what `skipped` was told of them.
    """

    skipped: Callable[[Skipped], None] = lambda _: None
    keep: Callable[[], None] = lambda: None
    progress: Callable[[int, int], None] = lambda _done, _total: None


@dataclass(frozen=True, slots=True)
class ImportUsers:
    """Takes in every user of another server. With `rehearsal` everything is tried and nothing written.

    `issuers` says, by the names of providers, what stands for each of them in an identity here.
    """

    source: OldServer
    db: Database
    settle: SettleArrivals
    audit: AuditLog
    issuers: Mapping[str, str]
    old_key: OldKey | None = None
    rehearsal: bool = False

    async def __call__(self, project: Project, watch: Watch, *, actor: str) -> Summary:
        """Return what was done. Raises: SourceRefused, SourceUnavailable, SourceInterrupted, StorageUnavailable."""
        one_run = _Run(self, project.id, watch)
        async with self.source.reading() as reading:
            one_run.summary.total = reading.total
            await self._record(project.id, "import.started", actor, {})
            async for page in reading.pages():
                await one_run.take(page)
        await self._record(project.id, "import.finished", actor, one_run.summary.as_dict())
        return one_run.summary

    async def _record(self, project_id: ProjectId, event: str, actor: str, detail: dict[str, object]) -> None:
        if not self.rehearsal:
            await self.audit.record(
                self.db, AuditEntry(project_id, event, actor=actor, detail={"source": "nhost", **detail})
            )


@dataclass(slots=True)
class _Run:
    plan: ImportUsers
    project_id: ProjectId
    watch: Watch
    summary: Summary = field(default_factory=Summary)
    done: int = 0
    # What a rehearsal undoes it has to remember: the other server knows numbers that are one number here.
    rehearsed_numbers: set[str] = field(default_factory=set)

    async def take(self, page: Page) -> None:
        known = await self.plan.settle.known(self.project_id, [user.id for user in page.users])
        self.summary.known += len(known)
        arrivals: list[Arrival] = []
        noted: dict[UUID, Sequence[LeftBehind]] = {}
        for user in page.users:
            if user.id in known:
                continue
            translation = Translation(user, page.belongings[user.id], self.plan.old_key, self.plan.issuers)
            try:
                arrival = translation.arrival()
            except NotTaken as reason:
                self._refuse(user.id, reason.code)
                continue
            if arrival.phone_number in self.rehearsed_numbers:
                self._refuse(user.id, _PHONE_TAKEN)
                continue
            arrivals.append(arrival)
            noted[user.id] = translation.left_behind
        await self._settle(arrivals, noted)
        self.done += len(page.users)
        self.watch.progress(self.done, self.summary.total)

    async def _settle(self, arrivals: Sequence[Arrival], noted: dict[UUID, Sequence[LeftBehind]]) -> None:
        def tell(outcome: Settled) -> None:
            for user_id, code in outcome.refused.items():
                self._refuse(user_id, code)
            for left in (left for arrival in arrivals if arrival.id in outcome.settled for left in noted[arrival.id]):
                self._skip(left.user_id, left.kind, left.reason)
            for left in outcome.left_behind:
                self._skip(left.user_id, left.kind, left.reason)
            self.watch.keep()

        outcome = await self.plan.settle(self.project_id, arrivals, before_commit=tell, rehearsal=self.plan.rehearsal)
        self.summary.known += len(outcome.known)
        for arrival in arrivals:
            if arrival.id in outcome.settled:
                self._count(arrival)
        for left in outcome.left_behind:
            self.summary.brought[left.kind] -= 1

    def _count(self, arrival: Arrival) -> None:
        self.summary.imported += 1
        self.summary.brought.update(
            {
                "password": int(arrival.password_hash is not None),
                "second-factor": int(arrival.totp_secret is not None),
                KEY: len(arrival.keys),
                LINK: len(arrival.identities),
                ACCESS_TOKEN: len(arrival.access_tokens),
                REFRESH_TOKEN: len(arrival.refresh_tokens),
            }
        )
        if self.plan.rehearsal and arrival.phone_number is not None:
            self.rehearsed_numbers.add(arrival.phone_number)

    def _refuse(self, user_id: UUID, code: str) -> None:
        self.summary.refused += 1
        self._skip(user_id, _USER, code)

    def _skip(self, user_id: UUID, what: str, why: str) -> None:
        self.summary.skipped[what, why] += 1
        self.watch.skipped(Skipped(user_id, what, why))
