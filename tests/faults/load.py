"""People who sign up and refresh all the time, and remember what the server has promised them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

PASSWORD = "correct horse battery"
PATIENCE = httpx2.Timeout(60)

_LONGEST_SECONDS = 120


@dataclass
class Promises:
    """What was acknowledged: users who exist, and the newest refresh token of each session."""

    emails: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    refreshes: int = 0
    statuses: list[int] = field(default_factory=list)
    broken_connections: int = 0


@dataclass
class Crowd:
    """`people` who come in at once and go on until told to stop."""

    base: str
    people: int = 6
    promises: Promises = field(default_factory=Promises)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[Promises]:
        """Keep the crowd busy as long as the block lasts."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.people):
                tasks.create_task(self._person(number))
            try:
                yield self.promises
            finally:
                self._stop.set()

    async def until(self, refreshes: int) -> None:
        """Wait until so many refreshes more were acknowledged."""
        wanted = self.promises.refreshes + refreshes
        async with asyncio.timeout(_LONGEST_SECONDS):
            while self.promises.refreshes < wanted:  # noqa: ASYNC110 - the crowd counts, it does not signal
                await asyncio.sleep(0.02)

    async def until_told(self, status: int) -> None:
        """Wait until somebody was answered so."""
        async with asyncio.timeout(_LONGEST_SECONDS):
            while status not in self.promises.statuses:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)

    async def _person(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            async with httpx2.AsyncClient(timeout=PATIENCE) as client:
                try:
                    await self._visit(client, f"person{number}-{turn}@example.com")
                except httpx2.TransportError:
                    self.promises.broken_connections += 1
                    await asyncio.sleep(0.1)

    async def _visit(self, client: httpx2.AsyncClient, email: str) -> None:
        answer = await client.post(f"{self.base}/signup/email-password", json={"email": email, "password": PASSWORD})
        self.promises.statuses.append(answer.status_code)
        if answer.status_code != httpx2.codes.OK:
            await asyncio.sleep(0.1)
            return
        self.promises.emails.append(email)
        self.promises.tokens[email] = answer.json()["session"]["refreshToken"]
        for _ in range(5):
            answer = await client.post(f"{self.base}/token", json={"refreshToken": self.promises.tokens[email]})
            self.promises.statuses.append(answer.status_code)
            if answer.status_code == httpx2.codes.OK:
                self.promises.tokens[email] = answer.json()["refreshToken"]
                self.promises.refreshes += 1


async def _answer(client: httpx2.AsyncClient, url: str, body: dict[str, str]) -> httpx2.Response:
    """Post, and come again while the answer is 503: a worker may be a second later than its neighbour to be back."""
    answer = await client.post(url, json=body)
    for _ in range(20):
        if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(float(answer.headers["retry-after"]) / 2)
        answer = await client.post(url, json=body)
    return answer


async def broken(base: str, promises: Promises) -> list[str]:
    """Return what the server does not keep: users who cannot sign in, sessions that cannot refresh."""
    lost: list[str] = []
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        for email in promises.emails:
            refreshed = await _answer(client, f"{base}/token", {"refreshToken": promises.tokens[email]})
            if refreshed.status_code != httpx2.codes.OK:
                lost.append(f"session of {email}: {refreshed.text}")
        for email in promises.emails[-40:]:
            body = {"email": email, "password": PASSWORD}
            signed_in = await _answer(client, f"{base}/signin/email-password", body)
            if signed_in.status_code != httpx2.codes.OK:
                lost.append(f"user {email}: {signed_in.text}")
    return lost
