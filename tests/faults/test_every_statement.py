"""The n-th statement fails, for every n: whatever is half done is undone, and a second try succeeds.

`before` is a database that is away; `after` one whose answer is lost, after a commit too.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest

from tests.faults.failing_database import FailingDatabase, Fault, When
from tests.support.cores import LETTER, PASSWORD, CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from vestibule.core.emails import TicketVisit
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.tickets import Purpose
from vestibule.kernel.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidRefreshToken,
    InvalidTicket,
    StorageUnavailable,
)
from vestibule.kernel.secret import Secret
from vestibule.storage import Database

ANN = "ann@example.com"
NEW = "another word for the same door"
FEWEST = 3  # a use-case with fewer steps was not really walked through
MOST = 60
TABLES = ("users", "credentials", "sessions", "tickets", "outbox", "accounts", "memberships")


@dataclass
class Shaky:
    """A core on a database with a fault, and the same database without it to look at."""

    under_test: CoreUnderTest
    fault: Fault

    async def counts(self) -> dict[str, int]:
        """Return how many rows each table has, whatever the fault."""
        self.fault.arm(0)
        return {table: await self.under_test.count(table) for table in TABLES}

    async def each_step(self, act: Callable[[int], Awaitable[object]]) -> AsyncIterator[int]:
        """Do it with a fault at step 1, 2, ... until it no longer strikes; stop after each strike."""
        for step in count(1):
            assert step < MOST
            self.fault.arm(step)
            try:
                await act(step)
            except StorageUnavailable:
                assert self.fault.struck
                self.fault.arm(0)
                yield step
                continue
            self.fault.arm(0)
            assert step > FEWEST
            return


@pytest.fixture(params=When, ids=lambda when: when.value)
async def shaky(
    request: pytest.FixtureRequest, database_url: str, db: Database, clock: FakeClock
) -> AsyncIterator[Shaky]:
    """On each engine, failing before and after."""
    fault = Fault(request.param)
    under_test = await core_under_test(database_url, FailingDatabase(db, fault), clock)
    yield Shaky(under_test, fault)
    under_test.core.sign_in_with_password.hashing.close()


async def test_a_sign_up_that_fails_leaves_all_or_nothing(shaky: Shaky) -> None:
    """User, address, account, letter and session come together, or not at all."""
    before = await shaky.counts()

    async def sign_up(step: int) -> None:
        await shaky.under_test.sign_up(f"ann{step}@example.com", account_name="Co", letter=LETTER, always_send=True)

    async for step in shaky.each_step(sign_up):
        after = await shaky.counts()
        added = {after[table] - before[table] for table in TABLES}
        assert added in ({0}, {1}), after
        if added == {0}:
            await sign_up(step)
        else:
            with pytest.raises(EmailTaken):
                await sign_up(step)
        await shaky.under_test.sign_in(f"ann{step}@example.com")
        before = await shaky.counts()


async def test_a_sign_in_that_fails_leaves_at_most_a_session_that_nobody_holds(shaky: Shaky) -> None:
    """None while the database is away; and the next try comes in."""
    await shaky.under_test.sign_up(ANN)
    sessions = (await shaky.counts())["sessions"]
    left = 0

    async for _ in shaky.each_step(lambda _: shaky.under_test.sign_in(ANN)):
        left += (await shaky.counts())["sessions"] - sessions
        await shaky.under_test.sign_in(ANN)
        sessions = (await shaky.counts())["sessions"]

    assert left <= (1 if shaky.fault.when is When.AFTER else 0)  # of the commit whose answer was lost


async def test_a_pending_second_factor_never_becomes_a_session_by_failing(shaky: Shaky) -> None:
    """Whichever statement it was (security 30)."""
    ann = await shaky.under_test.sign_up(ANN)
    await shaky.under_test.change(ann.subject.id, mfa_type="totp")
    before = (await shaky.counts())["sessions"]

    async def sign_in(_: int) -> None:
        with pytest.raises(AssertionError):  # of the helper: what comes back is no session
            await shaky.under_test.sign_in(ANN)

    async for _ in shaky.each_step(sign_in):
        counts = await shaky.counts()
        assert counts["sessions"] == before
        assert counts["tickets"] <= 1


async def test_a_refresh_that_fails_signs_nobody_out(shaky: Shaky) -> None:
    """The same secret again answers the current one, whether or not the first try arrived (security 22)."""
    secret = (await shaky.under_test.sign_up(ANN)).secret

    failed = []
    for step in count(1):
        shaky.under_test.clock.advance(timedelta(minutes=2))
        shaky.fault.arm(step)
        try:
            secret = await shaky.under_test.refresh(secret)
        except StorageUnavailable:
            failed.append(step)
            shaky.fault.arm(0)
            secret = await shaky.under_test.refresh(secret)
            continue
        if not shaky.fault.struck:
            break
    assert failed == [1]  # the rotation; that the visit is not noted after it is nobody's failure
    assert (await shaky.counts())["sessions"] == 1


async def test_a_sign_out_that_fails_can_be_repeated(shaky: Shaky) -> None:
    """In the end the session is gone."""
    await shaky.under_test.sign_up(ANN)
    sessions = [await shaky.under_test.sign_in(ANN) for _ in range(12)]
    revoke = shaky.under_test.core.revoke_sessions

    async for step in shaky.each_step(lambda step: revoke.by_secret(shaky.under_test.visit(), sessions[step].secret)):
        await revoke.by_secret(shaky.under_test.visit(), sessions[step].secret)
        with pytest.raises(InvalidRefreshToken):
            await shaky.under_test.refresh(sessions[step].secret)


async def opens(under_test: CoreUnderTest, *words: str) -> list[str]:
    """Return which of the passwords open."""
    found = []
    for word in words:
        try:
            await under_test.sign_in(ANN, word)
        except InvalidCredentials:
            continue
        found.append(word)
    return found


async def test_a_reset_that_fails_spends_the_letter_only_with_the_change(shaky: Shaky) -> None:
    """Either the old password opens and the letter is good, or the new one opens and it is spent (security 98)."""
    await shaky.under_test.sign_up(ANN)
    ask = shaky.under_test.core.request_password_reset
    current, secret = PASSWORD, b""

    async def letter() -> bytes:
        shaky.under_test.clock.advance(timedelta(hours=2))  # past the budget of letters to one address
        await ask(shaky.under_test.visit(), ANN, LETTER)
        return bytes.fromhex((await shaky.under_test.letters())[-1].ticket)

    async def reset(step: int) -> None:
        new = NewPassword(Secret(f"{NEW} {step}"))
        await shaky.under_test.core.reset_password(shaky.under_test.visit(), secret, new)

    secret = await letter()
    async for step in shaky.each_step(reset):
        [opened] = await opens(shaky.under_test, current, f"{NEW} {step}")
        if opened == current:
            assert (await shaky.counts())["tickets"] == 1
            await reset(step)
        else:
            with pytest.raises(InvalidTicket):
                await reset(step)
        current = f"{NEW} {step}"
        assert await opens(shaky.under_test, current, PASSWORD) == [current]
        secret = await letter()


async def test_a_letter_that_fails_is_written_whole_or_not_at_all(shaky: Shaky) -> None:
    """A ticket without its letter helps nobody, a letter without its ticket misleads."""
    await shaky.under_test.sign_up(ANN)
    before = await shaky.counts()

    async def ask(_: int) -> None:
        shaky.under_test.clock.advance(timedelta(hours=2))
        await shaky.under_test.core.request_password_reset(shaky.under_test.visit(), ANN, LETTER)

    async for _ in shaky.each_step(ask):
        after = await shaky.counts()
        if after["outbox"] > before["outbox"]:
            assert after["tickets"] == 1
            [letter] = await shaky.under_test.letters()
            tickets, project = shaky.under_test.core.verify_email.tickets, shaky.under_test.project.id
            secret = bytes.fromhex(letter.ticket)
            await tickets.examine(shaky.under_test.db, project, Purpose.PASSWORD_RESET, "nhost", secret)
        else:
            assert after["tickets"] == before["tickets"]
        before = after


async def test_a_verification_that_fails_leaves_the_letter_good_or_the_address_proven(shaky: Shaky) -> None:
    """Never a spent letter and an unproven address."""
    core, visit = shaky.under_test.core, shaky.under_test.visit()
    came: TicketVisit | None = None

    async def mailed(step: int) -> TicketVisit:
        await shaky.under_test.sign_up(f"ann{step}@example.com", letter=LETTER, always_send=True)
        [letter] = await shaky.under_test.letters()
        return TicketVisit(Purpose.EMAIL_VERIFICATION, bytes.fromhex(letter.ticket))

    async def verify(_: int) -> None:
        assert came is not None
        await core.verify_email(visit, came)

    came = await mailed(1)
    async for step in shaky.each_step(verify):
        subject = await core.users.subject_by_email(shaky.under_test.db, visit.project.id, f"ann{step}@example.com")
        assert subject is not None
        if subject.email_is_verified:
            with pytest.raises(InvalidTicket):
                await verify(step)
        else:
            await verify(step)
        came = await mailed(step + 1)


async def test_a_change_that_fails_leaves_one_password(shaky: Shaky) -> None:
    """The old one with its sessions, or the new one without them (security 29)."""
    ann = await shaky.under_test.sign_up(ANN)
    current = PASSWORD

    async def change(step: int) -> None:
        wanted = PasswordChange(
            user_id=ann.subject.id, new=NewPassword(Secret(f"{NEW} {step}")), current=Secret(current)
        )
        await shaky.under_test.core.change_password(shaky.under_test.visit(), wanted)

    async for step in shaky.each_step(change):
        sessions = (await shaky.counts())["sessions"]
        [opened] = await opens(shaky.under_test, current, f"{NEW} {step}")
        assert (opened == current) == (sessions > 0)
        shaky.under_test.clock.advance(timedelta(seconds=1))
        if opened == current:
            await change(step)
        current = f"{NEW} {step}"
        shaky.under_test.clock.advance(timedelta(seconds=1))
        await shaky.under_test.sign_in(ANN, current)
