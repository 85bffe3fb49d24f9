"""Codes that Twilio Verify makes and checks; nothing of it hangs, nothing unclear counts as right (security 97)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.delivery.sms.conftest import ANN
from tests.support.providers.standing_in import Answer, Fault
from tests.support.providers.twilio import Twilio, problem
from vestibule.delivery.sms import TwilioVerification
from vestibule.delivery.sms.twilio import TwilioCodes
from vestibule.kernel.errors import CannotSendText
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient


@pytest.fixture
def codes(twilio: Twilio, outbound: OutboundClient) -> TwilioCodes:
    """Verify on loopback."""
    return TwilioCodes(twilio.as_verification(), outbound)


async def test_the_right_code_is_right_once(codes: TwilioCodes, twilio: Twilio) -> None:
    """A used one is gone there."""
    await codes.start(ANN, "en")
    assert not await codes.check(ANN, "000000")
    assert await codes.check(ANN, twilio.codes[ANN])
    assert not await codes.check(ANN, "123456")


async def test_a_code_is_good_for_its_number_only(codes: TwilioCodes, twilio: Twilio) -> None:
    """Another number has its own, or none."""
    await codes.start(ANN, "en")
    assert not await codes.check("+12125550123", twilio.codes[ANN])


@pytest.mark.parametrize(("locale", "asked"), [("de", ["de"]), ("pt_BR", ["pt-BR"]), ("bg", [None]), ("../x", [None])])
async def test_a_language_that_twilio_does_not_speak_is_left_out(
    codes: TwilioCodes, twilio: Twilio, locale: str, asked: list[str | None]
) -> None:
    """It answers 404 to those, and then takes the language of the number's country."""
    await codes.start(ANN, locale)
    assert twilio.locales == asked


async def test_guesses_end(codes: TwilioCodes, twilio: Twilio) -> None:
    """Twilio counts five; after them even the right one is wrong."""
    await codes.start(ANN, "en")
    for _ in range(5):
        assert not await codes.check(ANN, "000000")
    assert not await codes.check(ANN, twilio.codes[ANN])


@pytest.mark.parametrize("code", ["", "123", "12345678901", "12345a", chr(0xFF11) * 6])
async def test_what_is_no_code_is_not_asked_about(codes: TwilioCodes, twilio: Twilio, code: str) -> None:
    """Each question costs money."""
    assert not await codes.check(ANN, code)
    assert twilio.requests == []


FAILURES = [
    problem(401, 20003),
    problem(403, 60410),
    problem(429, 60203),
    problem(429, 20429),
    Answer(500, {}),
    Answer(503, b"busy"),
    Fault.HANGS_UP,
    Fault.GARBAGE,
]


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failing_provider_is_told_as_such(codes: TwilioCodes, twilio: Twilio, failure: Answer | Fault) -> None:
    """Neither sent nor checked; in no case is a code taken for right."""
    twilio.faults.append(failure)
    with pytest.raises(CannotSendText):
        await codes.start(ANN, "en")
    await codes.start(ANN, "en")
    twilio.faults.append(failure)
    with pytest.raises(CannotSendText):
        await codes.check(ANN, twilio.codes[ANN])


@pytest.mark.parametrize("body", [b"", b"approved", b"[]", b'{"status": 1}', b"\xff"])
async def test_an_unreadable_answer_is_no_approval(codes: TwilioCodes, twilio: Twilio, body: bytes) -> None:
    """200 alone says nothing."""
    twilio.faults.append(Answer(200, body))
    with pytest.raises(CannotSendText):
        await codes.check(ANN, "123456")
    twilio.faults.append(Answer(200, {"valid": True}))
    assert not await codes.check(ANN, "123456")


async def test_a_dead_provider_hangs_nobody(
    codes: TwilioCodes, twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wait is bounded, and after some of them nobody waits at all: the server is left alone for a while."""
    await codes.start(ANN, "en")
    monkeypatch.setattr("vestibule.delivery.sms.twilio._CALL", timedelta(seconds=0.1))
    twilio.faults += [Fault.SILENT] * 5
    for _ in range(5):
        with pytest.raises(CannotSendText):
            await codes.check(ANN, "123456")
    monkeypatch.setattr("vestibule.delivery.sms.twilio._CALL", timedelta(hours=1))
    twilio.faults += [Fault.SILENT] * 5
    async with asyncio.timeout(20):
        with pytest.raises(CannotSendText):
            await codes.check(ANN, "999999")
    assert "999999" not in [request.form.get("Code") for request in twilio.requests]


@pytest.mark.parametrize(
    "wrong",
    [{"account": "VA1"}, {"account": ""}, {"service": "MG1"}, {"account": "AC1/../x"}, {"service": "VA1?x"}],
)
def test_a_sid_of_another_kind_is_refused_at_start(wrong: dict[str, Any]) -> None:
    """They become part of a path, and Twilio's words about it would help nobody."""
    with pytest.raises(ValueError, match="SID"):
        TwilioVerification(**{"account": "AC1", "token": Secret("t"), "service": "VA1", **wrong})
