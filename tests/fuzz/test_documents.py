"""What each door's OpenAPI document says is what it does, also for requests that nobody would write by hand."""

import zlib
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from warnings import catch_warnings, simplefilter

import pytest
import requests
import schemathesis
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cross.doors import EMAIL, PASSWORD, Doors, doors_of
from tests.fuzz.beside import Beside, Heard, fuzz
from tests.support.serving import CLIENT_ID

EXAMPLES: Final = 25
BAD_REQUEST: Final = 400
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Generated texts name nobody; now and then a request should get further than that.
REAL: Final = {
    "email": EMAIL,
    "password": PASSWORD,
    "client_id": CLIENT_ID,
    "redirectTo": "http://localhost:3000/x",
    "phoneNumber": "+4915123456789",
    "newPhoneNumber": "+4915123456788",
    "expiresAt": "2099-01-01T00:00:00Z",
}
NEEDED: Final = ("newPassword", "token", "ticket")
# They ask for a proof that was made elsewhere, or for a caller who has something to prove: never served here.
FOR_PROOFS: Final = {
    "nhost": {
        *("/_/api/mfa/recovery-codes", "/_/api/mfa/recovery-codes/sign-in", "/user/mfa", "/signin/mfa/totp"),
        *("/elevate/totp", "/elevate/webauthn", "/elevate/webauthn/verify", "/elevate/otp/email"),
        *("/elevate/otp/email/verify", "/elevate/otp/sms", "/elevate/otp/sms/verify", "/signin/otp/email/verify"),
        *("/signin/passwordless/sms/otp", "/signin/pat", "/signin/webauthn/verify", "/signup/webauthn/verify"),
        *("/user/webauthn/verify", "/user/phone-number/change/verify", "/token/exchange"),
        *("/user/deanonymize", "/user/deanonymize/sms"),
        *("/signin/provider/{provider}", "/signup/provider/{provider}", "/signin/provider/{provider}/callback"),
        *("/signin/provider/{provider}/callback/tokens", "/token/provider/{provider}", "/link/provider/{provider}"),
        *("/signin/idtoken", "/signup/idtoken", "/link/idtoken", "/_/api/user/providers/unlink"),
        *("/_/api/user/passkeys/{passkey_id}", "/_/api/user/access-tokens/{token_id}"),
    }
}


@dataclass(frozen=True)
class Known:
    """What a request needs so that it is more than a stranger's."""

    bearer: str
    refresh: str
    key: str


async def _known(doors: Doors, name: str, email: str) -> Known:
    await doors.accountmaker.sign_up(email)
    held = await doors[name].sign_in(email)
    key = await doors.sublay.running.service_key()
    return Known(held.access, held.refresh, key.secret.reveal())


def _plausible(case: Any, known: Known) -> None:  # a schemathesis Case
    """Replace some of what was generated with what is real; which, depends on what was generated alone."""
    if "project" in (case.path_parameters or {}) and _chance(case.path_parameters["project"], 8):
        case.path_parameters["project"] = "default"
    if not isinstance(case.body, dict):
        return
    mark = zlib.crc32(repr(case.body).encode())
    real = {**REAL, "refreshToken": known.refresh, "refresh_token": known.refresh}
    if mark % 3 == 0:
        real["email"] = f"new{mark}@example.com"
    if mark % 2:  # what is optional refuses most requests before anything happens
        case.body = {member: value for member, value in case.body.items() if member in {*real, *NEEDED}}
    for member in case.body:
        if member in real and _chance(case.body[member], 7):
            case.body[member] = real[member]


def _chance(value: object, eighths: int) -> bool:
    return zlib.crc32(repr(value).encode()) % 8 < eighths


def _headers(operation: Any, known: Known) -> dict[str, str]:
    """Return who calls: the user or the backend where authentication is declared, and the client everywhere."""
    schemes = {name for choice in operation.definition.raw.get("security", []) for name in choice}
    headers = {"x-client-id": CLIENT_ID} if not operation.path.startswith("/auth/verify") else {}
    if "ServiceKey" in schemes:
        return {**headers, "authorization": f"Bearer {known.key}", "x-sublay-project-id": "default"}
    return {**headers, "authorization": f"Bearer {known.bearer}"} if schemes else headers


def _prepared(case: Any, base: str, headers: dict[str, str]) -> requests.PreparedRequest:
    told = case.as_transport_kwargs(
        base_url=f"http://localhost:4000{base}", headers={**(case.headers or {}), **headers}
    )
    told.pop("cookies", None)
    wanted = ("method", "url", "headers", "params", "data", "json", "files")
    return requests.Request(**{key: told[key] for key in wanted if key in told}).prepare()


def _send(beside: Beside, prepared: requests.PreparedRequest) -> Heard:
    address = urlsplit(prepared.url or "")
    url = f"{address.path}?{address.query}" if address.query else address.path
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    assert body is None or isinstance(body, bytes)
    headers = [
        (str(name).encode("latin-1"), value if isinstance(value, bytes) else value.encode("latin-1", "replace"))
        for name, value in prepared.headers.items()
    ]
    return beside.send(prepared.method or "GET", url, headers, body)


def _checked(case: Any, prepared: requests.PreparedRequest, answer: Heard) -> None:
    response = Response(answer.status_code, answer.headers, answer.content, prepared, elapsed=0.0, verify=False)
    case.validate_response(response, checks=CHECKS)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("name", ["nhost", "sublay", "accountmaker"])
def test_a_door_does_what_its_document_says(beside: Beside, name: str, mode: str) -> None:
    """No 5xx; each answer has a documented status, content type and shape, for good requests and for bad ones."""
    document = beside.run(beside.running.client.get(f"/openapi/{name}.json")).json()
    doors = doors_of(beside.running)
    beside.run(doors.accountmaker.sign_up())
    known = beside.run(_known(doors, name, "caller@example.com"))
    schema = schemathesis.openapi.from_dict(document)
    reached: dict[str, set[int]] = {}
    for number, found in enumerate(schema.get_all_operations()):
        assert isinstance(found, Ok), found
        operation = found.ok()
        if name == "nhost" and operation.definition.raw.get("security"):  # what was tried before may sign callers out
            known = beside.run(_known(doors, name, f"caller{number}@example.com"))
        base = "" if operation.definition.raw.get("servers") else urlsplit(document["servers"][-1]["url"]).path
        headers = _headers(operation, known)
        strategy = operation.as_strategy(generation_mode=GenerationMode(mode))

        def answers(case: Any, base: str = base, headers: dict[str, str] = headers, known: Known = known) -> None:
            _plausible(case, known)
            prepared = _prepared(case, base, headers)
            answer = _send(beside, prepared)
            reached.setdefault(case.operation.label, set()).add(answer.status_code)
            _checked(case, prepared, answer)

        with catch_warnings():
            simplefilter("ignore")  # about schemas that leave little to negate
            try:
                fuzz(strategy, answers, examples=EXAMPLES)
            except Unsatisfiable:  # it takes nothing that could be wrong
                assert mode == "negative", operation.label
    if mode == "positive":  # else every request was refused for one and the same reason, and nothing was shown
        proofs = FOR_PROOFS.get(name, set())
        tried = {label: statuses for label, statuses in reached.items() if label.partition(" ")[2] not in proofs}
        assert proofs <= {label.partition(" ")[2] for label in reached}
        served = [label for label, statuses in tried.items() if min(statuses) < BAD_REQUEST]
        assert len(served) >= 0.7 * len(tried), tried
    assert any(status >= BAD_REQUEST for statuses in reached.values() for status in statuses)
