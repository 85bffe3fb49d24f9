"""Turnstile is asked over HTTP, and whoever it does not vouch for does not pass."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.support.providers.standing_in import Answer, Fault, serve
from tests.support.providers.turnstile import SECRET
from tests.support.providers.turnstile import Turnstile as Cloudflare
from vestibule.kernel.errors import CaptchaRefused, CaptchaUnavailable, Overloaded
from vestibule.kernel.meters import Meters
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient
from vestibule.protection import turnstile as module
from vestibule.protection.turnstile import CHECKS, Turnstile


@pytest.fixture
async def cloudflare() -> AsyncIterator[Cloudflare]:
    """Turnstile on loopback."""
    async with serve(Cloudflare()) as server:
        yield server


@pytest.fixture
def turnstile(cloudflare: Cloudflare, outbound: OutboundClient, meters: Meters) -> Turnstile:
    """What asks it."""
    return Turnstile(Secret(SECRET), cloudflare.environ["VESTIBULE_TURNSTILE_URL"], outbound, meters)


async def test_a_solution_passes_once(turnstile: Turnstile, cloudflare: Cloudflare, meters: Meters) -> None:
    """Secret and solution go there as JSON, and what was used is refused by the provider itself."""
    cloudflare.solve("a solution")

    await turnstile.check("a solution")

    assert cloudflare.requests[0].json == {"secret": SECRET, "response": "a solution"}
    with pytest.raises(CaptchaRefused):
        await turnstile.check("a solution")
    assert dict(meters.totals(CHECKS)) == {"passed": 1, "refused": 1, "unavailable": 0}


async def test_the_refusal_holds_what_the_provider_says(turnstile: Turnstile, cloudflare: Cloudflare) -> None:
    """A little of it: an answer is not repeated without bounds."""
    cloudflare.says = ["one", "x" * 1_000, *["more"] * 10]

    with pytest.raises(CaptchaRefused) as refused:
        await turnstile.check("made up")

    assert refused.value.messages == ("one", "x" * 100, "more", "more", "more")


@pytest.mark.parametrize("solution", ['","success":true,"x":"', "\\", "\n", "é", "a" * 2_048])
async def test_no_solution_breaks_out_of_what_is_sent(
    turnstile: Turnstile, cloudflare: Cloudflare, solution: str
) -> None:
    """The body is encoded from values (security 114)."""
    with pytest.raises(CaptchaRefused):
        await turnstile.check(solution)
    assert cloudflare.requests[0].json == {"secret": SECRET, "response": solution}


async def test_what_is_too_long_is_not_asked_about(turnstile: Turnstile, cloudflare: Cloudflare) -> None:
    """No solution is longer than 2,048 characters."""
    with pytest.raises(CaptchaRefused):
        await turnstile.check("a" * 2_049)
    assert cloudflare.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault.HANGS_UP,
        Fault.GARBAGE,
        Fault.ENDLESS,
        Fault.ZIPPED,
        Answer(500),
        Answer(503, b"busy"),
        Answer(200, b"<html>"),
        Answer(200, {"success": "true"}),
        Answer(200, {}),
        Answer(302, b"", {"location": "https://example.com"}),
        Answer(200, b" " * 20_000),
    ],
    ids=str,
)
async def test_nobody_passes_while_there_is_no_verdict(
    turnstile: Turnstile, cloudflare: Cloudflare, meters: Meters, fault: Answer | Fault
) -> None:
    """Whatever else comes back: it fails closed (security 97)."""
    cloudflare.solve("a solution")
    cloudflare.faults.append(fault)

    with pytest.raises(CaptchaUnavailable):
        await turnstile.check("a solution")

    assert meters.total(CHECKS, "unavailable") == 1
    await turnstile.check("a solution")


async def test_a_provider_that_is_silent_is_not_waited_for(turnstile: Turnstile, cloudflare: Cloudflare) -> None:
    """A sign-up answers within the deadline, though a good solution is lost (security 97)."""
    cloudflare.solve("a solution")
    cloudflare.faults.append(Fault.LATE)
    with pytest.raises(CaptchaUnavailable):
        await turnstile.check("a solution")


async def test_a_dead_provider_is_left_alone_for_a_while(turnstile: Turnstile, cloudflare: Cloudflare) -> None:
    """After five failures nobody waits for it (security 97)."""
    cloudflare.faults += [Answer(503)] * 10
    for _ in range(8):
        with pytest.raises(CaptchaUnavailable):
            await turnstile.check("a solution")
    assert len(cloudflare.requests) == 5


async def test_what_callers_send_closes_it_for_nobody(turnstile: Turnstile, cloudflare: Cloudflare) -> None:
    """A solution that the provider answers oddly is one caller's matter (security 97)."""
    cloudflare.faults += [Answer(400, b"bad request")] * 10
    for _ in range(10):
        with pytest.raises(CaptchaUnavailable):
            await turnstile.check("odd")
    cloudflare.solve("a solution")
    await turnstile.check("a solution")


async def test_so_many_are_asked_about_at_once(turnstile: Turnstile, cloudflare: Cloudflare) -> None:
    """The rest wait in line, and all are answered."""
    cloudflare.faults += [Answer(body={"success": True}, after_seconds=0.1)] * 40
    await asyncio.gather(*(turnstile.check(f"s{number}") for number in range(40)))
    assert 1 < cloudflare.most_asking <= 16


async def test_the_line_is_short(turnstile: Turnstile, cloudflare: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes when it is full is told at once that the server is busy (security 85, 97)."""
    monkeypatch.setattr(module, "_MOST_WAITING", 4)
    cloudflare.solve(*(f"s{number}" for number in range(40)))
    asked = (turnstile.check(f"s{number}") for number in range(40))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None)] * 20 + [Overloaded] * 20
    await turnstile.check("s39")


async def test_a_wrong_secret_is_told_to_the_operator(
    cloudflare: Cloudflare, outbound: OutboundClient, meters: Meters
) -> None:
    """Visitors are refused, and the log says what to set; it holds no secret."""
    wrong = Turnstile(Secret("0x4WRONG"), cloudflare.environ["VESTIBULE_TURNSTILE_URL"], outbound, meters)
    with capture_logs() as logs, pytest.raises(CaptchaRefused):
        await wrong.check("a solution")
    assert [entry["event"] for entry in logs] == ["captcha.secret_refused"]
    assert "0x4WRONG" not in str(logs)


async def test_a_verdict_is_short(turnstile: Turnstile, cloudflare: Cloudflare) -> None:
    """However long it would be a good one: nothing endless is read (security 101)."""
    cloudflare.faults.append(Answer(200, {"success": True, "cdata": "x" * 20_000}))
    with pytest.raises(CaptchaUnavailable):
        await turnstile.check("a solution")


async def test_nobody_waits_in_line_without_end(
    cloudflare: Cloudflare, outbound: OutboundClient, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not get their turn within the deadline hears that nobody could look (security 97)."""
    monkeypatch.setattr(module, "_MOST_AT_ONCE", 1)
    narrow = Turnstile(Secret(SECRET), cloudflare.environ["VESTIBULE_TURNSTILE_URL"], outbound, meters)
    cloudflare.faults.append(Fault.SILENT)
    first = asyncio.create_task(narrow.check("first"))
    await asyncio.sleep(0)  # it has the only place
    monkeypatch.setattr(module, "_DEADLINE", timedelta(seconds=0.01))
    async with asyncio.timeout(2):
        with pytest.raises(CaptchaUnavailable):
            await narrow.check("second")
    assert not first.done()
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
