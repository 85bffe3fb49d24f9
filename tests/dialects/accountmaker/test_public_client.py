"""What the public TypeScript client sends, keeps and insists on, replayed against the server.

It posts snake_case with Accept, Content-Type and Authorization and nothing else, holds both tokens itself, turns
names into camelCase at every depth, and refuses stored values that are not as it knows them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import msgspec

from tests.dialects.accountmaker.speaking import EMAIL, PASSWORD
from tests.support.serving import CLIENT_ID, Running, Serve


@dataclass
class PublicClient:
    """Sends as that client does, and reads answers as it does."""

    running: Running

    async def send(self, method: str, path: str, body: Any = None, token: str | None = None) -> httpx2.Response:
        """Send one request without credentials mode, client header or CSRF header."""
        headers = {"accept": "application/json"}
        headers |= {"content-type": "application/json"} if method == "POST" else {}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        content = msgspec.json.encode(body) if method == "POST" else None
        self.running.client.cookies.clear()
        return await self.running.client.request(method, path, content=content, headers=headers)

    async def authenticate(self, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sign up or in; return tokens and profile as the client would hold them."""
        body = {"client_id": CLIENT_ID, "email": EMAIL, "password": PASSWORD}
        answer = await self.send("POST", path, body)
        assert answer.status_code == 200
        result = camel(answer.json())
        return acceptable_tokens(result["tokens"]), acceptable_profile(result["profile"])


def camel(value: Any) -> Any:
    """Return the value with every name in camelCase."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = {}
    for name, item in value.items():
        first, *rest = name.split("_")
        named["".join([first, *(part.capitalize() for part in rest)])] = camel(item)
    return named


def acceptable_tokens(tokens: dict[str, Any]) -> dict[str, Any]:
    """Check what the client checks before it keeps tokens."""
    assert isinstance(tokens["accessToken"], str)
    assert isinstance(tokens["refreshToken"], str)
    assert isinstance(tokens["expiresIn"], int)
    assert tokens["expiresIn"] > 0
    assert tokens["tokenType"] == "Bearer"
    return tokens


def acceptable_profile(profile: dict[str, Any]) -> dict[str, Any]:
    """Check what the client checks before it keeps a profile, and what its types promise."""
    assert all(isinstance(profile[name], str) for name in ("id", "applicationId", "status"))
    assert profile["identity"] is None or isinstance(profile["identity"], dict)
    assert all({"id", "email", "emailVerifiedAt"} <= set(credential) for credential in profile["credentials"])
    assert all(isinstance(membership["account"], dict) for membership in profile["memberships"])
    assert {"activeMembership", "preferredMembershipId"} <= set(profile)
    return profile


def acceptable_problem(answer: httpx2.Response) -> dict[str, Any]:
    """Check what makes the client take an answer for a problem and not for a stranger's."""
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert isinstance(problem["type"], str)
    assert isinstance(problem["title"], str)
    assert problem["status"] == answer.status_code
    assert problem["type"].rpartition("/")[2] == problem["code"]
    return problem


async def test_the_public_client_signs_up_in_and_goes_on(serve: Serve) -> None:
    """Sign-up, sign-in, early refresh, profile again: the whole of a front end's day."""
    async with serve() as running:
        front_end = PublicClient(running)
        first, _ = await front_end.authenticate("/auth/sign-up")
        tokens, profile = await front_end.authenticate("/auth/sign-in")
        assert tokens["accessToken"] != first["accessToken"]
        running.clock.advance(timedelta(seconds=3541))  # the client refreshes a minute early

        answer = await front_end.send("POST", "/auth/refresh", {"refresh_token": tokens["refreshToken"]})
        renewed = acceptable_tokens(camel(answer.json()))
        answer = await front_end.send("GET", "/auth/me", token=renewed["accessToken"])
        assert acceptable_profile(camel(answer.json())) == profile


async def test_the_public_client_prepares_its_forms(serve: Serve) -> None:
    """check-email on sign-up forms, login-methods, and both CSRF calls, which it makes with Accept: JSON."""
    async with serve() as running:
        front_end = PublicClient(running)
        status = await front_end.send("POST", "/auth/check-email", {"client_id": CLIENT_ID, "email": EMAIL})
        methods = await front_end.send("POST", "/auth/login-methods", {"client_id": CLIENT_ID})
        session = await front_end.send("GET", "/auth/csrf-session")

        assert status.json()["status"] == "inactive"
        assert camel(methods.json())["password"]["loginMethod"] == "email_password"
        assert isinstance(camel(session.json())["csrfToken"], str)
        token = await front_end.send("GET", "/auth/csrf-token")
        assert acceptable_problem(token)["code"] == "csrf_failed"  # it sends no cookies outside a browser


async def test_the_public_client_understands_every_refusal(serve: Serve) -> None:
    """It maps `email` and `password` of invalid_params to fields, 401 to a lost session, 409 to a taken address."""
    async with serve() as running:
        front_end = PublicClient(running)
        await front_end.authenticate("/auth/sign-up")
        body = {"client_id": CLIENT_ID, "email": EMAIL, "password": PASSWORD}

        taken = await front_end.send("POST", "/auth/sign-up", body)
        weak = await front_end.send("POST", "/auth/sign-up", {**body, "email": "bob@example.com", "password": "weak"})
        wrong = await front_end.send("POST", "/auth/sign-in", {**body, "password": "wrong"})
        lost = await front_end.send("POST", "/auth/refresh", {"refresh_token": "rt_lost"})
        stranger = await front_end.send("GET", "/auth/me", token="x")
        problems = [acceptable_problem(answer) for answer in (taken, weak, wrong, lost, stranger)]
        assert [problem["status"] for problem in problems] == [409, 400, 401, 401, 401]
        assert [param["path"] for param in problems[1]["invalid_params"]] == ["password"]
