"""The list of leaked passwords learns a fifth of a hash, and keeps nobody waiting."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from tests.support.providers.pwned import Pwned, digest
from tests.support.providers.standing_in import Answer, Fault, serve
from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.meters import Meters
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient
from vestibule.protection import leaked as module
from vestibule.protection.leaked import LOOKUPS, LeakedPasswordList

LEAKED = "password1"


@pytest.fixture
async def pwned() -> AsyncIterator[Pwned]:
    """The list on loopback."""
    async with serve(Pwned(leaked={LEAKED, "é" * 4})) as server:
        yield server


@pytest.fixture
def leaks(pwned: Pwned, outbound: OutboundClient, meters: Meters) -> LeakedPasswordList:
    """What asks it."""
    return LeakedPasswordList(pwned.environ["VESTIBULE_HIBP_URL"], outbound, meters)


async def test_a_leaked_password_is_found(leaks: LeakedPasswordList, meters: Meters) -> None:
    """And any other one is not."""
    assert await leaks.contains(Secret(LEAKED))
    assert not await leaks.contains(Secret("not that one"))
    assert dict(meters.totals(LOOKUPS)) == {"leaked": 1, "unknown": 1, "failed": 0}


async def test_five_digits_of_a_hash_leave_and_no_more(leaks: LeakedPasswordList, pwned: Pwned) -> None:
    """Neither the password nor its hash; the length of the answer tells nothing either (security 81)."""
    await leaks.contains(Secret(LEAKED))

    [asked] = pwned.requests
    assert asked.target == f"/range/{digest(LEAKED)[:5]}"
    assert asked.headers["add-padding"] == "true"
    assert digest(LEAKED)[5:] not in str(asked)
    assert LEAKED not in str(asked)


async def test_padding_is_no_leak(leaks: LeakedPasswordList, pwned: Pwned) -> None:
    """Lines that say 0 are made up."""
    pwned.padding.add("a good one")
    assert not await leaks.contains(Secret("a good one"))


async def test_a_password_is_composed_before_it_is_looked_up(leaks: LeakedPasswordList) -> None:
    """As before it is hashed: two keyboards write one password."""
    assert await leaks.contains(Secret(unicodedata.normalize("NFD", "é" * 4)))


async def test_a_range_is_kept_for_a_while(
    leaks: LeakedPasswordList, pwned: Pwned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour; then the list may have grown."""
    for _ in range(3):
        assert await leaks.contains(Secret(LEAKED))
    assert len(pwned.requests) == 1

    now = monotonic_seconds()
    monkeypatch.setattr(module, "monotonic_seconds", lambda: now + 3_601)
    assert await leaks.contains(Secret(LEAKED))
    assert len(pwned.requests) == 2


async def test_so_many_ranges_are_kept(
    leaks: LeakedPasswordList, pwned: Pwned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded; the one that nobody asked for longest goes first."""
    monkeypatch.setattr(module, "_RANGES_KEPT", 2)
    for password in ("a", "b", "a", "c", "a", "b"):
        await leaks.contains(Secret(password))
    assert [request.path[-5:] for request in pwned.requests] == [digest(word)[:5] for word in ("a", "b", "c", "b")]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.HANGS_UP,
        Fault.GARBAGE,
        Fault.ENDLESS,
        Fault.ZIPPED,
        Answer(500),
        Answer(429, b"slow down"),
        Answer(200, b"<html>"),
        Answer(200, b"0018A45C4D1DEF81644B54AB7F969B88D65:many"),
        Answer(200, b"x" * 300_000),
    ],
    ids=str,
)
async def test_a_list_that_is_away_keeps_nobody_out(
    leaks: LeakedPasswordList, pwned: Pwned, meters: Meters, fault: Answer | Fault
) -> None:
    """It fails open; a meter and the log say so, and no range is made of what came instead (security 97)."""
    pwned.faults.append(fault)
    with capture_logs() as logs:
        assert not await leaks.contains(Secret(LEAKED))
    assert [entry["event"] for entry in logs] == ["leaked_passwords.unavailable"]
    assert LEAKED not in str(logs)
    assert digest(LEAKED) not in str(logs)
    assert meters.total(LOOKUPS, "failed") == 1
    assert await leaks.contains(Secret(LEAKED))


async def test_a_list_that_is_silent_is_not_waited_for(leaks: LeakedPasswordList, pwned: Pwned) -> None:
    """Nobody's sign-up hangs on it, nor on the others who ask (security 97)."""
    pwned.faults += [Fault.LATE] * 40
    found = await asyncio.gather(*(leaks.contains(Secret(f"{number}")) for number in range(40)))
    assert found == [None] * 40


async def test_a_list_that_hangs_is_left_alone_for_a_while(leaks: LeakedPasswordList, pwned: Pwned) -> None:
    """Silence counts like a refusal: after five nobody waits for it (security 97)."""
    pwned.faults += [Fault.LATE] * 10
    for _ in range(8):
        assert await leaks.contains(Secret(LEAKED)) is None
    assert len(pwned.requests) == 5


async def test_a_dead_list_is_left_alone_for_a_while(leaks: LeakedPasswordList, pwned: Pwned) -> None:
    """After five failures nobody waits for it (security 97)."""
    pwned.faults += [Answer(503)] * 10
    for _ in range(8):
        assert not await leaks.contains(Secret(LEAKED))
    assert len(pwned.requests) == 5
