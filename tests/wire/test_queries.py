import pytest

from tests.wire.conftest import ask
from vestibule.wire.app import App


async def test_texts_become_the_declared_types(app: App) -> None:
    """A query struct converts numbers, booleans and lists."""
    heard = await ask(app, "GET", "/search", query=b"name=a%20b%2B+c&limit=3&tag=x&tag=y&exact=true")
    assert heard.json == {"name": "a b+ c", "limit": 3, "tag": ["x", "y"], "exact": True}


async def test_defaults_fill_what_is_absent(app: App) -> None:
    """Only what has no default must be there; undeclared parameters are ignored, even twice."""
    heard = await ask(app, "GET", "/search", query=b"name=&other=1&other=2&%ff")
    assert heard.status == 400
    heard = await ask(app, "GET", "/search", query=b"name=&other=1&other=2&&=")
    assert heard.json == {"name": "", "limit": 20, "tag": [], "exact": False}


@pytest.mark.parametrize(
    ("query", "path", "problem"),
    [
        (b"", "name", "required"),
        (b"name=a&name=b", "name", "repeated"),
        (b"name=a&limit=x", "limit", "type"),
        (b"name=a&limit=1e400", "limit", "range"),
        (b"name=a&limit=%D9%A1", "limit", "type"),
        (b"name=a&limit= 1", "limit", "type"),
        (b"name=%", "", "encoding"),
        (b"name=%4", "", "encoding"),
        (b"name=%zz", "", "encoding"),
        (b"name=% 1", "", "encoding"),
        (b"name=%ff", "", "encoding"),
        (b"name=\xff", "", "encoding"),
        (b"name=%ed%a0%80", "", "encoding"),
        (b"name=%00", "", "characters"),
        (b"%00=a&name=b", "", "characters"),
    ],
)
async def test_a_malformed_query_is_told_where_and_why(app: App, query: bytes, path: str, problem: str) -> None:
    """Strict percent-decoding, strict UTF-8, no NUL, no repetition."""
    heard = await ask(app, "GET", "/search", query=query)
    assert (heard.status, heard.json["where"]) == (400, "query")
    assert (heard.json.get("path", ""), heard.json["problem"]) == (path, problem)


async def test_path_parameters_are_texts(app: App) -> None:
    """A path parameter reaches the handler by its name, under every base."""
    assert (await ask(app, "GET", "/users/u-1")).json["user"] == "u-1"
    assert (await ask(app, "GET", "/t/p/users/u-1")).json["user"] == "u-1"


@pytest.mark.parametrize("value", ["a\x00b", "a\ufffdb"])
async def test_malformed_path_parameters_are_refused(app: App, value: str) -> None:
    """NUL and broken UTF-8 never reach a query to the database."""
    heard = await ask(app, "GET", f"/users/{value}")
    assert (heard.status, heard.json["where"], heard.json["path"]) == (400, "path", "user_id")


async def test_an_empty_path_parameter_is_no_match(app: App) -> None:
    """`/users/` names nobody."""
    assert (await ask(app, "GET", "/t//users/u-1")).status == 404
