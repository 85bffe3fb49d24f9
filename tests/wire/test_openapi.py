import re
from html.parser import HTMLParser
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.wire.conftest import MakeApp, ask
from tests.wire.tiny import tiny
from vestibule.wire import Mount, WireSettings
from vestibule.wire.app import App


async def document(app: App, name: str = "tiny") -> dict[str, Any]:
    heard = await ask(app, "GET", f"/openapi/{name}.json")
    assert (heard.status, heard.header("content-type")) == (200, "application/json")
    found: dict[str, Any] = heard.json
    return found


async def test_the_document_is_valid_openapi_3_1(app: App) -> None:
    """By the schema that the OpenAPI initiative publishes."""
    found = await document(app)
    assert found["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(found).validate()
    with pytest.raises(Exception, match="paths"):  # the validator does look
        schemathesis.openapi.from_dict({**found, "paths": [1]}).validate()


async def test_an_operation_lists_every_status_it_may_answer(app: App) -> None:
    """What wire, authentication, limits and the handler may refuse with, by status."""
    paths = (await document(app))["paths"]
    sign_up = paths["/signup"]["post"]
    assert list(sign_up["responses"]) == ["200", "400", "404", "409", "413", "415", "429", "500", "503"]
    assert "`email-taken`" in sign_up["responses"]["409"]["description"]
    assert next(iter(paths["/signout"]["post"]["responses"])) == "204"
    assert "content" not in paths["/signout"]["post"]["responses"]["204"]
    assert paths["/go"]["get"]["responses"]["302"]["headers"]["Location"]
    assert list(paths["/me"]["get"]["responses"]["401"]["content"]) == ["text/plain"]
    assert "401" not in paths["/maybe"]["get"]["responses"]


async def test_bodies_parameters_and_security_come_from_the_declaration(app: App) -> None:
    """Structs become shared components, queries parameters, auth security requirements."""
    found = await document(app)
    paths, components = found["paths"], found["components"]
    body = paths["/signup"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/SignUpBody"}}}
    assert paths["/signout"]["post"]["requestBody"]["required"] is False
    assert list(paths["/token"]["post"]["requestBody"]["content"]) == [
        "application/json",
        "application/x-www-form-urlencoded",
    ]
    assert components["schemas"]["SignUpBody"]["additionalProperties"] is False
    assert components["schemas"]["SignUpBody"]["required"] == ["email", "password"]
    name, *_ = paths["/search"]["get"]["parameters"]
    assert (name["name"], name["in"], name["required"]) == ("name", "query", True)
    assert "Search" not in components["schemas"]
    assert paths["/users/{user_id}"]["get"]["parameters"][0]["in"] == "path"
    assert components["securitySchemes"] == {"BearerAuth": {"type": "http", "scheme": "bearer"}}
    assert paths["/me"]["get"]["security"] == [{"BearerAuth": []}]
    assert paths["/maybe"]["get"]["security"] == [{"BearerAuth": []}, {}]
    assert paths["/version"]["get"]["security"] == []


async def test_docstrings_become_descriptions(app: App) -> None:
    """First line and rest; there is no second place to keep up to date."""
    sign_up = (await document(app))["paths"]["/signup"]["post"]
    assert (sign_up["summary"], sign_up["description"]) == ("Make a user.", "Answers a session at once.")


async def test_servers_are_the_bases_at_the_public_url(make_app: MakeApp) -> None:
    """A base with a parameter becomes a server variable."""
    app = make_app([Mount(tiny, extra_bases=("/v1",))], settings=WireSettings(public_url="https://auth.example.com/"))
    assert (await document(app))["servers"] == [
        {"url": "https://auth.example.com"},
        {"url": "https://auth.example.com/t/{project}", "variables": {"project": {"default": "default"}}},
        {"url": "https://auth.example.com/v1"},
    ]


async def test_documents_are_cached_by_their_tag(app: App) -> None:
    """Any site may read them, and unchanged ones are not sent again."""
    first = await ask(app, "GET", "/openapi/tiny.json", headers=[(b"origin", b"https://viewer.example")])
    assert first.header("access-control-allow-origin") == "*"
    tag = first.header("etag") or ""
    again = await ask(app, "GET", "/openapi/tiny.json", headers=[(b"if-none-match", tag.encode())])
    assert (again.status, again.body, again.header("etag")) == (304, b"", tag)


@pytest.mark.parametrize("name", ["other.json", "tiny", "tiny.json.json", "..%2f"])
async def test_there_is_no_other_document(app: App, name: str) -> None:
    """Names are looked up, not opened."""
    assert (await ask(app, "GET", f"/openapi/{name}")).status == 404


class Loads(HTMLParser):
    """Collects whatever would make a browser load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.anchors: set[str] = set()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        known = dict(attrs)
        self.found += [f"{tag} {name}" for name in ("src", "srcset", "action", "style") if name in known]
        self.found += [f"{tag} {name}" for name in known if name.startswith("on")]
        if tag in {"link", "img", "iframe", "object", "form"}:
            self.found.append(tag)
        if known.get("id"):
            self.targets.add(str(known["id"]))
        href = known.get("href") or ""
        if href.startswith("#"):
            self.anchors.add(href[1:])


async def test_the_docs_page_loads_nothing_and_links_well(app: App) -> None:
    """No address of another host, no inline handler, and every link on the page has its target."""
    heard = await ask(app, "GET", "/docs")
    text = heard.body.decode()
    page = Loads()
    page.feed(text)
    assert page.found == []
    assert page.anchors <= page.targets
    assert {"tiny", "tiny-sign_up", "tiny--SignUpBody"} <= page.anchors
    assert re.findall(r"https?://|url\(|@import", text) == []


async def test_the_docs_page_allows_only_its_own_style_and_script(app: App) -> None:
    """A strict policy with hashes: whatever else gets into the page does not run."""
    policy = (await ask(app, "GET", "/docs")).header("content-security-policy") or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_fuzzer_finds_nothing_that_the_document_does_not_say(make_app: MakeApp) -> None:
    """Schemathesis over the tiny dialect: no 5xx, no undocumented status, media type or shape."""
    broken = frozenset({"crash", "crash_with_secret", "unrenderable", "away"})
    app = make_app([Mount(tiny, without=broken)])
    schema = schemathesis.openapi.from_asgi("/openapi/tiny.json", app)
    schema.config.generation.update(allow_x00=False)  # JSON Schema cannot say that NUL is refused
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr] # an invalid schema would be an Err, and fail here

        @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            case.call_and_validate()

        check()
        tried += 1
    assert tried == 16
