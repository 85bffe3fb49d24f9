import pytest

from tests.wire.conftest import Heard, ask
from vestibule.wire.app import App
from vestibule.wire.body import MAX_BODY_BYTES
from vestibule.wire.decode import MAX_DEPTH

JSON = [(b"content-type", b"application/json")]
GOOD = b'{"email":"ann@example.com","password":"abcdef"}'


async def sign_up(app: App, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> Heard:
    return await ask(app, "POST", "/signup", headers=JSON if headers is None else headers, body=body)


async def test_a_declared_body_arrives_as_its_struct(app: App) -> None:
    """What the struct declares is what the handler gets."""
    heard = await sign_up(app, GOOD)
    assert (heard.status, heard.json) == (200, {"token": "hello-default", "user": "ann@example.com"})


@pytest.mark.parametrize(
    ("body", "path", "problem"),
    [
        (b"", "", "required"),
        (b"{", "", "json"),
        (b"nonsense", "", "json"),
        (b'{"email":"a","password":"abc"} trailing', "", "json"),
        (b'\xef\xbb\xbf{"email":"a","password":"abc"}', "", "json"),
        (b"[]", "", "type"),
        (b"null", "", "type"),
        (b'"text"', "", "type"),
        (b'{"email":"a"}', "password", "required"),
        (b'{"email":1,"password":"abc"}', "email", "type"),
        (b'{"email":null,"password":"abc"}', "email", "type"),
        (b'{"email":"a","password":"ab"}', "password", "min_length"),
        (b'{"email":"a","password":"abc","more":1}', "more", "unknown"),
        (b'{"email":"a","password":"abc","options":{"more":1}}', "options.more", "unknown"),
        (b'{"email":"a","password":"abc","options":{"locale":"deu"}}', "options.locale", "max_length"),
        (b'{"email":"a","password":"abc","metadata":{"n":1e400}}', "metadata", "range"),
        (b'{"email":"a","password":"abc","metadata":{"n":NaN}}', "", "json"),
        (b'{"email":"a","password":"abc","metadata":{"n":-Infinity}}', "", "json"),
        (b'{"email":"a","password":"abc","metadata":{"n":' + b"9" * 5000 + b"}}", "metadata", "range"),
        (b'{"email":"a\xff","password":"abc"}', "", "encoding"),
        (b'{"email":"a\xed\xa0\x80","password":"abc"}', "", "encoding"),
        (b'{"email":"a","password":"abc","more":"\xff"}', "", "encoding"),
        (b'{"email":"a\\ud800bcdefghijkl","password":"abc"}', "", "json"),
        (b'{"email":"a\\u0000","password":"abc"}', "", "characters"),
        (b'{"email":"a\x00","password":"abc"}', "", "json"),
        (b'{"email":"a","password":"abc","metadata":{"\\u0000":1}}', "", "characters"),
        (b'{"email":"a","password":"abc","metadata":{"x":["\\u0000"]}}', "", "characters"),
        (b'{"email":1,"password":"abc","more":[}', "", "json"),
    ],
)
async def test_a_malformed_body_is_told_where_and_why(app: App, body: bytes, path: str, problem: str) -> None:
    """Each kind of wrong body is one clear 400 of the dialect's own shape (security 112)."""
    heard = await sign_up(app, body)
    assert heard.status == 400
    assert (heard.json["error"], heard.json["where"]) == ("malformed", "body")
    assert (heard.json.get("path", ""), heard.json["problem"]) == (path, problem)


@pytest.mark.parametrize("bracket", [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 10_000])
async def test_deep_json_is_refused(app: App, bracket: tuple[bytes, bytes], depth: int) -> None:
    """Nesting is bounded, whether or not the decoder would have survived it (security 112)."""
    nested = bracket[0] * depth + b"1" + bracket[1] * depth
    heard = await sign_up(app, b'{"email":"a","password":"abc","metadata":{"x":' + nested + b"}}")
    assert (heard.status, heard.json["problem"]) == (400, "depth")


async def test_an_escaped_backslash_before_u0000_is_no_nul(app: App) -> None:
    """A backslash, then u0000: six harmless characters."""
    assert (await sign_up(app, b'{"email":"a\\\\u0000","password":"abc"}')).status == 200


async def test_duplicate_keys_are_allowed(app: App) -> None:
    """The last of two equal members counts, as JSON readers do."""
    heard = await sign_up(app, b'{"email":"a","email":"b","password":"abc"}')
    assert heard.json["user"] == "b"


async def test_many_brackets_side_by_side_are_not_deep(app: App) -> None:
    """Only nesting counts, not the number of lists."""
    heard = await sign_up(app, b'{"email":"a","password":"abc","metadata":{"x":[' + b"[]," * 500 + b"[]]}}")
    assert heard.status == 200


async def test_64_kib_are_read_and_one_byte_more_is_not(app: App) -> None:
    """The bound on bodies is exact (security 112)."""
    frame = b'{"email":"%s","password":"abc"}'
    fitting = frame % (b"a" * (MAX_BODY_BYTES - len(frame) + 2))
    assert len(fitting) == MAX_BODY_BYTES
    assert (await sign_up(app, fitting)).status == 200
    assert (await sign_up(app, fitting + b" ")).status == 413


async def test_a_large_content_length_is_refused_unread(app: App) -> None:
    """What says it is too large is not read at all."""
    headers = [*JSON, (b"content-length", b"65537")]
    heard = await ask(app, "POST", "/signup", headers=headers, chunks=[])
    assert heard.status == 413


async def test_a_body_that_grows_beyond_its_word_is_refused(app: App) -> None:
    """Without an honest length the bytes are counted as they come, and reading stops at the bound."""
    chunks = [b" " * 40_000] * 100
    heard = await ask(app, "POST", "/signup", headers=JSON, chunks=chunks)
    assert heard.status == 413


@pytest.mark.parametrize("length", [b"-1", b"x", b"1" * 5000, b"", b"\xb2"])
async def test_an_absurd_content_length_is_a_clear_refusal(app: App, length: bytes) -> None:
    """Servers check the header; should one not, it is still no crash."""
    heard = await ask(app, "POST", "/signup", headers=[*JSON, (b"content-length", length)], body=GOOD)
    assert heard.status in {400, 413}


async def test_a_client_that_hangs_up_gets_no_answer(app: App) -> None:
    """Half a body and then nobody: no answer, no crash."""
    headers = [*JSON, (b"content-length", b"100")]
    heard = await ask(app, "POST", "/signup", headers=headers, chunks=[])
    assert heard.status == 0


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b'APPLICATION/JSON;charset="UTF-8"',
        b"application/json ;x=y",
    ],
)
async def test_json_media_types_are_taken(app: App, content_type: bytes) -> None:
    """Parameters and case of the media type do not matter, a UTF-8 charset is fine."""
    assert (await sign_up(app, GOOD, [(b"content-type", content_type)])).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-type", b"text/plain")],
        [(b"content-type", b"application/jsonp")],
        [(b"content-type", b"multipart/form-data; boundary=x")],
        [(b"content-type", b"application/json; charset=utf-16")],
        [(b"content-type", b"\xff\xfe")],
        [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")],
    ],
)
async def test_other_media_types_and_compression_are_refused(app: App, headers: list[tuple[bytes, bytes]]) -> None:
    """Only the declared media type is read, and only uncompressed (security 112)."""
    heard = await sign_up(app, GOOD, headers)
    assert (heard.status, heard.json["error"]) == (415, "media-type")


