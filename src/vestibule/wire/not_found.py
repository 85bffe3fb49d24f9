"""Answers for requests that no endpoint takes, in the words of the dialect that owns the path; OPTIONS too."""

from collections.abc import Callable
from typing import Final

from vestibule.kernel.errors import MethodNotAllowed, Refusal, RouteNotFound
from vestibule.wire.answers import Answer, Redirect
from vestibule.wire.binding import bind
from vestibule.wire.call import Call, Scope
from vestibule.wire.cors import CorsPolicy
from vestibule.wire.dialect import Dialect
from vestibule.wire.endpoint import Responder, compile_responder
from vestibule.wire.finish import Finisher
from vestibule.wire.routes import Route, Routes
from vestibule.wire.steps import Mounting, Plan, browser_step, failure_step, origin_list

_SAFE: Final = frozenset({"GET", "HEAD"})


class Refusals:
    """Answers for requests that no endpoint takes, compiled for each dialect on first need; preflights too."""

    def __init__(self, mounting: Mounting) -> None:
        self._mounting = mounting
        self._not_found: dict[str, Responder] = {}
        self._not_allowed: dict[tuple[str, tuple[str, ...]], Responder] = {}
        self._preflights: dict[tuple[str, int, tuple[str, ...]], Responder] = {}
        self._options: dict[str, Responder] = {}
        self._redirects: dict[str, Responder] = {}

    def prepare(self, dialect: Dialect) -> None:
        """Compile what does not depend on the request."""
        mounting = self._mounting
        self._not_found[dialect.name] = compile_refusal(dialect, mounting, _raise_not_found)
        self._options[dialect.name] = compile_preflight(dialect, dialect.cors, mounting, ())
        self._redirects[dialect.name] = compile_refusal(dialect, mounting, _without_slash)

    def preflight(self, route: Route) -> Responder:
        """Return the responder for OPTIONS on a path; many paths answer alike."""
        key = (route.dialect.name, id(route.cors), route.allowed)  # policies live as long as their dialect
        if key not in self._preflights:
            self._preflights[key] = compile_preflight(route.dialect, route.cors, self._mounting, route.allowed)
        return self._preflights[key]

    def method_not_allowed(self, route: Route) -> Responder:
        """Return the responder for a path whose endpoints do not know the method."""
        allowed = route.allowed
        key = (route.dialect.name, allowed)
        if key not in self._not_allowed:

            def refuse() -> None:
                raise MethodNotAllowed(allowed)

            self._not_allowed[key] = compile_refusal(route.dialect, self._mounting, refuse)
        return self._not_allowed[key]

    def nobody(self, dialect: Dialect, scope: Scope, routes: Routes) -> Responder:
        """Return the responder for a path that is not served."""
        if scope["method"] == "OPTIONS":
            return self._options[dialect.name]
        path = scope["path"]
        if dialect.redirect_slashes and _raw_path(scope).endswith(b"/") and not path.startswith("//"):
            found = routes.find(path[:-1], scope["method"])
            if found is not None and scope["method"] in found[0].methods:
                return self._redirects[dialect.name]
        return self._not_found[dialect.name]


def _raise_not_found() -> None:
    raise RouteNotFound


def _raw_path(scope: Scope) -> bytes:
    """Return the path as it came, its escapes with it: of `%2F` no part may be cut off."""
    return bytes(scope.get("raw_path") or scope["path"].encode())


def _without_slash(call: Call) -> Redirect:
    query = f"?{call.query_text}" if call.query_text else ""
    target = _raw_path(call.scope).decode("latin-1")[:-1] + query
    return Redirect(target, status=301 if call.method in _SAFE else 307)


def compile_refusal(dialect: Dialect, mounting: Mounting, refuse_call: Callable[..., object]) -> Responder:
    """Return the coroutine function for requests that no endpoint takes; `refuse_call` raises why."""
    policy = dialect.cors
    finisher = Finisher(dialect, mounting, cache=None, vary=None if policy is None else policy.vary, status=200)
    return compile_responder(
        dialect,
        None,
        "",
        bind(refuse_call, {}),
        Plan(browser_step(policy, mounting), for_failures=failure_step(policy, mounting)),
        finisher,
        mounting,
    )


def compile_preflight(
    dialect: Dialect, policy: CorsPolicy | None, mounting: Mounting, allowed: tuple[str, ...]
) -> Responder:
    """Return the coroutine function for OPTIONS: 204, never authenticated, with grants where the policy gives them."""
    find_project = dialect.project_function and bind(dialect.project_function, mounting.dependencies)
    listing = policy and origin_list(policy, mounting)

    async def options(call: Call) -> Answer[None]:
        if policy is None or b"origin" not in call.raw_headers:
            return Answer(None, headers=[("allow", ", ".join(allowed))] if allowed else [])
        if find_project and policy.origins is not None:
            try:
                call.project = await find_project(call)
            except Refusal:
                call.project = None  # a preflight cannot name it where a header or the body would
        listed = await listing(call) if listing else ()
        return Answer(None, headers=policy.preflight(call, call.origin or "", listed))

    finisher = Finisher(dialect, mounting, cache=None, vary=None if policy is None else policy.vary, status=204)
    return compile_responder(dialect, None, "", bind(options, {}), Plan(), finisher, mounting)
