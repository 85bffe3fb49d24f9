import pytest
from structlog.testing import capture_logs

from tests.wire.conftest import ask
from vestibule.wire.answers import encode_headers
from vestibule.wire.app import App


@pytest.mark.parametrize("path", ["/version", "/nowhere", "/search", "/crash", "/away", "/go", "/page"])
async def test_every_answer_carries_the_safety_headers(app: App, path: str) -> None:
    """Good or bad, nothing is stored, sniffed or referred (security 36, 37)."""
    heard = await ask(app, "GET", path)
    assert heard.all("cache-control") == ["no-store"]
    assert heard.all("x-content-type-options") == ["nosniff"]
    assert heard.all("referrer-policy") == ["no-referrer"]


async def test_an_endpoint_may_be_cached_when_it_says_so(app: App) -> None:
    """Key sets are public; only their successful answers."""
    assert (await ask(app, "GET", "/jwks")).all("cache-control") == ["public, max-age=300"]
    assert (await ask(app, "POST", "/jwks")).all("cache-control") == ["no-store"]


async def test_an_unexpected_exception_is_the_dialects_internal_error(app: App) -> None:
    """The answer tells nothing, the log tells all, joined by the request id (security 117)."""
    with capture_logs() as logs:
        heard = await ask(app, "GET", "/crash")
    assert (heard.status, heard.json) == (500, {"error": "internal", "message": ""})
    (entry,) = logs
    assert entry["event"] == "request.crashed"
    assert entry["request_id"] == heard.header("x-request-id")
    assert "RuntimeError" in entry["traceback"]


async def test_a_traceback_shows_no_local_variables(app: App) -> None:
    """A crash while a password is in a variable must not print it (security 117)."""
    with capture_logs() as logs:
        heard = await ask(app, "POST", "/crash/secret", json={"email": "a", "password": "hunter2hunter2"})
    assert heard.status == 500
    assert "hunter2" not in str(logs)


async def test_a_refusal_that_the_dialect_cannot_show_is_an_internal_error(app: App) -> None:
    """Forgetting a line in the table is our fault, not the caller's."""
    with capture_logs() as logs:
        heard = await ask(app, "GET", "/unrenderable")
    assert (heard.status, heard.json["error"]) == (500, "internal")
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["request.crashed"]


async def test_each_refusal_is_a_fresh_object(app: App) -> None:
    """Nothing of one request shows in the next one's answer (security 123)."""
    first = await ask(app, "GET", "/search", query=b"name=a&limit=x")
    second = await ask(app, "GET", "/search")
    assert (first.json["path"], second.json["path"]) == ("limit", "name")


async def test_retry_after_is_rounded_up(app: App) -> None:
    """Storage that is away for 1.2 seconds says 2."""
    heard = await ask(app, "GET", "/away")
    assert (heard.status, heard.all("retry-after")) == (503, ["2"])


async def test_a_redirect_cannot_break_out_of_its_header(app: App) -> None:
    """Line breaks and other characters of the target are percent-encoded."""
    heard = await ask(app, "GET", "/go")
    assert heard.status == 302
    assert heard.all("location") == ["https://app.example.com/?x=%C3%BC%0D%0ASet-Cookie:%20a=b"]
    assert heard.all("set-cookie") == [
        "a=b; Max-Age=86400; Path=/; Expires=Sat, 03 Jan 2026 03:04:05 GMT; HttpOnly; Secure; SameSite=Lax"
    ]
    assert heard.body == b""


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\x00b", "\x7f", "\x85"])
def test_a_header_value_with_control_characters_is_a_bug(value: str) -> None:
    """Better a 500 than a second header of somebody's choice."""
    with pytest.raises(ValueError, match="printable"):
        encode_headers([("x-thing", value)])


async def test_head_is_get_without_the_body(app: App) -> None:
    """Where declared; the length is that of the body which GET would send."""
    head, get = await ask(app, "HEAD", "/version"), await ask(app, "GET", "/version")
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == str(len(get.body))
    assert (await ask(app, "HEAD", "/search")).status == 405


async def test_no_content_means_none(app: App) -> None:
    """A handler that returns None answers 204 without length or type."""
    heard = await ask(app, "POST", "/signout")
    assert (heard.status, heard.body) == (204, b"")
    assert heard.header("content-length") is None
    assert heard.header("content-type") is None


async def test_html_and_text_have_their_types(app: App) -> None:
    """Pages and bare texts are UTF-8."""
    assert (await ask(app, "GET", "/page")).header("content-type") == "text/html; charset=utf-8"
    heard = await ask(app, "GET", "/me")
    assert (heard.status, heard.header("content-type"), heard.body) == (401, "text/plain; charset=utf-8", b"no-token")
