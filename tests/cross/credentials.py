"""Every kind of credential that a project hands out, and every place where one can be presented."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx2

from tests.cross.doors import (
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    Doors,
    as_uuid,
    base64url,
    from_base64url,
)

Accepts = Callable[[Doors, str], Awaitable[bool]]


@dataclass(frozen=True)
class Place:
    """Somewhere to present a credential: which kinds are meant for it, and whether one was accepted."""

    takes: frozenset[str]
    accepts: Accepts


async def every_credential(doors: Doors, number: int = 0) -> dict[str, str]:
    """Let one user sign up, and return by kind everything that the project handed out to them and to its backend.

    The kinds in angle brackets are secrets in another dialect's clothes, as somebody who read the source would dress
    them.
    """
    email = f"{number}{EMAIL}"
    made = await doors.accountmaker.sign_up(email)
    ticket = await doors.accountmaker.mailed_token()
    nhost = await doors.nhost.sign_in(email)
    v7, v6 = await doors.sublay.sign_in(email), await doors.replyke.sign_in(email)
    running = doors.nhost.running
    key = await running.service_key(doors.nhost.project)
    csrf = await doors.accountmaker.send("GET", "/auth/csrf-session", accept="application/json")
    reset = await doors.nhost.reset_ticket(email)
    change = await doors.nhost.change_ticket(nhost, f"new-{email}")
    code = await doors.nhost.authorization_code(f"linked-{email}")
    link = await doors.nhost.link_ticket(f"linked-{email}")
    expires_at = (running.clock.now() + timedelta(days=1)).isoformat()
    made_pat = await doors.nhost.send("POST", "/v1/pat", {"expiresAt": expires_at}, **_bearer(nhost.access))
    pat: str = made_pat.json()["personalAccessToken"]
    found = {
        "nhost access": nhost.access,
        "nhost refresh": nhost.refresh,
        "nhost reset ticket": reset,
        "nhost link ticket": link,
        "nhost change ticket": change,
        "nhost code": code,
        "nhost personal access token": pat,
        "sublay v7 access": v7.access,
        "sublay v7 refresh": v7.refresh,
        "sublay v6 access": v6.access,
        "sublay v6 refresh": v6.refresh,
        "service key": key.secret.reveal(),
        "accountmaker access": made.access,
        "accountmaker refresh": made.refresh,
        "accountmaker ticket": ticket,
        "csrf token": csrf.json()["csrf_token"],
        "csrf session": csrf.headers["set-cookie"].partition("=")[2].partition(";")[0],
    }
    client = await running.core.catalog.client(doors.accountmaker.client_id)
    secrets = {
        "nhost refresh": nhost.secret,
        "v7 refresh": v7.secret,
        "v6 refresh": v6.secret,
        "accountmaker refresh": made.secret,
        "accountmaker ticket": from_base64url(ticket)[16:],
        "nhost personal access token": UUID(pat).bytes,
        "nhost ticket": UUID(reset.partition(":")[2]).bytes,
        "nhost link": UUID(link.partition(":")[2]).bytes,
        "nhost change": UUID(change.partition(":")[2]).bytes,
    }
    for kind, secret in secrets.items():
        clothes = {
            "uuid": as_uuid(secret),
            "reset": f"passwordReset:{as_uuid(secret)}",
            "verify": f"verifyEmail:{as_uuid(secret)}",
            "sign-in": f"passwordlessEmail:{as_uuid(secret)}",
            "change": f"emailConfirmChange:{as_uuid(secret)}",
            "rt": f"rt_{base64url(client.id.bytes + secret)}",
            "one-time": base64url(client.id.bytes + secret),
        }
        found |= {f"<{kind} as {name}>": text for name, text in clothes.items() if text not in found.values()}
    return found


def _bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def _sent(door: str, method: str, path: str, **how: str) -> Accepts:
    """Return an attempt that counts as accepted by its status; `{}` in what is sent stands for the credential."""

    async def attempt(doors: Doors, text: str) -> bool:
        headers = {name: value.replace("{}", text) for name, value in how.items() if name != "member"}
        body = {how["member"]: text} if "member" in how else None
        answer = await doors[door].send(method, path.replace("{}", text), body, **headers)
        return answer.status_code < httpx2.codes.BAD_REQUEST

    return attempt


async def _nhost_new_password(doors: Doors, text: str) -> bool:
    answer = await doors.nhost.send("POST", "/v1/user/password", {"newPassword": NEW_PASSWORD}, **_bearer(text))
    return answer.status_code < httpx2.codes.BAD_REQUEST


async def _nhost_new_password_by_ticket(doors: Doors, text: str) -> bool:
    body = {"newPassword": NEW_PASSWORD, "ticket": text}
    return (await doors.nhost.send("POST", "/v1/user/password", body)).status_code < httpx2.codes.BAD_REQUEST


async def _nhost_new_token(doors: Doors, text: str) -> bool:
    answer = await doors.nhost.send("POST", "/v1/pat", {"expiresAt": "2099-01-01T00:00:00Z"}, **_bearer(text))
    return answer.status_code < httpx2.codes.BAD_REQUEST


async def _nhost_verify(doors: Doors, text: str) -> bool:
    return "refreshToken=" in (await doors.nhost.follow(text)).headers.get("location", "")


async def _nhost_press(doors: Doors, text: str) -> bool:
    return "refreshToken=" in (await doors.nhost.press(text)).headers.get("location", "")


async def _nhost_exchange(doors: Doors, text: str) -> bool:
    return (await doors.nhost.exchange(text)).status_code < httpx2.codes.BAD_REQUEST


async def _nhost_sign_out_everywhere(doors: Doors, text: str) -> bool:
    answer = await doors.nhost.send("POST", "/v1/signout", {"all": True}, **_bearer(text))
    return answer.status_code < httpx2.codes.BAD_REQUEST


def _sublay_password(door: str) -> Accepts:
    async def attempt(doors: Doors, text: str) -> bool:
        path = f"{'/api/v6' if door == 'replyke' else '/v7'}/{doors.sublay.project.public_id}/auth/change-password"
        headers = {**_bearer(text), "x_sublay_project_id": doors.sublay.project.public_id}
        body = {"password": WRONG_PASSWORD, "newPassword": NEW_PASSWORD}
        answer = await doors[door].send("POST", path, body, **headers)
        return answer.text not in {"Forbidden", "Unauthorized"}

    return attempt


def _sublay_refresh(door: str) -> Accepts:
    async def attempt(doors: Doors, text: str) -> bool:
        return await doors[door].lives(text)

    return attempt


async def _sublay_cookie(doors: Doors, text: str) -> bool:
    cookie = f"replyke-refresh-jwt={text}"
    answer = await doors.replyke.post("/auth/request-new-access-token", {}, cookie=cookie)
    return answer.status_code < httpx2.codes.BAD_REQUEST


async def _sublay_key(doors: Doors, text: str) -> bool:
    named = {"x_sublay_project_id": doors.sublay.project.public_id}
    answer = await doors.sublay.send("GET", "/internal/service/verify", **_bearer(text), **named)
    return answer.status_code < httpx2.codes.BAD_REQUEST


def _csrf(session: str) -> Accepts:
    """Return an attempt to sign in with the credential as CSRF token; `{}` as session stands for it as well."""

    async def attempt(doors: Doors, text: str) -> bool:
        cookie = f"csrf_session={session.replace('{}', text)}"
        body = {"client_id": doors.accountmaker.client_id, "email": f"0{EMAIL}", "password": PASSWORD}
        answer = await doors.accountmaker.send("POST", "/auth/sign-in", body, x_csrf_token=text, cookie=cookie)
        return answer.status_code < httpx2.codes.BAD_REQUEST

    return attempt


def _accountmaker(method: str, path: str, **how: str) -> Accepts:
    async def attempt(doors: Doors, text: str) -> bool:
        return await _sent("accountmaker", method, path, x_client_id=doors.accountmaker.client_id, **how)(doors, text)

    return attempt


def _takes(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


_SUBLAY_ACCESS: Final = ("sublay v7 access", "sublay v6 access", "service key")
_TICKETS: Final = ("nhost reset ticket", "<nhost ticket as reset>")
_LINKS: Final = (*_TICKETS, "nhost link ticket", "nhost change ticket")

PLACES: Final[Mapping[str, Place]] = {
    "nhost GET /user": Place(_takes("nhost access"), _sent("nhost", "GET", "/v1/user", authorization="Bearer {}")),
    "nhost POST /token": Place(
        _takes("nhost refresh", "<nhost refresh as uuid>"), _sent("nhost", "POST", "/v1/token", member="refreshToken")
    ),
    "nhost POST /token/verify": Place(
        _takes("nhost access"), _sent("nhost", "POST", "/v1/token/verify", member="token")
    ),
    "nhost POST /token/verify, header": Place(
        _takes("nhost access"), _sent("nhost", "POST", "/v1/token/verify", authorization="Bearer {}")
    ),
    "nhost POST /user/password, signed in": Place(_takes("nhost access"), _nhost_new_password),
    "nhost POST /user/password, ticket": Place(_takes(*_TICKETS), _nhost_new_password_by_ticket),
    "nhost POST /signout, all": Place(_takes("nhost access"), _nhost_sign_out_everywhere),
    "nhost GET /verify": Place(_takes(*_LINKS), _nhost_verify),
    "nhost POST /verify": Place(_takes(*_LINKS), _nhost_press),
    "nhost POST /token/exchange": Place(_takes("nhost code"), _nhost_exchange),
    "nhost POST /signin/pat": Place(
        _takes("nhost personal access token"), _sent("nhost", "POST", "/v1/signin/pat", member="personalAccessToken")
    ),
    "nhost POST /pat": Place(_takes("nhost access"), _nhost_new_token),
    "v7 change-password": Place(_takes(*_SUBLAY_ACCESS), _sublay_password("sublay")),
    "v6 change-password": Place(_takes(*_SUBLAY_ACCESS), _sublay_password("replyke")),
    "v7 refresh": Place(_takes("sublay v7 refresh", "sublay v6 refresh"), _sublay_refresh("sublay")),
    "v6 refresh": Place(_takes("sublay v6 refresh"), _sublay_refresh("replyke")),
    "v6 refresh, cookie": Place(_takes("sublay v6 refresh"), _sublay_cookie),
    "service verify": Place(_takes("service key"), _sublay_key),
    "accountmaker GET /auth/me": Place(
        _takes("accountmaker access"), _accountmaker("GET", "/auth/me", authorization="Bearer {}")
    ),
    "accountmaker GET /auth/me, cookie": Place(
        _takes("accountmaker access"), _accountmaker("GET", "/auth/me", cookie="access_token={}")
    ),
    "accountmaker POST /auth/refresh": Place(
        _takes("accountmaker refresh"), _accountmaker("POST", "/auth/refresh", member="refresh_token")
    ),
    "accountmaker POST /auth/refresh, cookie": Place(
        _takes("accountmaker refresh"),
        _accountmaker("POST", "/auth/refresh", cookie="refresh_token={}", sec_fetch_site="same-origin"),
    ),
    "accountmaker GET /auth/verify": Place(
        _takes("accountmaker ticket"), _accountmaker("GET", "/auth/verify?token={}")
    ),
    "accountmaker POST /auth/verify": Place(
        _takes("accountmaker ticket"), _accountmaker("POST", "/auth/verify", member="token")
    ),
    "csrf token": Place(frozenset(), _csrf("{}")),
}

# They answer alike whatever they were given; what counts is that nothing ends.
SILENT: Final[Mapping[str, Accepts]] = {
    "nhost POST /signout": _sent("nhost", "POST", "/v1/signout", member="refreshToken"),
    "v7 sign-out": lambda doors, text: _silent_sign_out(doors, "sublay", text),
    "v6 sign-out": lambda doors, text: _silent_sign_out(doors, "replyke", text),
}


async def _silent_sign_out(doors: Doors, door: str, text: str) -> bool:
    base = "/api/v6" if door == "replyke" else "/v7"
    path = f"{base}/{doors.sublay.project.public_id}/auth/sign-out"
    answer = await doors[door].send("POST", path, {"refreshToken": text})
    return answer.status_code < httpx2.codes.BAD_REQUEST


SIGNS_OUT: Final[Mapping[str, frozenset[str]]] = {
    "nhost POST /signout": _takes("nhost refresh", "nhost personal access token"),
    "v7 sign-out": _takes("sublay v7 refresh", "sublay v6 refresh"),
    "v6 sign-out": _takes("sublay v7 refresh", "sublay v6 refresh"),
}
