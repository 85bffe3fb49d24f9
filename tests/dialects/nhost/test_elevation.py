from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest

from tests.dialects.nhost.speaking import OK, Speaker, part, refused
from tests.support.serving import Running, Serve
from vestibule.dialects.nhost import nhost
from vestibule.dialects.nhost.dialect import ENROLS
from vestibule.storage import Statement
from vestibule.wire.declaration import Endpoint

MFA = {"AUTH_MFA_ENABLED": "true"}
CLAIM = "x-hasura-auth-elevated"
NAMESPACE = "https://hasura.io/jwt/claims"
SECRET = "a shared secret that is long enough for HS256"
HS256 = {"HASURA_GRAPHQL_JWT_SECRET": f'{{"type":"HS256","key":"{SECRET}"}}'}
ACTIVE_TOTP = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE id = :user_id")
DENIED = {"error": "unauthorized", "reason": "elevated claim required", "securityScheme": "BearerAuthElevated"}

# Every endpoint that asks for a fresh proof, those of other methods included as they come.
SENSITIVE = [
    endpoint
    for endpoint in nhost.endpoints
    if endpoint.auth is not None and endpoint.auth.name == "BearerAuthElevated" and not endpoint.auth.is_optional
]


async def _signed_in(running: Running, *, has_method: bool) -> dict[str, Any]:
    session = await Speaker(running).sign_up()
    if has_method:
        await running.core.db.run(ACTIVE_TOTP, user_id=UUID(session["user"]["id"]))
    return session


async def _call(running: Running, endpoint: Endpoint, token: str) -> httpx2.Response:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    content = None if endpoint.method == "GET" else b"{}"
    base = endpoint.bases[0] if endpoint.bases else "/v1"
    return await running.client.request(endpoint.method, f"{base}{endpoint.path}", content=content, headers=headers)


def test_some_endpoints_are_sensitive() -> None:
    """The tests below mean something."""
    assert "/pat" in {endpoint.path for endpoint in SENSITIVE}


@pytest.mark.parametrize("mode", ["disabled", "recommended", "required"])
@pytest.mark.parametrize("has_method", [False, True])
async def test_who_is_asked_for_a_fresh_proof(serve: Serve, mode: str, has_method: bool) -> None:  # noqa: FBT001 - a column
    """Per mode, at every sensitive endpoint; the first method may be added without one (security 89)."""
    async with serve(environ={**MFA, "AUTH_REQUIRE_ELEVATED_CLAIM": mode}) as running:
        session = await _signed_in(running, has_method=has_method)
        elevated = await Speaker(running).elevated(session)
        for endpoint in SENSITIVE:
            optional = mode == "recommended" or ENROLS in endpoint.marks
            denied = mode != "disabled" and (has_method or not optional)
            answer = await _call(running, endpoint, session["accessToken"])
            assert (answer.status_code == 401 and answer.json() == DENIED) == denied, endpoint.path
            assert (await _call(running, endpoint, elevated)).status_code != 401, endpoint.path


