"""Promises that are checked on every endpoint there is, from the declarations: a new one is covered by being there."""

import inspect

import pytest

from tests.cross.declared import Operation, operations
from tests.support.serving import ALL_DOORS, Running, Serve

OPERATIONS = operations()
GUARDED = [operation for operation in OPERATIONS if operation.endpoint.auth and not operation.endpoint.auth.is_optional]

# Endpoints that anybody may call. Another one belongs here only after somebody has thought about it.
OPEN = {
    "nhost": {
        "/signup/email-password",
        "/signin/anonymous",
        "/signin/email-password",
        "/signup/otp/email",
        "/signup/passwordless/sms",
        "/signin/otp/email",
        "/signin/otp/email/verify",
        "/signin/passwordless/sms",
        "/signin/passwordless/sms/otp",
        "/signup/webauthn",
        "/signup/webauthn/verify",
        "/signin/webauthn",
        "/signin/webauthn/verify",
        "/signin/mfa/totp",
        "/mfa/recovery-codes/sign-in",
        "/signin/passwordless/email",
        "/signup/passwordless/email",
        "/signin/provider/{provider}",
        "/signup/provider/{provider}",
        "/signin/provider/{provider}/callback",
        "/signin/idtoken",
        "/signup/idtoken",
        "/signin/pat",
        "/token",
        "/token/exchange",
        "/token/verify",
        "/signout",
        "/user/password",
        "/user/password/reset",
        "/user/email/send-verification-email",
        "/verify",
        "/healthz",
        "/version",
        "/.well-known/jwks.json",
    },
    "sublay": {
        "/auth/sign-up",
        "/auth/sign-in",
        "/auth/sign-out",
        "/auth/request-new-access-token",
        "/projects/lean",
        "/projects/{project}/lean",
    },
    "accountmaker": {
        "/auth/sign-up",
        "/auth/sign-in",
        "/auth/refresh",
        "/auth/verify",
        "/auth/check-email",
        "/auth/login-methods",
        "/auth/csrf-session",
        "/auth/csrf-token",
    },
}

# What tells about the server, not about a project: liveness, version, and keys that other doors' clients need as well.
ABOUT_THE_SERVER = {"/healthz", "/version", "/.well-known/jwks.json"}

