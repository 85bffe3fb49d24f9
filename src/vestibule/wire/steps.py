"""What happens between finding an endpoint and running its handler, as a plan of small steps made at mount.

Order: project, origin, early guards, limits, guards, authentication, query, body. A dialect with `body_first` has the
body parsed (not yet checked against its struct) before all that, since its project or client may be named inside.
"""

from collections.abc import Awaitable, Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import MalformedRequest, Refusal, StorageUnavailable
from vestibule.wire.access_log import AccessLog
from vestibule.wire.address import TrustedProxies
from vestibule.wire.binding import Bound, bind, strip_optional
from vestibule.wire.body import media_type_reader, read_body
from vestibule.wire.call import Call, Scope
from vestibule.wire.cors import CorsPolicy
from vestibule.wire.declaration import FORM, AuthScheme, Endpoint
from vestibule.wire.decode import Decode, FieldReader, form_members, json_decoder, json_members
from vestibule.wire.dialect import Dialect, Guard, MountError
from vestibule.wire.limits import Limit, Limiter, address_key, limit_step

Step = Callable[[Call], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Mounting:
    """What all endpoints of one server share."""

    dependencies: Mapping[type, object]
    clock: Clock
    request_ids: Callable[[Scope], str]
    proxies: TrustedProxies
    limiter: Limiter
    access_log: AccessLog
    is_prepared: Callable[[], bool]

    async def close(self) -> None:
        """Let go of what the server holds, and write the last lines of the log."""
        await self.limiter.close()
        self.access_log.flush()


@dataclass(frozen=True, slots=True)
class Plan:
    """What comes before the handler; `for_browsers` is taken first, and only by calls with an Origin.

    `for_failures` is taken by those of them that are refused before the step that judges origins.
    """

    for_browsers: Step | None = None
    steps: tuple[Step, ...] = ()
    for_failures: Step | None = None


def plan_steps(dialect: Dialect, endpoint: Endpoint, base: str, handler: Bound, mounting: Mounting) -> Plan:
    """Return the plan for `endpoint`. Raises: MountError."""
    dependencies = mounting.dependencies
    plan: list[Step] = []
    if dialect.body_first and {"body", "form"} & set(handler.parameters):
        plan.append(_members_step(endpoint))
    policy = endpoint.cors or dialect.cors
    limits = [] if endpoint.standalone else _limit_steps(dialect, endpoint, mounting)
    if dialect.project_function is not None and (limits or _needs_project(dialect, endpoint, handler, base, policy)):
        plan.append(_project_step(bind(dialect.project_function, dependencies), mounting.is_prepared))
    if policy is not None and policy.origins is not None:
        plan.append(origin_step(policy, mounting))
    guards = dialect.guards_of(endpoint)
    plan += [step for guard in guards if guard.before_limits for step in _guard_steps(dialect, guard, mounting)]
    plan += limits
    plan += [step for guard in guards if not guard.before_limits for step in _guard_steps(dialect, guard, mounting)]
    if endpoint.auth is not None:
        plan.append(_auth_step(endpoint.auth, handler, dependencies))
    elif "caller" in handler.parameters:
        raise MountError(f"{dialect.name}.{endpoint.operation} takes a caller but declares no auth")
    if "query" in handler.parameters:
        plan.append(_query_step(FieldReader(handler.parameters["query"].kind, where="query")))
    if {"body", "form"} & set(handler.parameters):
        plan.append(_body_step(dialect, endpoint, handler))
    return Plan(browser_step(policy, mounting), tuple(plan), failure_step(policy, mounting))


def _needs_project(dialect: Dialect, endpoint: Endpoint, handler: Bound, base: str, policy: CorsPolicy | None) -> bool:
    """Return whether anything can ask for the project; a constant answer such as a version is spared the search."""
    return not endpoint.standalone and bool(
        "{" in base
        or {"project", "call"} & set(handler.parameters)
        or endpoint.auth
        or dialect.guards_of(endpoint)
        or (policy and policy.origins)
    )


def browser_step(policy: CorsPolicy | None, mounting: Mounting) -> Step | None:
    """Return the step for calls with an Origin when it needs no project: even refusals are readable then."""
    return None if policy is None or policy.origins is not None else origin_step(policy, mounting)


def failure_step(policy: CorsPolicy | None, mounting: Mounting) -> Step | None:
    """Return the step that lets a script read why its call failed before project or endpoint were known.

    The policy then lists for no project: whatever origin it knows of at all may learn that much.
    """
    if policy is None or policy.origins is None:
        return None
    judge = origin_step(policy, mounting)

    async def judge_late(call: Call) -> None:
        with suppress(Refusal):  # an unlisted origin, or a database that is away: the failure stands, unread
            await judge(call)

    return judge_late


def _members_step(endpoint: Endpoint) -> Step:
    pick = media_type_reader({kind: form_members if kind == FORM else json_members for kind in endpoint.media_types})

    async def read_members(call: Call) -> None:
        body = await read_body(call)
        if body:
            members = pick(call)(body)
            call.body_members = members if isinstance(members, Mapping) else {}

    return read_members


def _project_step(function: Bound, is_prepared: Callable[[], bool]) -> Step:
    async def resolve_project(call: Call) -> None:
        # With a database that nobody has looked at yet, or with the wrong root key, every session would seem unknown,
        # and clients would throw away what is good: 503 makes them come again.
        if not is_prepared():
            raise StorageUnavailable
        call.project = await function(call)

    return resolve_project


def origin_step(policy: CorsPolicy, mounting: Mounting) -> Step:
    """Return the step that lets a browser's script read the answer, refusals included."""
    listing = origin_list(policy, mounting)

    async def check_origin(call: Call) -> None:
        if b"origin" not in call.raw_headers:
            return
        listed = await listing(call) if listing else ()
        call.response_headers += policy.allow(call.origin or "", listed)

    return check_origin


def origin_list(policy: CorsPolicy, mounting: Mounting) -> Callable[[Call], Awaitable[Container[str]]] | None:
    """Return the function that lists the origins for a call; None when the policy needs no list."""
    if policy.origins is None:
        return None
    bound = bind(policy.origins, mounting.dependencies)

    async def listed(call: Call) -> Container[str]:
        origins = await bound(call)
        if not isinstance(origins, Container):
            raise TypeError("a list of origins is a container")
        return origins

    return listed


def _limit_steps(dialect: Dialect, endpoint: Endpoint, mounting: Mounting) -> list[Step]:
    """Return a step for each limit that is not switched off."""
    found = (_limit_step(dialect, limit, mounting) for limit in (*dialect.limits, *endpoint.limits))
    return [step for step in found if step is not None]


def _limit_step(dialect: Dialect, limit: Limit, mounting: Mounting) -> Step | None:
    window = mounting.limiter.window(dialect.name, limit)
    if window is None:
        return None
    key = bind(address_key if limit.key == "address" else limit.key, mounting.dependencies)
    return limit_step(window, key, dialect.limit_scope, mounting.clock, tell=dialect.limit_headers)


def _guard_steps(dialect: Dialect, guard: Guard, mounting: Mounting) -> list[Step]:
    charge = None if guard.limit is None else _limit_step(dialect, guard.limit, mounting)
    check = bind(guard.function, mounting.dependencies)
    return [check] if charge is None else [charge, check]


def _auth_step(auth: AuthScheme, handler: Bound, dependencies: Mapping[type, object]) -> Step:
    check = bind(auth.check, dependencies)
    caller = handler.parameters.get("caller")
    if caller is not None and auth.is_optional and not caller.is_optional:
        raise MountError(f"{handler.function}: with optional auth the caller may be None")

    async def authenticate(call: Call) -> None:
        call.caller = await check(call)

    async def try_to_authenticate(call: Call) -> None:
        if auth.header is not None and auth.header not in call.raw_headers:
            return
        try:
            call.caller = await check(call)
        except Refusal as refusal:
            if not isinstance(refusal, auth.raises):
                raise

    return try_to_authenticate if auth.is_optional else authenticate


def _query_step(reader: FieldReader) -> Step:
    async def read_query(call: Call) -> None:
        call.query = reader.read(call.scope["query_string"])

    return read_query


def _body_step(dialect: Dialect, endpoint: Endpoint, handler: Bound) -> Step:
    is_form = "form" in handler.parameters
    declared = handler.parameters["form" if is_form else "body"]
    _check_unknown(dialect, endpoint, declared.kind)
    decoders: dict[str, Decode] = {
        kind: FieldReader(declared.kind, where="body").read if kind == FORM else json_decoder(declared.kind)
        for kind in ((FORM,) if is_form else endpoint.media_types)
    }
    pick = media_type_reader(decoders)
    optional = declared.is_optional

    async def read(call: Call) -> None:
        body = await read_body(call)
        if body:
            call.body = pick(call)(body)
        elif not optional:
            raise MalformedRequest("A body is required", problem="required")

    return read


def _check_unknown(dialect: Dialect, endpoint: Endpoint, kind: object) -> None:
    """Insist that struct and dialect agree about unknown members; msgspec decides it per struct class."""
    shape = strip_optional(kind).kind
    if not (isinstance(shape, type) and issubclass(shape, msgspec.Struct)):
        return
    refuses = shape.__struct_config__.forbid_unknown_fields
    if refuses != ((endpoint.unknown_members or dialect.unknown_members) == "refuse"):
        wanted = "forbid" if not refuses else "allow"
        raise MountError(f"{dialect.name}.{endpoint.operation}: {shape.__name__} should {wanted} unknown fields")
