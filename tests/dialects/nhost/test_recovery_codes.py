import re

from tests.dialects.nhost.factors import DISABLED_ENDPOINT, INVALID_TOTP, NOT_ACTIVE, ON, somebody, with_factor
from tests.dialects.nhost.speaking import INVALID_TICKET, OK, SESSION_KEYS, Speaker, malformed, refused
from tests.support.serving import Serve

MADE_UP = "mfaTotp:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"


async def test_ten_codes_are_made_and_counted(serve: Serve) -> None:
    """For whoever is signed in and shows a code of the application (security 89, 91)."""
    async with serve(ON) as running:
        person = await with_factor(running)
        assert (await person.ours.get("/mfa/recovery-codes", person.token)).content == b'{"left":0}\n'
        answer = await person.ours.post("/mfa/recovery-codes", {"code": person.application.fresh()}, person.token)
        assert answer.status_code == 200
        assert list(answer.json()) == ["codes"]
        assert len(answer.json()["codes"]) == 10
        assert all(re.fullmatch("[2-9A-Z]{4}(-[2-9A-Z]{4}){2}", code) for code in answer.json()["codes"])
        assert answer.headers["cache-control"] == "no-store"
        assert (await person.ours.get("/mfa/recovery-codes", person.token)).json() == {"left": 10}


async def test_a_code_signs_in_at_the_endpoint_of_our_own(serve: Serve) -> None:
    """Once, with the answer of `/signin/mfa/totp` (security 91)."""
    async with serve(ON) as running:
        person = await with_factor(running)
        codes = await person.recovery_codes()
        body = {"ticket": await person.ticket(), "code": codes[0]}
        answer = await person.ours.post("/mfa/recovery-codes/sign-in", body)
        assert answer.status_code == 200
        assert list(answer.json()["session"]) == SESSION_KEYS
        refused(await person.ours.post("/mfa/recovery-codes/sign-in", body), *INVALID_TICKET)
        again = {"ticket": await person.ticket(), "code": codes[0]}
        refused(await person.ours.post("/mfa/recovery-codes/sign-in", again), *INVALID_TOTP)
        not_one = {**again, "code": person.application.fresh()}
        refused(await person.ours.post("/mfa/recovery-codes/sign-in", not_one), *INVALID_TOTP)
        assert (await person.ours.get("/mfa/recovery-codes", person.token)).json() == {"left": 9}


async def test_unmodified_clients_use_them_where_they_ask_for_the_code(serve: Serve) -> None:
    """`/signin/mfa/totp` takes one as `otp`, as typed, and `/user/mfa` takes one to turn the factor off."""
    async with serve(ON) as running:
        person = await with_factor(running)
        codes = await person.recovery_codes()
        assert (await person.show(await person.ticket(), f" {codes[0].lower()} ")).status_code == 200
        assert (await person.change(codes[1], "")).content == OK
        refused(await person.change(codes[2]), *INVALID_TOTP)
        refused(await person.ours.get("/mfa/recovery-codes", person.token), *NOT_ACTIVE)


async def test_nobody_makes_them_without_a_second_factor(serve: Serve) -> None:
    """Nor where it is switched off, nor without a code."""
    async with serve() as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        ours = Speaker(running, "/_/api")
        refused(await ours.post("/mfa/recovery-codes", {"code": "1"}, token), *DISABLED_ENDPOINT)
        refused(await ours.get("/mfa/recovery-codes", token), *DISABLED_ENDPOINT)
        sign_in = {"ticket": MADE_UP, "code": "1"}
        refused(await ours.post("/mfa/recovery-codes/sign-in", sign_in), *DISABLED_ENDPOINT)
        missing = 'Error at "/code": property "code" is missing'
        malformed(await ours.post("/mfa/recovery-codes", {}, token), missing)
        assert (await ours.post("/mfa/recovery-codes", {"code": "1"})).status_code == 401


async def test_a_user_without_a_factor_is_told_so(serve: Serve) -> None:
    """Both when making and when counting."""
    async with serve(ON) as running:
        person = await somebody(running)
        refused(await person.ours.post("/mfa/recovery-codes", {"code": "1"}, person.token), *NOT_ACTIVE)
        refused(await person.ours.get("/mfa/recovery-codes", person.token), *NOT_ACTIVE)


async def test_they_are_under_our_own_paths_only(serve: Serve) -> None:
    """Where Nhost Auth may have something one day there is nothing; and beside them nothing either."""
    async with serve(ON) as running:
        for base in ("", "/v1"):
            answer = await Speaker(running, base).get("/mfa/recovery-codes")
            assert (answer.status_code, answer.text) == (404, "404 page not found")
        assert (await Speaker(running, "/_/api").get("/mfa")).status_code == 404
        document = (await running.client.get("/openapi/nhost.json")).json()
        described = document["paths"]["/_/api/mfa/recovery-codes"]
        assert set(described) == {"get", "post"}
        assert described["post"]["servers"] == [{"url": "http://localhost:4000"}]
