"""Requests out of shape, at every endpoint that takes a body: from the declared shapes, so a new one is covered too."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any, Final, get_args, get_type_hints

import httpx2
import msgspec
import pytest

from tests.dialects.nhost.matrix.cases import CASES
from tests.dialects.nhost.matrix.stage import Ask, Stage
from tests.support.serving import Serve
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.dialects.nhost import nhost
from vestibule.wire.declaration import Endpoint

pytestmark = pytest.mark.engine("sqlite")  # nothing here comes as far as the database

STRANGE: Final = "nobodyKnowsThis"
OUT_OF_SHAPE: Final = "schema-validation-error"
UNREADABLE: Final = "request-validation-error"
_ENDPOINTS: Final = {endpoint.operation: endpoint for endpoint in nhost.endpoints}


def _body(endpoint: Endpoint) -> Any:
    return get_type_hints(endpoint.function).get("body")


def _shape(kind: Any) -> type[msgspec.Struct] | None:
    """Return the struct in a body's type, or in a member's."""
    parts = (kind, *get_args(kind))
    return next((part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)), None)


def _is_optional(endpoint: Endpoint) -> bool:
    return type(None) in get_args(_body(endpoint))


def _takes_strangers(endpoint: Endpoint) -> bool:
    return (endpoint.unknown_members or nhost.unknown_members) == "ignore"


FOR_PROVIDERS: Final = ("providerSpecificParams",)  # what a provider may know that nobody has thought of yet
TAKING_BODIES: Final = {name: case for name, case in CASES.items() if _body(_ENDPOINTS[name.partition(", ")[0]])}


@asynccontextmanager
async def _each(serve: Serve) -> AsyncIterator[AsyncIterator[tuple[str, Endpoint, Ask]]]:
    async with serve(policy=EVERY_WAY_IN) as running:

        async def asks() -> AsyncIterator[tuple[str, Endpoint, Ask]]:
            for name, case in TAKING_BODIES.items():
                yield name, _ENDPOINTS[name.partition(", ")[0]], await case.begin(Stage(running))

        yield asks()


async def _send(ask: Ask, content: bytes, kind: str = "application/json") -> httpx2.Response:
    headers = {"content-type": kind} | ({} if ask.token is None else {"authorization": f"Bearer {ask.token}"})
    return await ask.stage.running.client.post(f"{ask.base}{ask.path}", content=content, headers=headers)


def _told(answer: httpx2.Response) -> tuple[int, list[str], str]:
    return answer.status_code, list(answer.json()), answer.json()["error"]


def _members(shape: type[msgspec.Struct], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the path of every member that is declared, and whether it is required."""
    for field in msgspec.structs.fields(shape):
        path = (*above, field.encode_name)
        yield path, field.required
        below = _shape(field.type)
        if below is not None:
            yield from ((inner, False) for inner, _ in _members(below, path))