# Ways to write the same path that some proxy or router somewhere takes for it.
DISGUISES = ("{}/", "//{}", "/.{}", "/x/..{}", "{};a=b", "{}%2f", "{}%00", "{}.json", "{}?a=b", "{}#x")
# Words that servers have been talked into trusting.
PRETENCES = (
    {"authorization": ""},
    {"authorization": "Bearer"},
    {"authorization": "Bearer "},
    {"authorization": "Bearer null"},
    {"authorization": "Bearer undefined"},
    {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."},
    {"authorization": "Basic YTpi"},
    {"authorization": "vsk_"},
    {"cookie": "access_token=; replyke-refresh-jwt="},
    {"x-forwarded-user": "admin", "x-hasura-admin-secret": "x", "x-user-id": "1"},
    {"x-sublay-internal": "true", "x-replyke-internal": "true"},
    {"x-original-url": "/healthz", "x-rewrite-url": "/healthz"},
    {"x-http-method-override": "OPTIONS"},
)


def test_what_is_open_to_anybody_is_so_on_purpose() -> None:
    """An endpoint without authentication is in the list above, and nothing else is (security 120)."""
    guarded = {(operation.dialect.name, operation.endpoint.path) for operation in GUARDED}
    found: dict[str, set[str]] = {name: set() for name in OPEN}
    for operation in OPERATIONS:
        if (operation.dialect.name, operation.endpoint.path) not in guarded:
            found[operation.dialect.name].add(operation.endpoint.path)
    assert found == OPEN


async def test_what_wants_a_caller_refuses_everybody_else(serve: Serve) -> None:
    """Without a credential, and with what only looks like one: the refusals that its scheme declares (security 108,
    120).
    """
    async with serve() as running:
        for operation in GUARDED:
            auth = operation.endpoint.auth
            assert auth is not None
            expected = {operation.dialect.wire_error(kind).status for kind in auth.raises}
            for pretence in ({}, *PRETENCES):
                answer = await operation.call(running, **pretence)
                assert answer.status_code in expected, (str(operation), pretence)


async def test_no_spelling_of_a_path_walks_around_authentication(serve: Serve) -> None:
    """The check belongs to the endpoint, not to a pattern of paths, so there is nothing to get past (security 108)."""
    async with serve() as running:
        for operation in GUARDED:
            path = operation.path()
            disguised = [disguise.format(path) for disguise in DISGUISES]
            for spelling in (*disguised, path.upper(), path.replace("/", "//")):
                answer = await running.client.request(
                    operation.method, spelling, content=b"{}", headers={"content-type": "application/json"}
                )
                assert answer.status_code >= 300, spelling


async def _assert_not_served(running: Running, operation: Operation) -> None:
    kinds = operation.dialect.common_raises
    absent = {operation.dialect.wire_error(kind).status for kind in kinds if "NotFound" in kind.__name__}
    auth = operation.endpoint.auth
    if auth is not None and "{project}" not in operation.template:
        absent |= {operation.dialect.wire_error(kind).status for kind in auth.raises}
    key = await running.service_key()
    for credential in ({}, {"authorization": f"Bearer {key.secret.reveal()}"}):
        answer = await operation.call(running, **credential)
        assert answer.status_code in absent, (str(operation), answer.status_code, answer.text)


@pytest.mark.parametrize("name", sorted(ALL_DOORS))
async def test_a_project_is_not_served_by_a_dialect_that_it_does_not_list(serve: Serve, name: str) -> None:
    """Any route of that dialect answers as if the project were not there; what tells about the server itself stays
    (security 111).
    """
    async with serve(dialects=ALL_DOORS - {name}) as running:
        served = [operation for operation in operations(name) if operation.endpoint.path not in ABOUT_THE_SERVER]
        assert served
        for operation in served:
            await _assert_not_served(running, operation)


@pytest.mark.parametrize("name", sorted(ALL_DOORS))
async def test_a_project_is_served_by_the_dialects_that_it_lists(serve: Serve, name: str) -> None:
    """The test above means something: the same calls find their project where the dialect is on."""
    async with serve(dialects=frozenset({name})) as running:
        statuses = set()
        for operation in operations(name):
            statuses.add((await operation.call(running)).status_code)
        assert statuses & {200, 201, 204}
        assert any(400 <= status < 500 for status in statuses)


TRYING_SECRETS = (
    *("PasswordAttempt(", "ticket_secret(", "parse_ticket(", "_proven(", "current=", "_follow(", "code_bytes("),
    *("body.otp", "body.code", "sign_in_with_access_token("),
)


def test_every_route_that_tries_a_secret_is_limited() -> None:
    """Passwords, tickets and codes are never compared without counting who asks (security 73, 78)."""
    guessing = [
        operation
        for operation in OPERATIONS
        if any(word in inspect.getsource(operation.endpoint.function) for word in TRYING_SECRETS)
    ]
    assert len({operation.endpoint.path for operation in guessing}) >= 11
    unlimited = {
        str(operation)
        for operation in guessing
        if not operation.endpoint.limits and not operation.dialect.limits  # nhost limits all of its endpoints together
    }
    assert unlimited == set()


def test_every_sign_up_is_limited() -> None:
    """Where a dialect must tell that an address is taken, nobody asks for a list of addresses (security 83)."""
    sign_ups = [
        operation for operation in OPERATIONS if "sign-up" in operation.template or "signup" in operation.template
    ]
    assert {operation.dialect.name for operation in sign_ups} == ALL_DOORS
    assert [str(operation) for operation in sign_ups if not operation.endpoint.limits] == []
