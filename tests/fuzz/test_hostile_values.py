"""Tokens, cookies, headers and ids that no client would send: a refusal each, soon, and never a crash."""

import base64
import time
from collections.abc import Callable
from typing import Final

import pytest

from tests.cross.doors import Doors, Held, doors_of
from tests.fuzz.beside import Beside, fuzz
from tests.fuzz.hostile import JSON, NAMED, PLACES, Sent, hostile_texts
from tests.support.serving import CLIENT_ID, ORIGIN

EXAMPLES: Final = 25
BUDGET_SECONDS: Final = 2.0  # of this process' own work, for one answer; what others do meanwhile does not count


async def _credentials(doors: Doors) -> list[bytes]:
    held: list[Held] = [await doors.accountmaker.sign_up()]
    held += [await door.sign_in() for door in (doors.nhost, doors.sublay, doors.replyke)]
    key = await doors.sublay.running.service_key()
    csrf = await doors.accountmaker.send("GET", "/auth/csrf-session", accept="application/json")
    texts = [text for session in held for text in (session.access, session.refresh)]
    texts += [
        key.secret.reveal(),
        csrf.json()["csrf_token"],
        await doors.accountmaker.mailed_token(),
        ORIGIN,
        CLIENT_ID,
    ]
    return [text.encode() for text in texts]


def _refuses_calmly(beside: Beside, sent: Sent) -> None:
    started = time.process_time()
    answer = beside.send(sent.method, sent.url, list(sent.headers), sent.body)
    took = time.process_time() - started
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert "Traceback" not in answer.text
    assert took < BUDGET_SECONDS, took


def test_no_text_of_the_callers_choice_crashes_the_server(beside: Beside) -> None:
    """Whatever stands in a token, cookie, header, id or query: no 5xx, no hang, no traceback (security 109)."""
    real = beside.run(_credentials(doors_of(beside.running)))
    texts = hostile_texts(real)
    for place in PLACES.values():

        def calmly(value: bytes, place: Callable[[bytes], Sent] = place) -> None:
            _refuses_calmly(beside, place(value))

        fuzz(texts, calmly, examples=EXAMPLES)
        for text in real:
            for nearly in (text + b" ", b"(" + text + b")", text[:-1], text.upper(), text + b"\xff"):
                calmly(nearly)


# What makes a backtracking matcher try everything twice, and a careless parser read everything again.
_LONG: Final = 20_000
REPEATED: Final = {
    "letters": b"a" * _LONG,
    "letters and a stop": b"a" * _LONG + b"!",
    "dots": b"." * _LONG,
    "an address of dots": b"a@" + b"a." * (_LONG // 2) + b"!",
    "an address of hyphens": b"a@" + b"-" * _LONG,
    "quotes": b'"' * _LONG,
    "escapes": b"%25" * (_LONG // 3),
    "blanks": b" " * _LONG + b"x",
    "tabs and commas": b"\t," * (_LONG // 2),
    "semicolons": b"; " * (_LONG // 2),
    "pairs": b"a=b; " * (_LONG // 5),
    "ampersands": b"a=b&" * (_LONG // 4),
    "slashes": b"/" * _LONG,
    "stars": b"*" * _LONG,
    "hyphenated hexadecimals": b"0000-" * (_LONG // 5),
    "brackets": b"[" * _LONG,
    "a url of labels": b"http://" + b"a." * (_LONG // 2) + b"example",
    "a url of wildcards": b"http://" + b"*." * (_LONG // 2) + b"example",
    "digits": b"9" * _LONG,
    "colons": b":" * _LONG,
    "combining marks": ("e" + "\u0301" * (_LONG // 2)).encode(),
    "prefixes": b"passwordReset:" * (_LONG // 14),
}


def test_no_long_text_costs_more_than_its_length(beside: Beside) -> None:
    """Twenty thousand symbols of the kind that makes patterns explode, at every place, within the budget (security
    113).
    """
    slow = {}
    for name, place in PLACES.items():
        for kind, value in REPEATED.items():
            sent = place(value)
            started = time.process_time()
            answer = beside.send(sent.method, sent.url, list(sent.headers), sent.body)
            took = time.process_time() - started
            assert answer.status_code < 500, (name, kind)
            if took > BUDGET_SECONDS / 2:
                slow[name, kind] = took
    assert slow == {}


@pytest.mark.parametrize("depth", [100, 5_000, 30_000])
def test_no_depth_of_nesting_crashes_the_server(beside: Beside, depth: int) -> None:
    """In bodies and in the parts of tokens alike (security 112)."""
    nested = b"[" * depth + b"]" * depth
    objects = b'{"a":' * depth + b"1" + b"}" * depth
    for path in (
        "/v1/token",
        "/v1/signup/email-password",
        "/v7/default/auth/sign-up",
        "/auth/sign-up",
        "/auth/refresh",
    ):
        for body in (nested, objects, b'{"email":' + nested + b"}", b'{"options":' + objects + b"}"):
            _refuses_calmly(beside, Sent("POST", path, (*NAMED, JSON), body))
    token = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (nested[:20_000], objects[:20_000], b"x"))
    for name in ("nhost access token", "sublay access token", "accountmaker access token"):
        _refuses_calmly(beside, PLACES[name](token))