async def test_an_optional_body_may_be_empty(app: App) -> None:
    """`body: X | None` takes no body at all, even without a content type."""
    assert (await ask(app, "POST", "/signout")).status == 204
    assert (await ask(app, "POST", "/signout", json={"locale": "de"})).status == 204
    assert (await ask(app, "POST", "/signout", json={"locale": "deu"})).status == 400


async def test_a_form_is_read_where_declared(app: App) -> None:
    """OAuth endpoints take urlencoded bodies, and JSON where they say so."""
    form = [(b"content-type", b"application/x-www-form-urlencoded")]
    body = b"grant_type=refresh+token&scope=a%20b&unknown=1"
    for path in ("/form", "/token"):
        heard = await ask(app, "POST", path, headers=form, body=body)
        assert heard.json == {"token": "refresh token", "user": "a b"}
    assert (await ask(app, "POST", "/token", json={"grant_type": "x"})).status == 200
    assert (await ask(app, "POST", "/form", json={"grant_type": "x"})).status == 415


async def test_a_form_field_given_twice_is_refused(app: App) -> None:
    """RFC 6749 section 3.2: parameters must not be included more than once."""
    form = [(b"content-type", b"application/x-www-form-urlencoded")]
    heard = await ask(app, "POST", "/form", headers=form, body=b"grant_type=a&grant_type=b")
    assert (heard.status, heard.json["problem"]) == (400, "repeated")


async def test_an_unwanted_body_is_not_read(app: App) -> None:
    """An endpoint without a body ignores what is sent to it."""
    assert (await ask(app, "GET", "/version", headers=[(b"content-length", b"99999999")], chunks=[])).status == 200
