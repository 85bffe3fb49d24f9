"""Turnstile at the routes that Nhost Auth guards with it, with its three answers to the letter."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.dialects.nhost.providing import Traveller, told
from tests.dialects.nhost.speaking import Speaker
from tests.support.providers.standing_in import Answer
from tests.support.providers.standing_in import serve as standing_in
from tests.support.providers.turnstile import Turnstile
from tests.support.serving import Serve
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.dialects.nhost import nhost
from vestibule.dialects.nhost.captcha import CAPTCHA, CAPTCHA_IN_NEWEST, HEADER
from vestibule.wire import Endpoint

SIGN_UPS: Final = [endpoint for endpoint in nhost.endpoints if CAPTCHA in endpoint.marks]
IN_NEWEST: Final = [endpoint for endpoint in nhost.endpoints if CAPTCHA_IN_NEWEST in endpoint.marks]
MARKED: Final = SIGN_UPS + IN_NEWEST
NEWEST: Final = {"VESTIBULE_NHOST_CAPTCHA": "newest"}
ANN: Final = {"email": "ann@example.com", "password": "correct horse"}
LIMITED: Final = {
    "AUTH_RATE_LIMIT_ENABLE": "true",
    "AUTH_RATE_LIMIT_SIGNUPS_BURST": "1",
    "VESTIBULE_RATE_LIMITS": "true",
}
MISSING: Final = b'{"error":"missing x-cf-turnstile-response header"}'
REFUSED: Final = b'{"error":"failed to pass turnstile: []"}'
UNAVAILABLE: Final = b'{"error":"internal server error when attempting to pass turnstile"}'

pytestmark = pytest.mark.engine("sqlite")  # nothing here depends on it


@pytest.fixture
async def turnstile(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Turnstile]:
    """Cloudflare on loopback, which may take its time."""
    monkeypatch.setattr("vestibule.protection.turnstile._DEADLINE", timedelta(seconds=60))
    async with standing_in(Turnstile()) as server:
        yield server


async def _ask(speaker: Speaker, endpoint: Endpoint, solution: str | None = None) -> tuple[int, bytes]:
    return await _post(speaker, endpoint.path, solution, body={})


async def _post(speaker: Speaker, path: str, solution: str | None = None, body: Any = ANN) -> tuple[int, bytes]:
    answer = await speaker.post(path, body, **({} if solution is None else {HEADER: solution}))
    return answer.status_code, answer.content


@pytest.mark.parametrize("told", [NEWEST, {"VESTIBULE_NHOST_CODES": "2026"}], ids=["by name", "by year"])
async def test_every_marked_route_asks_for_a_solution(serve: Serve, turnstile: Turnstile, told: dict[str, str]) -> None:
    """Before its body is looked at, and nobody is asked about what is not there."""
    async with serve({**turnstile.environ, **told}, policy=EVERY_WAY_IN) as running:
        for endpoint in MARKED:
            for solution in (None, ""):
                assert await _ask(Speaker(running), endpoint, solution) == (403, MISSING)
        assert turnstile.requests == []


@pytest.mark.parametrize(
    "told",
    [{}, {"VESTIBULE_NHOST_CODES": "2026", "VESTIBULE_NHOST_CAPTCHA": "signup"}],
    ids=["by default", "by name"],
)
async def test_clients_of_2025_send_a_solution_to_sign_ups_only(
    serve: Serve, turnstile: Turnstile, told: dict[str, str]
) -> None:
    """Their sign-ins by link or code and their resets go on as they are; a solution that comes is not looked at."""
    async with serve({**turnstile.environ, **told}, policy=EVERY_WAY_IN) as running:
        speaker = Speaker(running)
        for endpoint in SIGN_UPS:
            assert await _ask(speaker, endpoint) == (403, MISSING)
        for endpoint in IN_NEWEST:
            assert await _ask(speaker, endpoint) == await _ask(speaker, endpoint, "made up")
            assert (await _ask(speaker, endpoint))[0] == 400
        assert (await _post(speaker, "/user/password/reset", body={"email": ANN["email"]}))[0] == 200
        paths = (await running.client.get("/openapi/nhost.json")).json()["paths"]
        assert "CaptchaProblem" not in str(paths["/user/password/reset"])
        assert turnstile.requests == []


async def test_a_refused_solution_is_told_with_what_the_provider_says(serve: Serve, turnstile: Turnstile) -> None:
    """As a list in the manner of Go; the message is encoded, whatever is in it (security 114)."""
    async with serve({**turnstile.environ, **NEWEST}, policy=EVERY_WAY_IN) as running:
        speaker = Speaker(running)
        for endpoint in MARKED:
            assert await _ask(speaker, endpoint, "made up") == (403, REFUSED)
        turnstile.says = ["one", 'two"}']
        assert await _post(speaker, "/signup/email-password", "made up") == (
            403,
            b'{"error":"failed to pass turnstile: [one two\\"}]"}',
        )


async def test_nobody_registers_while_turnstile_is_away(serve: Serve, turnstile: Turnstile) -> None:
    """It fails closed (security 97)."""
    turnstile.faults.append(Answer(503))
    turnstile.solve("a solution")
    async with serve(turnstile.environ) as running:
        assert await _post(Speaker(running), "/signup/email-password", "a solution") == (500, UNAVAILABLE)
        assert (await Speaker(running).sign_in(**ANN)).status_code == 401
        status, _ = await _post(Speaker(running), "/signup/email-password", "a solution")
        assert status == 200


async def test_a_solution_lets_in_once(serve: Serve, turnstile: Turnstile) -> None:
    """The provider refuses it the second time."""
    turnstile.solve("a solution")
    async with serve(turnstile.environ) as running:
        status, _ = await _post(Speaker(running), "/signup/email-password", "a solution")
        assert status == 200
        again = await _post(
            Speaker(running), "/signup/email-password", "a solution", ANN | {"email": "bob@example.com"}
        )
        assert again == (403, REFUSED)


async def test_no_other_route_asks(serve: Serve, turnstile: Turnstile) -> None:
    """Signing in, for one; and a page of another origin may ask whether it may."""
    async with serve({**turnstile.environ, **NEWEST}) as running:
        speaker = Speaker(running)
        for endpoint in nhost.endpoints:
            if endpoint not in MARKED and endpoint.method == "POST":
                assert (await speaker.post(endpoint.path, {})).content != MISSING, endpoint.path
        preflight = await running.client.options(
            "/v1/signup/email-password", headers={"origin": "https://acme.example"}
        )
        assert preflight.status_code == 204
        assert turnstile.requests == []


@pytest.mark.parametrize("how", ["signup", "signin"])
async def test_the_way_to_a_provider_asks_for_none(serve: Serve, turnstile: Turnstile, how: str) -> None:
    """Browsers that follow a link send no header of ours."""
    async with serve(turnstile.environ) as running:
        ann = Traveller(running)
        answer = await ann.travel(ann.provider("github").person("1", ANN["email"]), how=how)
        assert "refreshToken" in told(answer)[1]
        assert turnstile.requests == []


async def test_a_missing_solution_is_told_before_a_limit(serve: Serve, turnstile: Turnstile) -> None:
    """As in the newest server; what is refused so is not counted either."""
    async with serve({**turnstile.environ, **LIMITED}) as running:
        speaker = Speaker(running)
        for _ in range(3):
            assert await _post(speaker, "/signup/email-password") == (403, MISSING)
        turnstile.solve("one", "two")
        assert (await _post(speaker, "/signup/email-password", "one"))[0] == 200
        assert await _post(speaker, "/signup/email-password", "two") == (429, b"")
        assert await _post(speaker, "/signup/email-password") == (403, MISSING)


async def test_made_up_solutions_are_checked_only_so_often(serve: Serve, turnstile: Turnstile) -> None:
    """Sixty a minute from one network, also where Nhost's own limits are off: nobody keeps others from signing up by
    filling the places where solutions are checked (security 85, 97). Nothing changes for who sends none.
    """
    async with serve({**turnstile.environ, "VESTIBULE_RATE_LIMITS": "true"}) as running:
        speaker = Speaker(running)
        for _ in range(60):
            assert (await _post(speaker, "/signup/email-password"))[1] == MISSING
            assert (await _post(speaker, "/signup/email-password", "made up"))[1] == REFUSED
        assert await _post(speaker, "/signup/email-password", "made up") == (429, b"")
        assert len(turnstile.requests) == 60
        assert await _post(speaker, "/signup/email-password") == (403, MISSING)


async def test_a_page_may_read_why_it_was_refused(serve: Serve, turnstile: Turnstile) -> None:
    """The header of CORS is there as on every answer."""
    async with serve(turnstile.environ) as running:
        answer = await Speaker(running).post("/signup/email-password", ANN, origin="https://acme.example")
        assert answer.status_code == 403
        assert answer.headers["access-control-allow-origin"] == "https://acme.example"


async def test_the_document_tells_of_it_where_it_is_on(serve: Serve, turnstile: Turnstile) -> None:
    """Each marked operation lists 403 with the form of these errors."""
    async with serve({**turnstile.environ, **NEWEST}) as running:
        paths = (await running.client.get("/openapi/nhost.json")).json()["paths"]
        for endpoint in MARKED:
            assert "CaptchaProblem" in str(
                paths[f"/v1{endpoint.path}" if f"/v1{endpoint.path}" in paths else endpoint.path]
            )


async def test_it_costs_nothing_where_it_is_off(serve: Serve) -> None:
    """The guard is not even mounted, and the document does not tell of it."""
    async with serve() as running:
        assert (await _post(Speaker(running), "/signup/email-password"))[0] == 200
        document = (await running.client.get("/openapi/nhost.json")).text
        assert "captcha" not in document.lower()


def test_whatever_registers_or_sends_for_a_stranger_is_marked() -> None:
    """The list is the newest Nhost Auth's, and those routes of ours that do the same (security 81, 95, 96)."""
    assert {endpoint.path for endpoint in MARKED} == {
        "/signup/email-password",
        "/signup/webauthn",
        "/signup/idtoken",
        "/signup/otp/email",
        "/signup/passwordless/email",
        "/signup/passwordless/sms",
        "/signin/passwordless/email",
        "/signin/passwordless/sms",
        "/signin/passwordless/sms/otp",
        "/user/password/reset",
    }
    assert {endpoint.method for endpoint in MARKED} == {"POST"}
