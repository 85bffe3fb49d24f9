"""Compiles one declared endpoint into one coroutine that takes an ASGI request all the way to its answer.

Everything that can be known at mount is known here: headers are encoded, parameters have their source, steps are
in order. Falcon's request and response objects are left out: they would cost a third of the speed (docs/performance).
"""

from collections.abc import Awaitable, Callable, Mapping

from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.errors import MalformedRequest, Refusal
from vestibule.wire.answers import Rendered
from vestibule.wire.binding import Bound, bind
from vestibule.wire.body import ClientGone
from vestibule.wire.call import Call, Receive, Scope, Send, header_map
from vestibule.wire.declaration import Endpoint
from vestibule.wire.dialect import Dialect
from vestibule.wire.finish import Finisher, send_answer
from vestibule.wire.steps import Mounting, Plan, Step, plan_steps

Responder = Callable[[Scope, Receive, Send, Mapping[str, str]], Awaitable[None]]


def compile_endpoint(dialect: Dialect, endpoint: Endpoint, base: str, mounting: Mounting) -> Responder:
    """Return the coroutine function that serves `endpoint` under `base`. Raises: MountError."""
    names = frozenset(part[1:-1] for part in f"{base}{endpoint.path}".split("/") if part.startswith("{"))
    handler = bind(endpoint.function, mounting.dependencies, names)
    plan = plan_steps(dialect, endpoint, base, handler, mounting)
    policy = endpoint.cors or dialect.cors
    vary = None if policy is None else policy.vary
    finisher = Finisher(dialect, mounting, cache=endpoint.cache, vary=vary, status=endpoint.status)
    return compile_responder(dialect, endpoint, base, handler, plan, finisher, mounting)


def compile_responder(
    dialect: Dialect,
    endpoint: Endpoint | None,
    base: str,
    handler: Bound,
    plan: Plan,
    finisher: Finisher,
    mounting: Mounting,
) -> Responder:
    """Return the coroutine function that runs `plan` and `handler`; without an endpoint nobody was found."""
    record = mounting.access_log.recorder(dialect.name, f"{base}{endpoint.path}" if endpoint else "-")
    request_id, proxies = mounting.request_ids, mounting.proxies
    function, sources, is_async = handler.function, handler.sources, handler.is_async
    succeed = finisher.succeed
    for_browsers, steps, for_failures = plan.for_browsers, plan.steps, plan.for_failures

    async def respond(scope: Scope, receive: Receive, send: Send, params: Mapping[str, str]) -> None:
        started = monotonic_seconds()
        call = Call(
            scope,
            receive,
            request_id=request_id(scope),
            dialect=dialect,
            proxies=proxies,
            params=params,
            endpoint=endpoint,
            base=base,
        )
        try:
            call.raw_headers = header_map(scope["headers"])
            if params:
                check_params(params)
            if for_browsers is not None and b"origin" in call.raw_headers:
                await for_browsers(call)
            for step in steps:
                await step(call)
            result = function(**{name: source(call) for name, source in sources})
            answer = succeed(await result if is_async else result)
        except Refusal as refusal:
            answer = await _refuse(call, refusal, finisher, for_failures)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - logged by crash; one request must not take others down
            answer = finisher.crash(call, error)
        status = await send_answer(call, send, answer)
        record(call.request_id, scope["method"], status, started)

    return respond


async def _refuse(call: Call, refusal: Refusal, finisher: Finisher, for_failures: Step | None) -> Rendered:
    if for_failures is not None and not call.response_headers:  # once judged, a listed origin would be there
        try:
            await for_failures(call)
        except Exception as error:  # noqa: BLE001 - logged by crash
            return finisher.crash(call, error)
    return finisher.refuse(call, refusal)


def check_params(params: Mapping[str, str]) -> None:
    """Refuse path parameters that hold NUL or were not UTF-8. Raises: MalformedRequest."""
    for name, value in params.items():
        if "\x00" in value or "\ufffd" in value:
            raise MalformedRequest(
                f"The path parameter {name} is malformed", where="path", path=name, problem="characters"
            )