def _kinds(shape: type[msgspec.Struct], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path of every member that is declared, and its type."""
    for field in msgspec.structs.fields(shape):
        path = (*above, field.encode_name)
        yield path, field.type
        below = _shape(field.type)
        if below is not None:
            yield from _kinds(below, path)


def _is_one(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _with(body: dict[str, Any], path: tuple[str, ...], value: Any) -> bytes:
    changed: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(body))
    place = changed
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = value
    return msgspec.json.encode(changed)


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"a":"\xff"}', b"[" * 5000, b'{"a":"\\u0000"}'])
async def test_what_cannot_be_read_is_told_as_such(serve: Serve, content: bytes) -> None:
    """Broken JSON, bad encodings, nesting without end and NUL, before any shape is looked at (security 109, 112)."""
    async with _each(serve) as asks:
        async for name, _, ask in asks:
            assert _told(await _send(ask, content)) == (400, ["error", "reason"], UNREADABLE), name


async def test_a_body_is_missing_only_where_it_must_not(serve: Serve) -> None:
    """Nothing at all is a malformed request, unless the body is optional."""
    async with _each(serve) as asks:
        async for name, endpoint, ask in asks:
            answer = await _send(ask, b"")
            is_told = answer.status_code == 400 and answer.json().get("error") == UNREADABLE
            assert is_told != _is_optional(endpoint), (name, answer.text)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_only_json_is_read(serve: Serve, kind: str) -> None:
    """A form of another site reaches no endpoint (security 106)."""
    async with _each(serve) as asks:
        async for name, _, ask in asks:
            answer = await _send(ask, msgspec.json.encode(ask.body), kind)
            assert _told(answer) == (400, ["error", "reason"], UNREADABLE), name
            assert answer.json()["reason"] == "header Content-Type has an unexpected value"


async def test_every_member_that_is_missing_is_named(serve: Serve) -> None:
    """One at a time, to the letter."""
    async with _each(serve) as asks:
        async for name, endpoint, ask in asks:
            shape = _shape(_body(endpoint))
            assert shape is not None
            for (member, *_), required in _members(shape):
                if required:
                    body = {key: value for key, value in (ask.body or {}).items() if key != member}
                    answer = await _send(ask, msgspec.json.encode(body))
                    assert _told(answer) == (400, ["error", "reason"], OUT_OF_SHAPE), name
                    assert answer.json()["reason"] == f'Error at "/{member}": property "{member}" is missing', name


async def test_every_member_of_another_type_is_named(serve: Serve) -> None:
    """Numbers where none belongs, and nothing where something must be; with its place."""
    async with _each(serve) as asks:
        async for name, endpoint, ask in asks:
            shape = _shape(_body(endpoint))
            assert shape is not None
            for path, kind in _kinds(shape):
                for value in (7, None):
                    if _is_one(value, kind):
                        continue
                    answer = await _send(ask, _with(ask.body or {}, path, value))
                    assert _told(answer) == (400, ["error", "reason"], OUT_OF_SHAPE), (name, path, value)
                    assert answer.json()["reason"].startswith(f'Error at "/{"/".join(path)}": '), (name, path)


async def test_members_that_nobody_declared_are_refused(serve: Serve) -> None:
    """At the top and inside options, except where the contract takes them."""
    async with _each(serve) as asks:
        async for name, endpoint, ask in asks:
            shape = _shape(_body(endpoint))
            assert shape is not None
            places = {path[:-1] for path, _ in _members(shape)}
            for place in places:
                path = (*place, STRANGE)
                answer = await _send(ask, _with(ask.body or {}, path, 1))
                if _takes_strangers(endpoint) or place == FOR_PROVIDERS:
                    assert "unsupported" not in answer.text, name
                    continue
                assert _told(answer) == (400, ["error", "reason"], OUT_OF_SHAPE), name
                expected = f'Error at "/{"/".join(path)}": property "{STRANGE}" is unsupported'
                assert answer.json()["reason"] == expected, name


async def test_what_is_no_object_is_out_of_shape(serve: Serve) -> None:
    """A list, a text, a number, nothing."""
    async with _each(serve) as asks:
        async for name, endpoint, ask in asks:
            for content in (b"[]", b'"x"', b"1", *(() if _is_optional(endpoint) else (b"null",))):
                assert _told(await _send(ask, content)) == (400, ["error", "reason"], OUT_OF_SHAPE), (name, content)


async def test_a_body_out_of_shape_is_told_before_anything_about_its_business(serve: Serve) -> None:
    """And after who calls: the order of the contract's framework."""
    async with serve(policy=EVERY_WAY_IN) as running:
        for name, case in TAKING_BODIES.items():
            endpoint = _ENDPOINTS[name.partition(", ")[0]]
            for fault in () if _takes_strangers(endpoint) else case.faults:
                ask = await case.begin(Stage(running))
                done = fault.spoil(ask)
                if isawaitable(done):
                    await done
                ask.member(STRANGE, 1)
                answer = await ask.send()
                auth = endpoint.auth
                about_the_caller = auth and not auth.is_optional and issubclass(fault.refusal, auth.raises)
                expected = "unauthorized" if about_the_caller else OUT_OF_SHAPE
                assert answer.json()["error"] == expected, (name, fault.name, answer.text)
