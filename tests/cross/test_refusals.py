"""Every refusal has a form at every door, and the documents tell of all that an endpoint declares."""

import gc
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest

from tests.cross.declared import DIALECTS, Operation, operations
from tests.cross.doors import EMAIL, PASSWORD, WRONG_PASSWORD, doors_of
from tests.support.fakes import FakeClock
from tests.support.serving import Running, Serve
from vestibule.dialects.nhost import NhostSettings
from vestibule.dialects.nhost.dialect import configured
from vestibule.kernel.errors import (
    ClaimsUnavailable,
    MalformedRequest,
    MetadataTooLarge,
    MethodNotAllowed,
    Overloaded,
    Refusal,
    StorageUnavailable,
    TooManyAccessTokens,
    TooManyAttempts,
    TooManyRequests,
    UserNotActive,
)
from vestibule.wire import Call, Dialect, InternalError
from vestibule.wire.address import TrustedProxies
from vestibule.wire.dialect import WIRE_REFUSALS, Failure
from vestibule.wire.finish import Finisher
from vestibule.wire.steps import Mounting


def _kinds(base: type[Refusal] = Refusal) -> Iterator[type[Failure]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


EVERY_KIND = [*dict.fromkeys((*_kinds(), *WIRE_REFUSALS))]
_WAIT = timedelta(seconds=3)
_MADE_OF: dict[type[Failure], tuple[Failure, ...]] = {
    MalformedRequest: tuple(
        MalformedRequest("wrong", where=where, path=path, problem=problem)
        for where in ("body", "query", "path", "header")
        for path in ("", "email", "options.locale")
        for problem in ("required", "type", "json", "unknown", "min_length")
    ),
    MethodNotAllowed: (MethodNotAllowed(("GET",)),),
    TooManyRequests: (TooManyRequests(_WAIT),),
    TooManyAccessTokens: (TooManyAccessTokens(100),),
    TooManyAttempts: (TooManyAttempts(_WAIT),),
    Overloaded: (Overloaded(),),
    StorageUnavailable: (StorageUnavailable(),),
    MetadataTooLarge: (MetadataTooLarge(10),),
    UserNotActive: tuple(UserNotActive(status) for status in ("suspended", "disabled", "deleted")),
}


def _instances(kind: type[Failure]) -> tuple[Failure, ...]:
    if kind is not MalformedRequest and issubclass(kind, MalformedRequest):
        return (kind("wrong"),)
    return _MADE_OF.get(kind) or (kind(),)


CONFIGURED = {
    **DIALECTS,
    "nhost, concealing": configured(NhostSettings(conceal_errors=True)),
    "nhost, newest": configured(NhostSettings(codes="2026")),
}


@pytest.mark.parametrize("name", CONFIGURED)
def test_every_refusal_has_a_wire_form_at_every_door(name: str) -> None:
    """A new class in the table of refusals is red here until each dialect says how it shows it."""
    assert CONFIGURED[name].missing_errors(EVERY_KIND) == []


def _call(operation: Operation) -> Call:
    scope = {"type": "http", "method": operation.method, "path": operation.path(), "headers": [], "query_string": b""}
    base = operation.template.removesuffix(operation.endpoint.path)
    call = Call(
        scope,
        cast("Any", None),  # nothing is read
        request_id="0" * 32,
        dialect=operation.dialect,
        proxies=TrustedProxies(),
        params={"project": "default"},
        endpoint=operation.endpoint,
        base=base,
    )
    call.raw_headers = {}
    return call


def _finisher(dialect: Dialect, clock: FakeClock) -> Finisher:
    nothing: Any = None
    mounting = Mounting({}, clock, nothing, TrustedProxies(), nothing, nothing, nothing)
    return Finisher(dialect, mounting, cache=None, vary=None, status=200)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_declared_refusal_can_be_rendered_at_its_endpoint(name: str, clock: FakeClock) -> None:
    """No handler can raise what it declares and have it become an internal error."""
    finisher = _finisher(DIALECTS[name], clock)
    for operation in operations(name):
        for kind in (*operation.raises, *WIRE_REFUSALS):
            for failure in _instances(kind):
                status, block, _ = finisher.fail(_call(operation), failure)
                assert 300 <= status < 600, (str(operation), kind)
                assert (status >= 500) == (kind in {InternalError, Overloaded, StorageUnavailable, ClaimsUnavailable})
                assert dict(block.pairs)[b"cache-control"] == b"no-store"


@pytest.mark.parametrize("name", DIALECTS)
async def test_every_declared_refusal_is_documented_as_it_is_rendered(serve: Serve, name: str) -> None:
    """Status and media type of each stand in the OpenAPI document of the door."""
    async with serve() as running:
        document = (await running.client.get(f"/openapi/{name}.json")).json()
        finisher = _finisher(DIALECTS[name], running.clock)
        for operation in operations(name):
            item = document["paths"].get(operation.template) or document["paths"][operation.endpoint.path]
            responses = item[operation.method.lower()]["responses"]
            for kind in operation.raises:
                failure = _instances(kind)[0]
                status, block, body = finisher.fail(_call(operation), failure)
                assert str(status) in responses, (str(operation), kind, status)
                if body:
                    kinds = {media.partition(";")[0] for media in responses[str(status)].get("content", ())}
                    sent = dict(block.pairs)[b"content-type"].decode().partition(";")[0]
                    assert sent in kinds, (str(operation), kind, status, sent)


def _kept_refusals(value: object, depth: int = 3) -> Iterator[Refusal]:
    if isinstance(value, Refusal):
        yield value
    elif depth and isinstance(value, dict):
        for member in value.values():
            yield from _kept_refusals(member, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for member in value:
            yield from _kept_refusals(member, depth - 1)


async def _be_refused(running: Running) -> None:
    doors = doors_of(running)
    await doors.nhost.sign_up()
    for door in doors.every:
        assert (await door.try_to_sign_in(EMAIL, WRONG_PASSWORD)).status_code >= 400
        assert (await door.try_to_sign_in("nobody@example.com", PASSWORD)).status_code >= 400
        assert (await door.try_to_refresh("nonsense")).status_code >= 400
        assert not await door.opens("nonsense")
        assert (await door.ask_to_sign_up(EMAIL, PASSWORD)).status_code >= 400
        assert (await door.ask_to_sign_up("nonsense", "")).status_code >= 400
    for operation in operations():
        await operation.call(running, body=b"{")
        await operation.call(running, authorization="Bearer nonsense")


async def test_no_refusal_outlives_its_request(serve: Serve) -> None:
    """Each is raised fresh and forgotten: a shared one would carry data of one request into another (security 123)."""
    async with serve() as running:
        await _be_refused(running)
        gc.collect()
        alive = [thing for thing in gc.get_objects() if isinstance(thing, Refusal)]
        mine = [thing for group in _MADE_OF.values() for thing in group]
        assert [thing for thing in alive if not any(thing is one for one in mine)] == []


def test_no_module_keeps_a_refusal() -> None:
    """Not even in a table (security 123)."""
    kept = [
        f"{name}.{word}"
        for name, module in list(sys.modules.items())
        if name.startswith("vestibule.")
        for word, value in vars(module).items()
        if any(_kept_refusals(value))
    ]
    assert kept == []
