"""Two tabs of one browser, each with a timer of its own, on one session: nobody is signed out (security 21, 22)."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.races.conftest import Processes
from tests.support.cores import ANY, CoreUnderTest
from vestibule.core.sessions import Refreshed
from vestibule.storage import Statement

TEN_MINUTES = timedelta(minutes=10)
ACCESS_LIFE = timedelta(seconds=30)
MARGIN = timedelta(seconds=10)  # how long before its access token ends a tab asks for the next one
STEP = timedelta(seconds=1)
SESSIONS = Statement(int, "SELECT COUNT(*) FROM vestibule_sessions")


@dataclass
class Browser:
    """What tabs share: the storage with the newest refresh token that any of them was told."""

    secret: bytes


@dataclass
class Tab:
    """One tab. It keeps its own access token, and reads the refresh token from the storage when its timer fires."""

    one: CoreUnderTest
    browser: Browser
    access_ends: datetime
    refreshed: int = 0
    lost: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - the same in every run

    @property
    def wants_to_refresh(self) -> bool:
        """Whether the access token is about to end."""
        return self.access_ends - self.one.clock.now() <= MARGIN

    def read(self) -> bytes:
        """Take the refresh token from the storage, before the other tab has written."""
        return self.browser.secret

    async def refresh(self, secret: bytes, *, loses_answer: bool) -> None:
        """Refresh, and store what was answered, unless the answer is lost on its way."""
        visit = self.one.visit(access_token_life=ACCESS_LIFE)
        answer: Refreshed = await self.one.core.refresh_session(visit, secret, ANY)
        if loses_answer:
            self.lost += 1
            return  # the access token is still old: the timer fires again at the next step
        self.browser.secret = answer.secret
        self.access_ends = self.one.clock.now() + ACCESS_LIFE
        self.refreshed += 1


async def _ten_minutes(tabs: list[Tab], *, loses: float) -> None:
    """Let the clock run; whoever wants to refresh in one second does so at once with the others."""
    clock = tabs[0].one.clock
    ends = clock.now() + TEN_MINUTES
    while clock.now() < ends:
        asking = [(tab, tab.read()) for tab in tabs if tab.wants_to_refresh]
        await asyncio.gather(*(tab.refresh(held, loses_answer=tab.chance.random() < loses) for tab, held in asking))
        clock.advance(STEP)


async def _tabs(processes: Processes, drift: timedelta) -> list[Tab]:
    cores = await processes(2)
    signed_in = await cores[0].sign_up()
    browser = Browser(signed_in.secret)
    now = cores[0].clock.now()
    return [Tab(cores[0], browser, now + ACCESS_LIFE), Tab(cores[1], browser, now + ACCESS_LIFE + drift)]


# In step; a second apart, so that one tab's timer fires while the other's answer is new; half a life apart.
DRIFTS = [timedelta(0), timedelta(seconds=1), timedelta(seconds=10)]


@pytest.mark.parametrize("drift", DRIFTS, ids=str)
async def test_two_tabs_refresh_for_ten_minutes_and_stay_signed_in(processes: Processes, drift: timedelta) -> None:
    """At two processes, in every rhythm: no refresh is refused, one session is left (security 21)."""
    tabs = await _tabs(processes, drift)

    await _ten_minutes(tabs, loses=0)

    assert all(tab.refreshed >= 25 for tab in tabs), tabs
    assert await tabs[0].one.db.one(SESSIONS) == 1
    assert "session.reuse_detected" not in await tabs[0].one.events()


@pytest.mark.parametrize("drift", DRIFTS, ids=str)
async def test_tabs_that_lose_answers_stay_signed_in(processes: Processes, drift: timedelta) -> None:
    """A third of all answers never arrives, and still no refresh is refused (security 22)."""
    tabs = await _tabs(processes, drift)

    await _ten_minutes(tabs, loses=1 / 3)

    assert sum(tab.lost for tab in tabs) >= 10, "nothing was lost: this proves nothing"
    assert all(tab.refreshed >= 20 for tab in tabs), tabs
    assert await tabs[0].one.db.one(SESSIONS) == 1
    assert "session.reuse_detected" not in await tabs[0].one.events()