async def test_an_endpoint_where_methods_are_added_lets_the_first_one_in(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the mode `required` too, or nobody could ever add one; the second needs the first (security 89)."""
    marked = [replace(one, marks=frozenset({ENROLS})) if one.path == "/pat" else one for one in nhost.endpoints]
    monkeypatch.setattr(nhost, "endpoints", marked)
    [pat] = [one for one in marked if one.path == "/pat"]
    async with serve(environ={**MFA, "AUTH_REQUIRE_ELEVATED_CLAIM": "required"}) as running:
        session = await _signed_in(running, has_method=False)
        assert (await _call(running, pat, session["accessToken"])).status_code == 400
        await running.core.db.run(ACTIVE_TOTP, user_id=UUID(session["user"]["id"]))
        assert (await _call(running, pat, session["accessToken"])).json() == DENIED


async def test_an_elevated_session_is_one_by_its_access_token(serve: Serve) -> None:
    """A claim with the user's own id, for ten minutes at most, also where other tokens live longer (security 89)."""
    async with serve(environ={"AUTH_ACCESS_TOKEN_EXPIRES_IN": "3600"}) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        token = await speaker.elevated(session)
        claims = part(token, 1)
        assert claims[NAMESPACE][CLAIM] == session["user"]["id"] == claims["sub"]
        assert claims["exp"] - claims["iat"] == 600
        assert CLAIM not in part(session["accessToken"], 1)[NAMESPACE]


async def test_a_short_access_token_is_no_longer_for_being_elevated(serve: Serve) -> None:
    """Ten minutes are the most, not the rule."""
    async with serve(environ={"AUTH_ACCESS_TOKEN_EXPIRES_IN": "60"}) as running:
        speaker = Speaker(running)
        claims = part(await speaker.elevated(await speaker.sign_up()), 1)
        assert claims["exp"] - claims["iat"] == 60


async def test_elevation_ends_with_its_token_and_at_the_refresh(serve: Serve) -> None:
    """Neither the next access token nor a token past its time is elevated (security 89)."""
    async with serve(environ={**MFA, "AUTH_REQUIRE_ELEVATED_CLAIM": "required"}) as running:
        speaker = Speaker(running)
        session = await _signed_in(running, has_method=True)
        token = await speaker.elevated(session)
        body = {"expiresAt": "2099-01-01T00:00:00Z"}
        assert (await speaker.post("/pat", body, token)).status_code == 200
        refreshed = (await speaker.refresh(session["refreshToken"])).json()
        assert CLAIM not in part(refreshed["accessToken"], 1)[NAMESPACE]
        assert (await speaker.post("/pat", body, refreshed["accessToken"])).json() == DENIED
        running.clock.advance(timedelta(seconds=600))
        answer = await speaker.post("/pat", body, token)
        assert (answer.status_code, answer.json()["reason"]) == (401, "invalid or expired token")


async def test_the_claim_of_somebody_else_elevates_nobody(serve: Serve) -> None:
    """It must name the user whom the token is about; `true` is no name either (security 89)."""
    async with serve(environ={**MFA, **HS256, "AUTH_REQUIRE_ELEVATED_CLAIM": "required"}) as running:
        speaker = Speaker(running)
        ann, bob = await speaker.sign_up(), await speaker.sign_up("bob@example.com")
        claims = part(ann["accessToken"], 1)
        for value in (bob["user"]["id"], "true", True, "", None, [ann["user"]["id"]]):
            said = {**claims, NAMESPACE: {**claims[NAMESPACE], CLAIM: value}}
            answer = await speaker.post("/pat", {}, jwt.encode(said, SECRET, algorithm="HS256"))
            assert answer.json() == DENIED, value
        said = {**claims, NAMESPACE: {**claims[NAMESPACE], CLAIM: ann["user"]["id"]}}
        assert (await speaker.post("/pat", {}, jwt.encode(said, SECRET, algorithm="HS256"))).status_code == 400


async def test_a_password_is_changed_by_an_elevated_session_or_by_a_ticket(serve: Serve) -> None:
    """Where the project asks for a fresh proof, a session without one counts as none."""
    async with serve(environ={**MFA, "AUTH_REQUIRE_ELEVATED_CLAIM": "required"}) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        body = {"newPassword": "another one"}
        answer = await speaker.post("/user/password", body, session["accessToken"])
        refused(answer, 400, "invalid-request", "The request payload is incorrect")
        assert (await speaker.post("/user/password", body, await speaker.elevated(session))).content == OK
        assert (await speaker.sign_in(password="another one")).status_code == 200


@pytest.mark.parametrize(
    ("mode", "has_method", "required"),
    [
        ("disabled", False, False),
        ("disabled", True, False),
        ("recommended", False, False),
        ("recommended", True, True),
        ("required", False, True),
        ("required", True, True),
    ],
)
async def test_a_client_may_ask_before_it_is_refused(
    serve: Serve,
    mode: str,
    has_method: bool,  # noqa: FBT001 - a column of the table
    required: bool,  # noqa: FBT001 - as above
) -> None:
    """What is asked for, what there is, and whether it was just done."""
    async with serve(environ={**MFA, "AUTH_REQUIRE_ELEVATED_CLAIM": mode}) as running:
        speaker = Speaker(running)
        session = await _signed_in(running, has_method=has_method)
        methods = ["totp"] if has_method else []
        answer = await speaker.get("/elevate", session["accessToken"])
        assert answer.json() == {"elevationRequired": required, "methods": methods, "sessionElevated": False}
        assert list(answer.json()) == ["elevationRequired", "methods", "sessionElevated"]
        answer = await speaker.get("/elevate", await speaker.elevated(session))
        assert answer.json() == {"elevationRequired": required, "methods": methods, "sessionElevated": True}


async def test_nobody_without_a_session_asks(serve: Serve) -> None:
    """And who is gone is told as in the original."""
    async with serve() as running:
        speaker = Speaker(running)
        assert (await speaker.get("/elevate")).status_code == 401
        session = await speaker.sign_up()
        await running.core.users.delete(running.project.id, UUID(session["user"]["id"]), actor="test")
        answer = await speaker.get("/elevate", session["accessToken"])
        refused(answer, 401, "invalid-email-password", "Incorrect email or password")
