import msgspec
import pytest

from tests.wire.conftest import MakeApp, ask
from tests.wire.tiny import ERRORS, ErrorBody, Options, Tenant, Version, Visitor, bearer, render, tiny
from vestibule.kernel.errors import InvalidTicket, RouteNotFound
from vestibule.wire import Call, Dialect, Mount, MountError
from vestibule.wire.dialect import Failure, WireError


class Loose(msgspec.Struct):
    name: str


def make_dialect(name: str = "other", errors: dict[type[Failure], WireError] | None = None) -> Dialect:
    table = dict(ERRORS) if errors is None else errors
    return Dialect(
        name, title="Other", version="1", render=render, errors=table, error_schema=ErrorBody, prefixes=(f"/{name}",)
    )


def refuses_to_start(make_app: MakeApp, *dialects: Dialect, match: str) -> None:
    with pytest.raises(MountError, match=match):
        make_app([Mount(tiny), *(Mount(dialect) for dialect in dialects)])


def test_two_endpoints_at_one_place_refuse_to_start(make_app: MakeApp) -> None:
    """The error names both."""
    other = make_dialect()

    @other.get("/version")
    async def other_version() -> Version:
        return Version("2")

    refuses_to_start(make_app, other, match=r"tiny\.version and other\.other_version both answer GET /version")


def test_templates_collide_whatever_their_parameters_are_called(make_app: MakeApp) -> None:
    """`/users/{id}` is `/users/{user_id}`."""
    other = make_dialect()

    @other.get("/users/{id}")
    async def someone(id: str) -> Version:  # noqa: A002 - what dialects call it
        return Version(id)

    refuses_to_start(make_app, other, match=r"tiny\.user and other\.someone both answer GET /users/\{id\}")


async def test_parameters_of_one_place_may_have_two_names(make_app: MakeApp) -> None:
    """Each endpoint gets the name that it declared."""
    other = make_dialect()

    @other.delete("/users/{id}")
    async def remove(id: str) -> Version:  # noqa: A002 - what dialects call it
        return Version(id)

    @other.get("/users/{someone}/keys")
    async def keys(someone: str) -> Version:
        return Version(someone)

    app = make_app([Mount(tiny), Mount(other)])
    assert (await ask(app, "DELETE", "/users/u1")).json == {"version": "u1"}
    assert (await ask(app, "GET", "/users/u2/keys")).json == {"version": "u2"}
    assert (await ask(app, "GET", "/users/u3")).json["user"] == "u3"


def test_two_dialects_with_one_prefix_refuse_to_start(make_app: MakeApp) -> None:
    """Who says 404 must be clear."""
    one, two = make_dialect("one"), make_dialect("two")
    two.prefixes = ("/one/",)
    refuses_to_start(make_app, one, two, match="one and two both answer for /one")


def test_two_dialects_with_one_name_refuse_to_start(make_app: MakeApp) -> None:
    """The name is the address of the OpenAPI document and the word in the log."""
    refuses_to_start(make_app, make_dialect("tiny"), match="different names")


def test_a_refusal_without_a_form_refuses_to_start(make_app: MakeApp) -> None:
    """The table of errors is complete before the first request."""
    other = make_dialect()

    @other.get("/ticket", raises=(InvalidTicket,))
    async def ticket() -> Version:
        return Version("1")

    refuses_to_start(make_app, other, match="InvalidTicket, which other cannot show")


def test_wires_own_refusals_need_a_form_too(make_app: MakeApp) -> None:
    """A dialect that cannot say 404 is not finished."""
    other = make_dialect(errors={kind: error for kind, error in ERRORS.items() if kind is not RouteNotFound})

    @other.get("/thing")
    async def thing() -> Version:
        return Version("1")

    refuses_to_start(make_app, other, match="RouteNotFound")


def test_an_unprovided_parameter_refuses_to_start(make_app: MakeApp) -> None:
    """Dependencies are found at mount, by type."""
    other = make_dialect()

    @other.get("/thing")
    async def thing(clockwork: Visitor) -> Version:
        return Version(clockwork.name)

    refuses_to_start(make_app, other, match="nothing provides the parameter clockwork")


def test_a_caller_without_auth_refuses_to_start(make_app: MakeApp) -> None:
    """Forgetting `auth=` must not leave a door open (security 120)."""
    other = make_dialect()

    @other.get("/thing")
    async def thing(caller: Visitor) -> Version:
        return Version(caller.name)

    refuses_to_start(make_app, other, match="takes a caller but declares no auth")


def test_optional_auth_needs_a_handler_that_expects_nobody(make_app: MakeApp) -> None:
    """With optional auth the type says `| None`, so the type checker asks the right question."""
    other = make_dialect()

    @other.get("/thing", auth=bearer.optional)
    async def thing(caller: Visitor) -> Version:
        return Version(caller.name)

    refuses_to_start(make_app, other, match="caller may be None")


def test_unknown_members_are_decided_by_the_dialect(make_app: MakeApp) -> None:
    """A struct that forbids what its dialect ignores, or the reverse, refuses to start."""
    other = make_dialect()

    @other.post("/thing")
    async def thing(body: Options) -> Version:
        return Version(body.locale)

    refuses_to_start(make_app, other, match="Options should allow unknown fields")


async def test_an_operation_can_be_left_out(make_app: MakeApp) -> None:
    """A feature that is off is not mounted, not merely refused (security 111)."""
    app = make_app([Mount(tiny, without=frozenset({"page"}))])
    assert (await ask(app, "GET", "/page")).status == 404
    assert b'"/page"' not in (await ask(app, "GET", "/openapi/tiny.json")).body


async def test_a_base_can_be_added_at_mount(make_app: MakeApp) -> None:
    """An operator's path prefix serves the whole dialect."""
    app = make_app([Mount(tiny, extra_bases=("/custom/v1",))])
    assert (await ask(app, "GET", "/custom/v1/version")).status == 200
    assert (await ask(app, "GET", "/custom/v1/users/u1")).json["user"] == "u1"


async def test_a_body_first_dialect_may_find_its_project_in_the_body(make_app: MakeApp) -> None:
    """Guards and the project function see the members before anything is checked against the struct."""
    other = Dialect(
        "first",
        title="F",
        version="1",
        render=render,
        errors=ERRORS,
        error_schema=ErrorBody,
        prefixes=("/first",),
        unknown_members="refuse",
        body_first=True,
    )
    seen: list[object] = []

    @other.project
    async def project(call: Call) -> Tenant:
        return Tenant(str(call.body_members.get("client_id")))

    @other.guard()
    def check(call: Call) -> None:
        seen.append((call.body_members.get("csrf"), "exempt" in call.endpoint.marks if call.endpoint else None))

    @other.post("/first", marks=("exempt",), unknown_members="ignore")
    async def first(body: Loose, project: Tenant) -> Version:
        return Version(f"{body.name} of {project.name}")

    app = make_app([Mount(tiny), Mount(other)])
    heard = await ask(app, "POST", "/first", json={"name": "ann", "client_id": "c1", "csrf": "t"})
    assert heard.json == {"version": "ann of c1"}
    assert seen == [("t", True)]
    assert (await ask(app, "POST", "/first", json={"client_id": "c1"})).json["problem"] == "required"
    assert (await ask(app, "POST", "/first", json=[1])).json["problem"] == "type"
