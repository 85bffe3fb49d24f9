from collections.abc import Container

import pytest

from tests.wire.conftest import Heard, MakeApp, ask
from tests.wire.tiny import ERRORS, ErrorBody, Tenant, Version, tiny
from vestibule.kernel.errors import OriginNotAllowed, ProjectNotFound
from vestibule.wire import Answer, AnyOrigin, Call, CorsPolicy, Dialect, ListedOrigins, Mount, WireError
from vestibule.wire.app import App
from vestibule.wire.dialect import Failure

ORIGIN = "https://app.example.com"


def browser(origin: str = ORIGIN, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(b"origin", origin.encode("latin-1")), *more]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/version"),
        ("GET", "/crash"),
        ("GET", "/nowhere"),
        ("PUT", "/version"),
        ("POST", "/signup"),
        ("GET", "/t/nowhere/version"),
    ],
)
async def test_an_echo_reaches_every_answer(app: App, method: str, path: str) -> None:
    """A script may read errors too, from any origin, never with credentials (security 107)."""
    heard = await ask(app, method, path, headers=browser())
    assert heard.all("access-control-allow-origin") == [ORIGIN]
    assert heard.header("access-control-allow-credentials") is None
    assert heard.header("vary") == "Origin, Access-Control-Request-Method"


async def test_without_an_origin_there_is_no_grant(app: App) -> None:
    """Servers and command lines get no CORS headers, only Vary for the caches between."""
    heard = await ask(app, "GET", "/version")
    assert heard.header("access-control-allow-origin") is None
    assert heard.header("vary") == "Origin, Access-Control-Request-Method"


@pytest.mark.parametrize("origin", ["a\x85b", "a b", "\xff", ""])
async def test_a_malformed_origin_is_not_echoed(app: App, origin: str) -> None:
    """What no browser sends gets no grant, and no crash (security 109)."""
    heard = await ask(app, "GET", "/version", headers=browser(origin))
    assert heard.status == 200
    assert not heard.header("access-control-allow-origin")


@pytest.mark.parametrize("path", ["/signup", "/me", "/nowhere", "/users/u1"])
async def test_a_preflight_needs_no_authentication(app: App, path: str) -> None:
    """204 on any path, with what the script asked for."""
    asked = (b"access-control-request-headers", b"authorization, x-thing")
    heard = await ask(app, "OPTIONS", path, headers=browser(ORIGIN, asked))
    assert (heard.status, heard.body) == (204, b"")
    assert heard.all("access-control-allow-origin") == [ORIGIN]
    assert heard.header("access-control-allow-methods") == "POST, GET"
    assert heard.header("access-control-allow-headers") == "authorization, x-thing"
    assert heard.header("access-control-max-age") == "86400"


@pytest.mark.parametrize("asked", [b"a\x00b", b"\xff", b"x" * 2000, b"a;b", b""])
async def test_a_malformed_wish_is_not_echoed(app: App, asked: bytes) -> None:
    """Only a short list of header names comes back."""
    headers = browser(ORIGIN, (b"access-control-request-headers", asked))
    heard = await ask(app, "OPTIONS", "/signup", headers=headers)
    assert (heard.status, heard.header("access-control-allow-headers")) == (204, None)


async def test_options_without_an_origin_tells_the_methods(app: App) -> None:
    """RFC 9110 section 9.3.7."""
    heard = await ask(app, "OPTIONS", "/version")
    assert (heard.status, heard.header("allow")) == (204, "GET, HEAD, OPTIONS")


async def allowed_origins(call: Call, project: Tenant | None) -> Container[str]:
    return {ORIGIN, "null"} if project is None or project.name == "acme" else {"https://other.example.com"}


def make_listed_app(make_app: MakeApp, policy: CorsPolicy) -> App:
    errors = {**ERRORS, OriginNotAllowed: WireError(403, "origin")}

    def render(call: Call, failure: Failure) -> Answer[object]:
        return Answer(ErrorBody(errors[type(failure)].code, ""))

    listed = Dialect(
        "listed",
        title="Listed",
        version="1",
        bases=("/l/{project}",),
        render=render,
        errors=errors,
        error_schema=ErrorBody,
        common_raises=(ProjectNotFound, OriginNotAllowed),
        cors=policy,
    )

    @listed.project
    async def project(call: Call) -> Tenant:
        if call.params["project"] == "nowhere":
            raise ProjectNotFound
        return Tenant(call.params["project"])

    @listed.get("/thing")
    async def thing() -> Version:
        return Version("1")

    @listed.get("/keys", cors=AnyOrigin(), cache="public, max-age=60")
    async def keys() -> Version:
        return Version("keys")

    return make_app([Mount(tiny), Mount(listed)])


