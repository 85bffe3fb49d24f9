import asyncio
import io
import json

from tests.wire.conftest import MakeApp, StoppedClock, ask
from vestibule.wire import LimitSettings, WireSettings
from vestibule.wire.access_log import WRITE_AFTER_SECONDS, AccessLog
from vestibule.wire.app import App

SECRETS = ("s3cr3t", "hunter22", "ann@example.com", "203.0.113.7", "198.51.100.9")


async def test_one_line_per_request_says_what_matters(app: App, log: io.StringIO) -> None:
    """Time, id, dialect, endpoint, method, status, duration: JSON, one line each."""
    heard = await ask(app, "GET", "/t/acme/users/u-1")
    await asyncio.sleep(2 * WRITE_AFTER_SECONDS)
    (line,) = log.getvalue().splitlines()
    entry = json.loads(line)
    assert entry.pop("ms") >= 0
    assert entry == {
        "ts": "2026-01-02T03:04:05.000+00:00",
        "request_id": heard.header("x-request-id"),
        "dialect": "tiny",
        "endpoint": "/t/{project}/users/{user_id}",
        "method": "GET",
        "status": 200,
    }


async def test_no_secret_reaches_the_log(app: App, log: io.StringIO) -> None:
    """No path, query, header, body or address is written, whatever the outcome (security 37, 117)."""
    headers = [(b"authorization", b"Bearer s3cr3t"), (b"cookie", b"a=s3cr3t"), (b"x-forwarded-for", b"198.51.100.9")]
    body = {"email": "ann@example.com", "password": "hunter22"}
    for method, path in (("POST", "/signup"), ("GET", "/users/s3cr3t"), ("GET", "/s3cr3t"), ("S3CR3T", "/me")):
        await ask(app, method, path, headers=headers, query=b"token=s3cr3t", json=body)
    await asyncio.sleep(2 * WRITE_AFTER_SECONDS)
    text = log.getvalue()
    assert len(text.splitlines()) == 4
    assert [secret for secret in SECRETS if secret in text] == []


async def test_strangers_cannot_invent_labels(app: App, log: io.StringIO) -> None:
    """Unknown paths and methods share one label each (security 116)."""
    for number in range(5):
        await ask(app, f"M{number}", f"/p{number}\n{{")
    await asyncio.sleep(2 * WRITE_AFTER_SECONDS)
    entries = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {(entry["endpoint"], entry["method"]) for entry in entries} == {("-", "OTHER")}


async def test_lines_are_written_together(clock: StoppedClock) -> None:
    """Requests that come shortly after one another cost one write."""
    writes: list[str] = []

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    record = AccessLog(Stream(), clock).recorder("d", "/e")
    for _ in range(3):
        record("id", "GET", 200, 0.0)
    await asyncio.sleep(2 * WRITE_AFTER_SECONDS)
    assert [text.count("\n") for text in writes] == [3]


async def test_the_log_can_be_switched_off(make_app: MakeApp, log: io.StringIO) -> None:
    """Where a proxy logs already."""
    app = make_app(settings=WireSettings(limits=LimitSettings(enabled=False), access_log=False))
    assert (await ask(app, "GET", "/version")).status == 200
    await asyncio.sleep(2 * WRITE_AFTER_SECONDS)
    assert log.getvalue() == ""


async def test_a_broken_log_does_not_break_answers(clock: StoppedClock) -> None:
    """A full disk or a closed pipe loses lines, not requests."""

    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    log = AccessLog(Broken(), clock)
    log.recorder("d", "/e")("id", "GET", 200, 0.0)
    log.flush()
    closed = io.StringIO()
    closed.close()
    log = AccessLog(closed, clock)
    log.recorder("d", "/e")("id", "GET", 200, 0.0)
    log.flush()


async def test_text_for_people_says_the_same(clock: StoppedClock) -> None:
    """AUTH_LOG_FORMAT_TEXT; a path with a percent sign is nothing to fill in."""
    stream = io.StringIO()
    log = AccessLog(stream, clock, as_text=True)
    log.recorder("tiny", "/100%d")("r-1", "GET", 200, 0.0)
    log.flush()
    words = stream.getvalue().split()
    assert words[:6] == ["2026-01-02T03:04:05.000+00:00", "r-1", "tiny", "/100%d", "GET", "200"]
    assert words[7] == "ms"
