"""A dialect small enough to read at once, with one endpoint for each thing that wire promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec

from vestibule.kernel import errors
from vestibule.kernel.errors import (
    EmailTaken,
    InvalidAccessToken,
    MalformedRequest,
    ProjectNotFound,
    StorageUnavailable,
    Unauthenticated,
)
from vestibule.wire import (
    Answer,
    Call,
    Cookie,
    Dialect,
    EchoOrigin,
    Html,
    InternalError,
    Limit,
    PlainText,
    Redirect,
    WireError,
)
from vestibule.wire.dialect import Failure


class Forbidding(msgspec.Struct, forbid_unknown_fields=True):
    """The base of every body here: unknown members are refused."""


class Options(Forbidding):
    locale: Annotated[str, msgspec.Meta(min_length=2, max_length=2)] = "en"


class SignUpBody(Forbidding):
    email: str
    password: Annotated[str, msgspec.Meta(min_length=3)]
    options: Options | None = None
    metadata: dict[str, Any] | None = None


class SessionAnswer(msgspec.Struct):
    token: str
    user: str


class Search(msgspec.Struct):
    name: str
    limit: int = 20
    tag: list[str] = []
    exact: bool = False


class Found(msgspec.Struct):
    name: str
    limit: int
    tag: list[str]
    exact: bool


class Version(msgspec.Struct):
    version: str


class Fields(msgspec.Struct, forbid_unknown_fields=True):
    grant_type: str
    scope: str | None = None


class ErrorBody(msgspec.Struct, omit_defaults=True):
    error: str
    message: str
    where: str = ""
    path: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Greeting:
    """Stands for a core: a dependency injected by its type."""

    word: str


@dataclass(frozen=True)
class Visitor:
    name: str


@dataclass(frozen=True)
class Tenant:
    name: str


ERRORS: Final[Mapping[type[Failure], WireError]] = {
    errors.MalformedRequest: WireError(400, "malformed"),
    errors.PayloadTooLarge: WireError(413, "too-large"),
    errors.UnsupportedMediaType: WireError(415, "media-type"),
    errors.RouteNotFound: WireError(404, "not-found"),
    errors.MethodNotAllowed: WireError(405, "method"),
    errors.TooManyRequests: WireError(429, "slow-down"),
    errors.Overloaded: WireError(503, "overloaded"),
    errors.StorageUnavailable: WireError(503, "storage"),
    InternalError: WireError(500, "internal"),
    errors.Unauthenticated: WireError(401, "no-token", schema=str, media_type="text/plain"),
    errors.InvalidAccessToken: WireError(401, "bad-token", schema=str, media_type="text/plain"),
    errors.InvalidServiceKey: WireError(401, "bad-key"),
    errors.EmailTaken: WireError(409, "email-taken", "That address is taken"),
    errors.ProjectNotFound: WireError(404, "no-project"),
}


def render(call: Call, failure: Failure) -> Answer[object] | PlainText:
    error = tiny.wire_error(failure)
    if error.media_type == "text/plain":
        return PlainText(error.code, error.status)
    body = ErrorBody(error.code, error.message)
    if isinstance(failure, MalformedRequest):
        body = ErrorBody(error.code, failure.message, failure.where, failure.path, failure.problem)
    return Answer(body, status=error.status)


tiny = Dialect(
    "tiny",
    title="Tiny",
    version="1.0",
    bases=("", "/t/{project}"),
    unknown_members="refuse",
    render=render,
    errors=ERRORS,
    error_schema=ErrorBody,
    common_raises=(ProjectNotFound,),
    cors=EchoOrigin(methods=("POST", "GET")),
    redirect_slashes=True,
    limit_headers=True,
)

SIGNUPS: Final = Limit("signups", 3, timedelta(minutes=5))
SLIDING: Final = Limit("sliding", 2, timedelta(minutes=1), strategy="sliding")


@tiny.project
async def project(call: Call) -> Tenant:
    name = call.params.get("project", "default")
    if name == "nowhere":
        raise ProjectNotFound
    return Tenant(name)


@tiny.auth("BearerAuth", scheme={"type": "http", "scheme": "bearer"}, raises=(Unauthenticated, InvalidAccessToken))
async def bearer(call: Call) -> Visitor:
    header = call.header("authorization")
    if header is None:
        raise Unauthenticated
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.startswith("good-"):
        raise InvalidAccessToken
    return Visitor(token.removeprefix("good-"))


@tiny.get("/version", head=True)
def version() -> Version:
    """Tell the version."""
    return Version("1.2.3")


@tiny.post("/signup", limit=SIGNUPS, raises=(EmailTaken,), tags=("sign up",))
async def sign_up(body: SignUpBody, project: Tenant, greeting: Greeting) -> SessionAnswer:
    """Make a user.

    Answers a session at once.
    """
    if body.email == "taken@example.com":
        raise EmailTaken
    return SessionAnswer(f"{greeting.word}-{project.name}", body.email)


@tiny.get("/me", auth=bearer)
async def me(caller: Visitor) -> SessionAnswer:
    return SessionAnswer("", caller.name)


@tiny.get("/maybe", auth=bearer.optional)
async def maybe(caller: Visitor | None) -> SessionAnswer:
    return SessionAnswer("", caller.name if caller else "nobody")


@tiny.get("/search")
async def search(query: Search) -> Found:
    return Found(query.name, query.limit, query.tag, query.exact)


@tiny.get("/users/{user_id}")
async def user(user_id: str) -> SessionAnswer:
    return SessionAnswer("", user_id)


@tiny.post("/signout")
async def sign_out(body: Options | None) -> None:
    """End the session; the body may be left out."""


@tiny.post("/token", media_types=("application/json", "application/x-www-form-urlencoded"))
async def token(body: Fields) -> SessionAnswer:
    return SessionAnswer(body.grant_type, body.scope or "")


@tiny.post("/form")
async def form(form: Fields) -> SessionAnswer:
    return SessionAnswer(form.grant_type, form.scope or "")


@tiny.get("/go")
async def go(call: Call) -> Redirect:
    return Redirect(
        "https://app.example.com/?x=ü\r\nSet-Cookie: a=b", cookies=(Cookie(name="a", value="b", max_age=timedelta(1)),)
    )


@tiny.get("/page")
async def page() -> Html:
    return Html("<p>hello</p>")


@tiny.get("/jwks", cache="public, max-age=300")
async def jwks() -> dict[str, list[str]]:
    return {"keys": []}


@tiny.get("/sliding", limit=SLIDING)
async def sliding() -> Version:
    return Version("slow")


@tiny.get("/crash")
async def crash() -> Version:
    raise RuntimeError("secret detail s3cr3t")


@tiny.post("/crash/secret")
async def crash_with_secret(body: SignUpBody) -> Version:
    password = body.password
    raise RuntimeError(f"{len(password)} characters")


@tiny.get("/unrenderable")
async def unrenderable() -> Version:
    raise errors.InvalidTicket


@tiny.get("/away", raises=(StorageUnavailable,))
async def away() -> Version:
    raise StorageUnavailable(timedelta(seconds=1.2))


@tiny.get("/whoami")
async def whoami(call: Call) -> dict[str, str]:
    return {"address": call.client_address, "network": call.client_network, "host": call.host}


@tiny.get("/cookies")
async def cookies(call: Call) -> dict[str, str]:
    return dict(call.cookies)
