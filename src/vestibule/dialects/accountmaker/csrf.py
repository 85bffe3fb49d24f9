"""CSRF: a session cookie that no script can read, tokens made from it, and the guard that asks for them.

A token is an HMAC over the session and a nonce: nothing is stored, any number may be live, all die with the cookie.
"""

import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

from vestibule.core.facade import Core
from vestibule.dialects.accountmaker.cookies import CSRF_SESSION, csrf_cookie
from vestibule.dialects.accountmaker.dialect import CSRF_BY_ORIGIN, CSRF_FREE, accountmaker
from vestibule.dialects.accountmaker.origins import CHANGING, is_from_our_pages, refuse_foreign_browser
from vestibule.dialects.accountmaker.presented import access_token, refresh_token
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.accountmaker.tokens import base64url, from_base64url
from vestibule.kernel.errors import CsrfFailed
from vestibule.wire import Answer, Call, Script

_SESSION_BYTES: Final = 32
_NONCE_BYTES: Final = 16
_SCRIPTS: Final = frozenset(
    {"text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript"}
)


@dataclass(frozen=True, slots=True)
class CsrfTokens:
    """Opens CSRF sessions and makes their tokens."""

    core: Core

    def new_session(self) -> str:
        """Return the value of a new session cookie."""
        return base64url(self.core.key_sets.entropy.bytes(_SESSION_BYTES))

    def sessions(self, call: Call) -> list[str]:
        """Return the well-formed session cookies of a request; more than one only after a change of domain."""
        values = call.cookie_values(CSRF_SESSION)
        return [value for value in values if len(from_base64url(value) or b"") == _SESSION_BYTES]

    def mint(self, session: str) -> str:
        """Return a fresh token of `session`."""
        nonce = self.core.key_sets.entropy.bytes(_NONCE_BYTES)
        return f"{base64url(nonce)}.{base64url(self._mac(session, nonce, self.core.keyring.current_id))}"

    def belongs(self, token: str, session: str) -> bool:
        """Tell whether `token` was made from `session`."""
        nonce_text, _, mac_text = token.partition(".")
        nonce, mac = from_base64url(nonce_text), from_base64url(mac_text)
        if nonce is None or mac is None or len(nonce) != _NONCE_BYTES:
            return False
        return any(hmac.compare_digest(mac, self._mac(session, nonce, key)) for key in self.core.keyring.key_ids)

    def _mac(self, session: str, nonce: bytes, key_id: bytes) -> bytes:
        return self.core.keyring.mac("csrf", b"csrf\0" + session.encode() + b"\0" + nonce, key_id)


@accountmaker.guard()
def refuse_forged(call: Call, csrf: CsrfTokens, settings: AccountMakerSettings) -> None:
    """Refuse changes that a foreign page could have made a browser ask for. Raises: OriginNotAllowed, CsrfFailed.

    An Authorization header cannot come from a foreign page without its origin having been judged. A token that
    is sent must be right even where none is needed.
    """
    refuse_foreign_browser(call, origin_required=settings.require_origin)
    if call.method not in CHANGING or "authorization" in call.headers or settings.csrf_mode == "off":
        return
    header = call.header("x-csrf-token")
    token = call.body_members.get("csrf_token") if header is None else header
    if token is not None:
        if not isinstance(token, str) or not any(csrf.belongs(token, session) for session in csrf.sessions(call)):
            raise CsrfFailed
    elif settings.csrf_mode == "always" or _needs_token(call):
        raise CsrfFailed


def _needs_token(call: Call) -> bool:
    endpoint, client = call.endpoint, call.project.client if call.project else None
    if endpoint is None or CSRF_FREE in endpoint.marks:
        return False
    if CSRF_BY_ORIGIN in endpoint.marks:
        presented = refresh_token(call, client)
        return presented is not None and presented.by_cookie and not is_from_our_pages(call)
    by_cookie = endpoint.auth is not None and access_token(call, client) is not None
    return by_cookie or bool(call.cookie_values(CSRF_SESSION))


class CsrfToken(msgspec.Struct, frozen=True):
    """A token for the X-CSRF-Token header, or for the `csrf_token` member of a body."""

    csrf_token: str


@accountmaker.get("/auth/csrf-session", tags=["csrf"])
def csrf_session(call: Call, csrf: CsrfTokens, settings: AccountMakerSettings) -> Answer[CsrfToken] | Script:
    """Open a CSRF session, or keep the one that is open.

    Answers a token to those who accept JSON, and otherwise a script that fetches one: the script itself holds no
    token, so including it in a foreign page gains nothing.
    """
    session = next(iter(csrf.sessions(call)), None) or csrf.new_session()
    cookies = [csrf_cookie(session, settings)]
    vary = ("vary", "Origin, Accept")
    if _prefers_json(call.header("accept") or ""):
        token = csrf.mint(session)
        return Answer(CsrfToken(token), headers=[vary, ("x-csrf-token", token)], cookies=cookies)
    return Script(_script(settings.base), headers=[vary], cookies=cookies)


@accountmaker.get("/auth/csrf-token", tags=["csrf"], raises=[CsrfFailed])
def csrf_token(call: Call, csrf: CsrfTokens) -> Answer[CsrfToken]:
    """Make a token of the open CSRF session; earlier ones stay good."""
    session = next(iter(csrf.sessions(call)), None)
    if session is None:
        raise CsrfFailed
    token = csrf.mint(session)
    return Answer(CsrfToken(token), headers=[("x-csrf-token", token)])


def _prefers_json(accept: str) -> bool:
    """Tell whether `Accept` names JSON, and no script type as much (RFC 9110 section 12.5.1)."""
    json_quality = script_quality = 0.0
    for entry in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        if media_type == "application/json":
            json_quality = max(json_quality, _quality(parameters))
        elif media_type in _SCRIPTS:
            script_quality = max(script_quality, _quality(parameters))
    return json_quality > script_quality


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _script(base: str) -> str:
    url = msgspec.json.encode(f"{base}/auth/csrf-token").decode()
    return f"""(function () {{
  fetch({url}, {{ credentials: "include", headers: {{ Accept: "application/json" }} }})
    .then(function (answer) {{ return answer.ok ? answer.json() : Promise.reject(answer.status); }})
    .then(function (body) {{
      var token = body.csrf_token;
      window.csrfToken = token;
      document.querySelectorAll("input[name=csrf_token]").forEach(function (input) {{ input.value = token; }});
      document.dispatchEvent(new CustomEvent("csrf-token", {{ detail: {{ token: token }} }}));
    }})
    .catch(function (error) {{ console.error("csrf-token", error); }});
}})();
"""
