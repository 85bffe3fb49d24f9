"""The mailbox page on the wire. Mount it while developing only, with `MailboxPages` and `PageHosts` as dependencies."""

from typing import Final

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
from vestibule.web.mailbox.gallery import GalleryPages, Look
from vestibule.web.mailbox.pages import ASSET_TYPES, BODY_HEADERS, PAGE_HEADERS, MailboxPages, MailEntry, asset
from vestibule.web.page_hosts import only_known_hosts
from vestibule.wire import Answer, Call, Dialect, Html, InternalError, PlainText, RawBody, WireError

ERRORS: Final = {
    RouteNotFound: WireError(404, "not-found", "There is no such page or message"),
    MethodNotAllowed: WireError(405, "method-not-allowed", "This page is only for reading"),
    NotPermitted: WireError(403, "not-permitted", "Open this page as http://localhost or http://127.0.0.1"),
    TooManyRequests: WireError(429, "too-many-requests", "Too many requests"),
    PayloadTooLarge: WireError(413, "payload-too-large", "Too much was sent"),
    UnsupportedMediaType: WireError(415, "unsupported-media-type", "Nothing is taken here"),
    MalformedRequest: WireError(400, "malformed-request", "The request cannot be understood"),
    Overloaded: WireError(503, "overloaded", "Try again in a moment"),
    StorageUnavailable: WireError(503, "storage-unavailable", "Try again in a moment"),
    InternalError: WireError(500, "internal-error", "Something went wrong, the log says what"),
}


class PageQuery(msgspec.Struct, frozen=True):
    """How the open message is shown: html, text or headers."""

    view: str = "html"


class EntriesQuery(msgspec.Struct, frozen=True):
    """Whose messages are listed; all of them without `to`."""

    to: str | None = None


def _render(_call: Call, failure: Refusal | InternalError) -> PlainText:
    error = mailbox.wire_error(failure)
    return PlainText(f"{error.message}\n", status=error.status)


mailbox: Final = Dialect(
    "mailbox",
    title="Development mailbox",
    version="1",
    bases=("/_",),
    prefixes=("/_/mail", "/_/assets/mailbox"),
    render=_render,
    errors=ERRORS,
    error_schema=None,
    error_media_type="text/plain",
)


mailbox.guard()(only_known_hosts)


@mailbox.get("/mail", hidden=True)
async def newest(pages: MailboxPages, query: PageQuery) -> Html:
    """The list, with the newest message open."""
    return Html(pages.page(view=query.view) or "", headers=PAGE_HEADERS)


@mailbox.get("/mail/{mail}", hidden=True)
async def one(call: Call, pages: MailboxPages, query: PageQuery) -> Html:
    """The list, with one message open."""
    page = pages.page(call.params["mail"], query.view)
    if page is None:
        return Html(pages.apology("This message is gone"), status=404, headers=PAGE_HEADERS)
    return Html(page, headers=PAGE_HEADERS)


@mailbox.get("/mail/{mail}/body", raises=[RouteNotFound], hidden=True)
async def body(call: Call, pages: MailboxPages) -> Html:
    """The HTML of one message, for the frame."""
    html = pages.body(call.params["mail"])
    if html is None:
        raise RouteNotFound
    return Html(html, headers=BODY_HEADERS)


@mailbox.get("/mail/templates", hidden=True)
async def gallery(pages: GalleryPages, query: Look) -> Html:
    """All templates in all languages."""
    return Html(pages.grid(query), headers=PAGE_HEADERS)


@mailbox.get("/mail/templates/{template}/{locale}", raises=[RouteNotFound], hidden=True)
async def template(call: Call, pages: GalleryPages, query: Look) -> Html:
    """One template in one language."""
    page = pages.page(call.params["template"], call.params["locale"], query)
    if page is None:
        raise RouteNotFound
    return Html(page, headers=PAGE_HEADERS)


@mailbox.get("/mail/templates/{template}/{locale}/body", raises=[RouteNotFound], hidden=True)
async def template_body(call: Call, pages: GalleryPages, query: Look) -> Html:
    """Its HTML, for the frame."""
    html = pages.body(call.params["template"], call.params["locale"], query)
    if html is None:
        raise RouteNotFound
    return Html(html, headers=BODY_HEADERS)


@mailbox.get("/mail.json")
async def entries(pages: MailboxPages, query: EntriesQuery) -> Answer[list[MailEntry]]:
    """All messages, the newest first; for tests."""
    return Answer(pages.entries(query.to))


@mailbox.get("/assets/mailbox/{name}", raises=[RouteNotFound], cache="no-cache", hidden=True)
async def asset_file(call: Call) -> RawBody:
    """Style, script and icon of the page."""
    name = call.params["name"]
    content = asset(name)
    if content is None:
        raise RouteNotFound
    return RawBody(content, ASSET_TYPES[name])
