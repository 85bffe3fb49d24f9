import pytest

from tests.dialects.accountmaker.speaking import EMAIL, OWN_ORIGIN, PASSWORD, Caller, assert_problem
from tests.support.serving import CLIENT_ID, ORIGIN, Serve
from vestibule.dialects.accountmaker import AccountMakerSettings

ASKED = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.mark.parametrize("origin", [ORIGIN, OWN_ORIGIN])
async def test_listed_pages_and_our_own_may_read_with_credentials(serve: Serve, origin: str) -> None:
    """Also refusals, so that a page can show what went wrong."""
    async with serve() as running:
        answer = await Caller(running).sign_in(origin=origin)

        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["access-control-expose-headers"] == "X-CSRF-Token, Retry-After, X-Request-ID"
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.com", "null", "", "http://localhost:3001", "https://localhost:3000", f"{ORIGIN}/", f"{ORIGIN}.evil"],
)
async def test_any_other_page_is_refused_and_may_not_read_why(serve: Serve, origin: str) -> None:
    """Security 106, 107: compared exactly; the refusal comes before the password is looked at."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        answer = await ann.sign_in(origin=origin)

        assert_problem(answer, 403, "origin_not_allowed")
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "set-cookie" not in answer.headers


async def test_a_foreign_page_that_names_no_origin_is_refused(serve: Serve) -> None:
    """Security 106: the browser itself says where the request comes from."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()

        assert_problem(await ann.sign_in(sec_fetch_site="cross-site"), 403, "origin_not_allowed")
        assert (await ann.sign_in(sec_fetch_site="cross-site", origin=ORIGIN)).status_code == 200
        assert (await ann.sign_in(sec_fetch_site="same-origin")).status_code == 200
        assert (await ann.get("/auth/csrf-session", sec_fetch_site="cross-site")).status_code == 200


async def test_an_origin_listed_by_one_client_does_not_open_another(serve: Serve) -> None:
    """Lists belong to clients."""
    async with serve() as running:
        await running.new_client(allowed_origins=("https://other.example.com",))

        answer = await Caller(running).sign_in(origin="https://other.example.com")
        assert_problem(answer, 403, "origin_not_allowed")


async def test_a_preflight_is_granted_when_any_client_lists_the_origin(serve: Serve) -> None:
    """It cannot name its client; the request that follows is judged by its own."""
    async with serve() as running:
        granted = await running.client.options("/auth/sign-in", headers={"origin": ORIGIN, **ASKED})

        assert granted.status_code == 204
        assert granted.headers["access-control-allow-origin"] == ORIGIN
        assert granted.headers["access-control-allow-credentials"] == "true"
        assert granted.headers["access-control-allow-methods"] == "GET, POST, PUT, PATCH, DELETE"
        allowed = granted.headers["access-control-allow-headers"]
        assert allowed == "Content-Type, Authorization, X-Client-ID, X-CSRF-Token"
        assert granted.headers["access-control-max-age"] == "600"
        foreign = await running.client.options("/auth/sign-in", headers={"origin": "https://evil.com", **ASKED})
        assert "access-control-allow-origin" not in foreign.headers


async def test_where_no_client_is_known_any_listed_page_may_call(serve: Serve) -> None:
    """csrf-session comes before a client is named."""
    async with serve() as running:
        ann = Caller(running)
        assert (await ann.get("/auth/csrf-session", origin=ORIGIN)).status_code == 200
        assert_problem(await ann.get("/auth/csrf-session", origin="https://evil.com"), 403, "origin_not_allowed")


async def test_a_listed_page_can_read_what_is_wrong_before_its_client_is_known(serve: Serve) -> None:
    """No client, an unknown one, broken JSON, no such path; a strange page cannot."""
    async with serve() as running:
        ann = Caller(running)
        who = {"email": EMAIL, "password": PASSWORD}
        for origin, readable in ((ORIGIN, ORIGIN), (OWN_ORIGIN, OWN_ORIGIN), ("https://evil.com", None)):
            json = {"origin": origin, "content-type": "application/json"}
            answers = [
                (400, "client_required", await ann.post("/auth/sign-in", who, origin=origin)),
                (400, "client_not_found", await ann.post("/auth/sign-in", who | {"client_id": "cid_x"}, origin=origin)),
                (400, "bad_request", await running.client.post("/auth/sign-in", content=b"{", headers=json)),
                (404, "not_found", await ann.get("/auth/nothing", origin=origin)),
                (405, "method_not_allowed", await ann.get("/auth/sign-in", origin=origin)),
            ]
            for status, code, answer in answers:
                assert_problem(answer, status, code)
                assert answer.headers.get("access-control-allow-origin") == readable


async def test_an_operator_may_insist_on_an_origin(serve: Serve) -> None:
    """`require_origin`: a POST without credentials must say where it comes from; a bearer token needs not."""
    strict = AccountMakerSettings(OWN_ORIGIN, require_origin=True)
    async with serve(accountmaker=strict) as running:
        ann = Caller(running)
        body = {"client_id": CLIENT_ID, "email": EMAIL, "password": PASSWORD}
        assert_problem(await ann.post("/auth/sign-up", body), 403, "origin_not_allowed")
        assert (await ann.post("/auth/sign-up", body, origin=OWN_ORIGIN)).status_code == 200
        assert (await ann.post("/auth/sign-in", body, authorization="Bearer x")).status_code == 200
        assert (await ann.get("/auth/csrf-session")).status_code == 200