async def listed(make_app: MakeApp, method: str, path: str, origin: str, *, refuse: bool = False) -> Heard:
    policy = ListedOrigins(
        allowed_origins,
        credentials=True,
        refuse=refuse,
        headers=("Content-Type", "X-CSRF-Token"),
        expose=("Retry-After",),
        max_age_seconds=600,
    )
    return await ask(make_listed_app(make_app, policy), method, path, headers=browser(origin))


async def test_a_listed_origin_may_send_credentials(make_app: MakeApp) -> None:
    """Exactly the origins that the project lists (security 107)."""
    heard = await listed(make_app, "GET", "/l/acme/thing", ORIGIN)
    assert heard.header("access-control-allow-origin") == ORIGIN
    assert heard.header("access-control-allow-credentials") == "true"
    assert heard.header("access-control-expose-headers") == "Retry-After"
    assert heard.header("vary") == "Origin"


@pytest.mark.parametrize(
    "origin", ["https://app.example.com.evil", "https://App.example.com", "null", "https://app.example.com/", ""]
)
async def test_an_unlisted_origin_gets_nothing(make_app: MakeApp, origin: str) -> None:
    """No prefix, no other case, never `null`; the answer is there but no script may read it."""
    heard = await listed(make_app, "GET", "/l/acme/thing", origin)
    assert (heard.status, heard.header("access-control-allow-origin")) == (200, None)
    assert heard.header("access-control-allow-credentials") is None


async def test_one_projects_list_says_nothing_about_another(make_app: MakeApp) -> None:
    """The list is that of the call's own project (security 122)."""
    heard = await listed(make_app, "GET", "/l/other/thing", ORIGIN)
    assert heard.header("access-control-allow-origin") is None


async def test_an_unlisted_origin_can_be_refused(make_app: MakeApp) -> None:
    """Where the dialect wants it the call does not even reach the handler (security 106)."""
    heard = await listed(make_app, "GET", "/l/acme/thing", "https://evil.example", refuse=True)
    assert (heard.status, heard.json["error"]) == (403, "origin")
    assert heard.header("access-control-allow-origin") is None


async def test_a_listed_preflight_is_granted_in_fixed_words(make_app: MakeApp) -> None:
    """The policy's own headers and age, not what was asked for."""
    heard = await listed(make_app, "OPTIONS", "/l/acme/thing", ORIGIN, refuse=True)
    assert heard.status == 204
    assert heard.header("access-control-allow-headers") == "Content-Type, X-CSRF-Token"
    assert heard.header("access-control-max-age") == "600"
    assert heard.header("access-control-allow-credentials") == "true"


@pytest.mark.parametrize("project", ["other", "acme"])
async def test_an_unlisted_preflight_is_204_without_grants(make_app: MakeApp, project: str) -> None:
    """The browser then refuses by itself."""
    heard = await listed(make_app, "OPTIONS", f"/l/{project}/thing", "https://evil.example", refuse=True)
    assert (heard.status, heard.header("access-control-allow-origin")) == (204, None)


async def test_a_preflight_for_an_unknown_project_is_no_crash(make_app: MakeApp) -> None:
    """The list is then asked without a project."""
    heard = await listed(make_app, "OPTIONS", "/l/nowhere/thing", ORIGIN)
    assert (heard.status, heard.header("access-control-allow-origin")) == (204, ORIGIN)


async def test_public_documents_are_for_every_origin(make_app: MakeApp) -> None:
    """`*`, without credentials, whatever the dialect's policy is."""
    heard = await listed(make_app, "GET", "/l/acme/keys", "https://anybody.example")
    assert heard.header("access-control-allow-origin") == "*"
    assert heard.header("access-control-allow-credentials") is None
    assert (await listed(make_app, "OPTIONS", "/l/acme/keys", "https://x")).header("access-control-allow-origin") == "*"


@pytest.mark.parametrize("refuse", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/l/nowhere/thing", 404), ("GET", "/l/acme/nothing", 404), ("PUT", "/l/acme/thing", 405)],
)
async def test_what_fails_before_the_project_is_known_is_readable_to_known_origins(
    make_app: MakeApp, method: str, path: str, status: int, *, refuse: bool
) -> None:
    """A page can tell its user what is wrong; a strange one learns nothing, not even why."""
    known = await listed(make_app, method, path, ORIGIN, refuse=refuse)
    assert (known.status, known.header("access-control-allow-origin")) == (status, ORIGIN)
    assert (known.header("access-control-allow-credentials"), known.header("vary")) == ("true", "Origin")
    strange = await listed(make_app, method, path, "https://evil.example", refuse=refuse)
    assert (strange.status, strange.header("access-control-allow-origin")) == (status, None)
    assert strange.header("vary") == "Origin"
