"""The development provider on the wire, and the page that signs in with it. Mount it while developing only."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import parse_qsl

import msgspec

from vestibule.kernel.errors import (
    MalformedRequest,
    MethodNotAllowed,
    NotPermitted,
    Overloaded,
    PayloadTooLarge,
    Refusal,
    RouteNotFound,
    StorageUnavailable,
    TooManyRequests,
    UnsupportedMediaType,
)
from vestibule.web.dev_provider import pages
from vestibule.web.dev_provider.faults import Fault
from vestibule.web.dev_provider.grants import Asked, AuthorizeQuery
from vestibule.web.dev_provider.oauth1 import OAuth1Provider, SignedRequest
from vestibule.web.dev_provider.openid import OpenIdProvider
from vestibule.web.dev_provider.people import Person, made_up, person_called
from vestibule.web.dev_provider.saying import Said, oauth_error
from vestibule.web.dev_provider.tokens import TokenForm
from vestibule.web.page_hosts import only_known_hosts
from vestibule.wire import FORM, Call, Dialect, Html, InternalError, PlainText, RawBody, WireError

_FOR_PROGRAMS: Final = "for programs"  # the mark of endpoints whose errors are read by an OAuth client
_NAME: Final = 100
_ADDRESS: Final = 200
_OWN: Final = "own"

ERRORS: Final = {
    RouteNotFound: WireError(404, "invalid_request", "There is no such page"),
    MethodNotAllowed: WireError(405, "invalid_request", "Not with this method"),
    NotPermitted: WireError(403, "access_denied", "Open this page as http://localhost or http://127.0.0.1"),
    TooManyRequests: WireError(429, "temporarily_unavailable", "Too many requests"),
    PayloadTooLarge: WireError(413, "invalid_request", "Too much was sent"),
    UnsupportedMediaType: WireError(415, "invalid_request", "Only an urlencoded form is taken here"),
    MalformedRequest: WireError(400, "invalid_request", "The request cannot be understood"),
    Overloaded: WireError(503, "temporarily_unavailable", "Try again in a moment"),
    StorageUnavailable: WireError(503, "temporarily_unavailable", "Try again in a moment"),
    InternalError: WireError(500, "server_error", "Something went wrong, the log says what"),
}


@dataclass(frozen=True, slots=True)
class SignInDoors:
    """What the page for trying shows: a button for each provider (name and label), leading to `api` and back."""

    page: str
    api: str
    providers: tuple[tuple[str, str], ...]


class TokenQuery(msgspec.Struct, frozen=True):
    """`redirected` tells a client that has followed a redirect which it should not have followed."""

    redirected: bool = False


class RequestTokenQuery(msgspec.Struct, frozen=True):
    """Where a browser comes from (RFC 5849 section 2.2)."""

    oauth_token: str | None = None


class ChoiceForm(msgspec.Struct, frozen=True):
    """What was pressed on the page: the subject of one of its people, `own`, or nothing for Cancel."""

    ticket: str
    person: str = ""
    name: Annotated[str, msgspec.Meta(max_length=_NAME)] = ""
    email: Annotated[str, msgspec.Meta(max_length=_ADDRESS)] = ""
    verified: bool = False
    fault: str = ""

    def chosen(self) -> Person | None:
        """Return whom to be; None for nobody. Raises: MalformedRequest."""
        if self.person == _OWN:
            return made_up(self.name or "Somebody", self.email, email_verified=self.verified)
        person = person_called(self.person)
        if person is None and self.person:
            raise MalformedRequest("There is no such person", path="person")
        return person

    def failing(self) -> Fault | None:
        """Return what goes wrong; None for nothing. Raises: MalformedRequest."""
        try:
            return Fault(self.fault) if self.fault else None
        except ValueError as error:
            raise MalformedRequest("There is no such fault", path="fault") from error


class SignedForm(msgspec.Struct, frozen=True):
    """The body of a signed request; all of it is signed, whatever it holds."""

    oauth_verifier: str | None = None


def _render(call: Call, failure: Refusal | InternalError) -> PlainText | RawBody:
    error = provider.wire_error(failure)
    words = failure.message if isinstance(failure, MalformedRequest) else error.message
    if call.endpoint is not None and _FOR_PROGRAMS in call.endpoint.marks:
        return _as_reply(oauth_error(error.code, words, error.status))
    return PlainText(f"{words}\n", status=error.status)


provider: Final = Dialect(
    "provider",
    title="Development provider",
    version="1",
    bases=("/_",),
    prefixes=("/_/provider", "/_/sign-in", "/_/assets/provider"),
    render=_render,
    errors=ERRORS,
    error_schema=None,
    error_media_type="text/plain",
)
provider.guard()(only_known_hosts)


@provider.get("/provider/.well-known/openid-configuration", marks=(_FOR_PROGRAMS,), hidden=True)
async def discovery(openid: OpenIdProvider) -> RawBody:
    """What the provider can do."""
    return _as_reply(openid.discovery())


@provider.get("/provider/jwks", marks=(_FOR_PROGRAMS,), hidden=True)
async def key_set(openid: OpenIdProvider) -> RawBody:
    """The key that signs."""
    return _as_reply(openid.key_set())


@provider.get("/provider/authorize", hidden=True)
async def authorize(query: AuthorizeQuery, openid: OpenIdProvider) -> RawBody:
    """The page on which one chooses whom to be."""
    return _as_page(openid.request(query))


@provider.post("/provider/authorize", media_types=(FORM,), hidden=True)
async def choose(form: ChoiceForm, openid: OpenIdProvider) -> RawBody:
    """Back to where the request came from."""
    return _as_reply(_after(form, openid))


@provider.post("/provider/token", media_types=(FORM,), marks=(_FOR_PROGRAMS,), hidden=True)
async def token(form: TokenForm, query: TokenQuery, call: Call, openid: OpenIdProvider) -> RawBody:
    """Tokens for a code or a refresh token."""
    return await _in_time(openid.token(form, call.header("authorization"), redirected=query.redirected))


@provider.get("/provider/userinfo", marks=(_FOR_PROGRAMS,), hidden=True)
async def userinfo(call: Call, openid: OpenIdProvider) -> RawBody:
    """Who the access token stands for."""
    return _as_reply(openid.userinfo(call.header("authorization")))


@provider.post("/provider/oauth/request_token", media_types=(FORM,), marks=(_FOR_PROGRAMS,), hidden=True)
async def request_token(form: SignedForm | None, call: Call, oauth1: OAuth1Provider) -> RawBody:  # noqa: ARG001 - checks the body
    """OAuth 1.0a: temporary credentials."""
    return _as_reply(oauth1.request_token(_signed(call, oauth1)))


@provider.get("/provider/oauth/authorize", hidden=True)
async def authorize_request_token(query: RequestTokenQuery, oauth1: OAuth1Provider) -> RawBody:
    """OAuth 1.0a: the page on which one chooses whom to be."""
    return _as_page(oauth1.request(query.oauth_token))


@provider.post("/provider/oauth/authorize", media_types=(FORM,), hidden=True)
async def choose_for_request_token(form: ChoiceForm, oauth1: OAuth1Provider) -> RawBody:
    """OAuth 1.0a: back to where the request came from."""
    return _as_reply(_after(form, oauth1))


@provider.post("/provider/oauth/access_token", media_types=(FORM,), marks=(_FOR_PROGRAMS,), hidden=True)
async def access_token(
    form: SignedForm | None,  # noqa: ARG001 - checks the body
    query: TokenQuery,
    call: Call,
    oauth1: OAuth1Provider,
) -> RawBody:
    """OAuth 1.0a: token credentials for a verifier."""
    return await _in_time(oauth1.access_token(_signed(call, oauth1), redirected=query.redirected))


@provider.get("/provider/1.1/account/verify_credentials.json", marks=(_FOR_PROGRAMS,), hidden=True)
async def account(call: Call, oauth1: OAuth1Provider) -> RawBody:
    """OAuth 1.0a: who the access token stands for."""
    return _as_reply(oauth1.account(_signed(call, oauth1)))


@provider.get("/sign-in", hidden=True)
async def sign_in(doors: SignInDoors) -> Html:
    """A page that signs in with the provider, as an application would."""
    return Html(pages.sign_in(doors.providers, page=doors.page, api=doors.api), headers=pages.HEADERS)


@provider.get("/assets/provider/{name}", raises=[RouteNotFound], cache="no-cache", hidden=True)
async def asset_file(name: str) -> RawBody:
    """Style, scripts and icon of the pages."""
    content = pages.asset(name)
    if content is None:
        raise RouteNotFound
    return RawBody(content, pages.ASSET_TYPES[name])


def _after(form: ChoiceForm, asking: OpenIdProvider | OAuth1Provider) -> Said:
    person = form.chosen()
    if person is None:
        return asking.decline(form.ticket)
    return asking.approve(form.ticket, person, form.failing())


def _signed(call: Call, oauth1: OAuth1Provider) -> SignedRequest:
    path = call.path.removeprefix("/_/provider")
    return SignedRequest(
        method=call.method,
        url=f"{oauth1.url}{path}?{call.query_text}",
        authorization=call.header("authorization"),
        body=dict(parse_qsl((call.raw_body or b"").decode(), keep_blank_values=True)),
    )


def _as_page(asked: Asked | Said) -> RawBody:
    return _as_reply(asked if isinstance(asked, Said) else pages.choosing(asked))


async def _in_time(said: Said) -> RawBody:
    await asyncio.sleep(said.after.total_seconds())
    return _as_reply(said)


def _as_reply(said: Said) -> RawBody:
    return RawBody(said.body, said.media_type, status=said.status, headers=said.headers)
