from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.accountmaker.speaking import Caller
from tests.support.serving import Serve
from vestibule.dialects.accountmaker.dialect import accountmaker
from vestibule.dialects.accountmaker.errors import ERRORS
from vestibule.dialects.accountmaker.links import appended
from vestibule.dialects.accountmaker.tokens import base64url, from_base64url
from vestibule.kernel.errors import Refusal


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Yield every refusal there is."""
    for one in kind.__subclasses__():
        yield one
        yield from refusals(one)


def test_every_refusal_has_a_form_here() -> None:
    """A new one is found here, and not as a 500 some night."""
    assert accountmaker.missing_errors(list(refusals())) == []
    assert all(error.code.replace("_", "").isalpha() and error.message for error in ERRORS.values())


@given(st.binary(max_size=64))
def test_base64url_has_one_spelling(raw: bytes) -> None:
    """Security 26, 109: a token with spare bits, padding or another alphabet is another text, and refused."""
    text = base64url(raw)

    assert from_base64url(text) == raw
    assert from_base64url(text + "=") is None
    assert from_base64url(text + "\n") is None


@given(st.text(max_size=64))
def test_what_is_no_base64url_is_none(text: str) -> None:
    """Never an exception, whatever a stranger sends."""
    raw = from_base64url(text)
    assert raw is None or base64url(raw) == text


def test_values_are_added_to_a_links_query() -> None:
    """Beside what is there, in front of a fragment, and escaped."""
    assert appended("https://a.example/x", "token", "t") == "https://a.example/x?token=t"
    assert appended("https://a.example/x?y=1#z", "token", "a&b") == "https://a.example/x?y=1&token=a%26b#z"


async def test_the_description_names_every_endpoint_and_its_refusals(serve: Serve) -> None:
    """The OpenAPI document comes from the declarations."""
    async with serve() as running:
        answer = await running.client.get("/openapi/accountmaker.json")

        document: dict[str, Any] = answer.json()
        assert set(document["paths"]) == {
            "/auth/check-email",
            "/auth/csrf-session",
            "/auth/csrf-token",
            "/auth/login-methods",
            "/auth/me",
            "/auth/refresh",
            "/auth/sign-in",
            "/auth/sign-up",
            "/auth/verify",
        }
        responses = document["paths"]["/auth/sign-up"]["post"]["responses"]
        assert {"200", "400", "403", "409", "413", "415", "429", "500", "503"} <= set(responses)
        assert "application/problem+json" in responses["409"]["content"]


async def test_every_answer_names_its_request_and_is_not_cached(serve: Serve) -> None:
    """Security 36; refusals included."""
    async with serve() as running:
        for answer in (await Caller(running).get("/auth/me"), await Caller(running).get("/auth/csrf-session")):
            assert answer.headers["cache-control"] == "no-store"
            assert len(answer.headers["x-request-id"]) > 10
