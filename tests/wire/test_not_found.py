import pytest

from tests.wire.conftest import Heard, MakeApp, ask
from tests.wire.tiny import ERRORS, ErrorBody, tiny
from vestibule.wire import Answer, Call, Dialect, Mount, PlainText
from vestibule.wire.app import App
from vestibule.wire.dialect import Failure


def render_text(call: Call, failure: Failure) -> PlainText:
    return PlainText(f"text {failure.code}", 404)


def make_other(prefixes: tuple[str, ...] = ("/api", "/auth")) -> Dialect:
    other = Dialect(
        "other",
        title="Other",
        version="1",
        render=render_text,
        errors=ERRORS,
        error_schema=str,
        error_media_type="text/plain",
        prefixes=prefixes,
    )

    @other.post("/auth/sign-in", operation="other_sign_in")
    async def sign_in() -> str:
        return "OK"

    @other.get("/auth/sign-in", operation="other_look")
    async def look() -> str:
        return "OK"

    return other


async def both(make_app: MakeApp, method: str, path: str) -> Heard:
    return await ask(make_app([Mount(tiny), Mount(make_other())]), method, path)


@pytest.mark.parametrize("path", ["/api", "/api/x", "/auth/", "/auth/sign-in/x", "/api//"])
async def test_the_dialect_that_owns_the_prefix_says_not_found(make_app: MakeApp, path: str) -> None:
    """An error looks like the API that the caller meant."""
    heard = await both(make_app, "GET", path)
    assert (heard.status, heard.body) == (404, b"text route-not-found")


@pytest.mark.parametrize("path", ["/", "/apis", "/authx/y", "//", "/%61pi", "x", "*", ""])
async def test_the_fallback_dialect_says_it_elsewhere(make_app: MakeApp, path: str) -> None:
    """Prefixes end at a slash; the fallback takes the rest."""
    heard = await both(make_app, "GET", path)
    assert (heard.status, heard.json["error"]) == (404, "not-found")


async def test_a_wrong_method_names_the_right_ones(app: App) -> None:
    """405 carries Allow (RFC 9110 section 15.5.6)."""
    heard = await ask(app, "DELETE", "/version")
    assert (heard.status, heard.header("allow")) == (405, "GET, HEAD, OPTIONS")


async def test_a_dialect_may_call_a_wrong_method_404(make_app: MakeApp) -> None:
    """Then there is no Allow either."""
    heard = await both(make_app, "PUT", "/auth/sign-in")
    assert (heard.status, heard.body, heard.header("allow")) == (404, b"text method-not-allowed", None)


@pytest.mark.parametrize("method", ["BREW", "PROPFIND", "get", "TRACE", "CONNECT"])
async def test_unknown_methods_are_405_where_the_path_exists(app: App, method: str) -> None:
    """Methods nobody declared, however odd, are no crash."""
    assert (await ask(app, method, "/version")).status == 405
    assert (await ask(app, method, "/nowhere")).status == 404


async def test_a_trailing_slash_is_redirected_where_the_dialect_says_so(app: App) -> None:
    """301 for what is safe, 307 for the rest, the query kept; the target is a path on this server."""
    heard = await ask(app, "GET", "/version/", query=b"a=b")
    assert (heard.status, heard.header("location")) == (301, "/version?a=b")
    heard = await ask(app, "POST", "/signup/")
    assert (heard.status, heard.header("location")) == (307, "/signup")


@pytest.mark.parametrize("path", ["//evil.example/", "//version/", "/nowhere/", "/version//"])
async def test_a_slash_redirect_never_leaves_the_server(app: App, path: str) -> None:
    """`//host/` is not turned into a link to that host (security 105)."""
    heard = await ask(app, "GET", path)
    assert (heard.status, heard.header("location")) == (404, None)


async def test_only_a_bare_slash_is_taken_off(app: App) -> None:
    """An escaped one is part of the name, and half of it would be left."""
    heard = await ask(app, "GET", "/version/", raw_path=b"/version%2F")
    assert (heard.status, heard.header("location")) == (404, None)
    heard = await ask(app, "GET", "/version/", raw_path=b"/%76ersion/")
    assert (heard.status, heard.header("location")) == (301, "/%76ersion")


async def test_bases_with_parameters_select_the_project(app: App) -> None:
    """`/t/{project}` and the bare paths are one API."""
    body = {"email": "a", "password": "abc"}
    assert (await ask(app, "POST", "/t/acme/signup", json=body)).json["token"] == "hello-acme"
    heard = await ask(app, "POST", "/t/nowhere/signup", json=body)
    assert (heard.status, heard.json["error"]) == (404, "no-project")
    assert (await ask(app, "GET", "/t/nowhere/version")).status == 404


async def test_an_answer_may_be_an_error_body_of_any_shape(make_app: MakeApp) -> None:
    """A renderer's own status wins over the table's."""

    def render(call: Call, failure: Failure) -> Answer[object]:
        return Answer(ErrorBody("odd", ""), status=418)

    odd = Dialect("odd", title="Odd", version="1", render=render, errors=ERRORS, error_schema=ErrorBody)
    assert (await ask(make_app([Mount(odd)], fallback="odd"), "GET", "/x")).status == 418
