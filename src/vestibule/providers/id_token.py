"""Checks ID tokens (OpenID Connect Core 1.0 section 3.1.3.7), those that a provider gave us and those of applications.

Security 5, 6, 7, 9: the issuer, the key set's address and the one algorithm come from configuration. The token's
header may only name one of the keys there.
"""

import hashlib
import hmac
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import jwt
from jwt.types import Options

from vestibule.core.social.model import ExternalIdentity
from vestibule.kernel.clock import Clock, to_seconds
from vestibule.kernel.errors import InvalidIdToken
from vestibule.outbound import OutboundFailed
from vestibule.providers.calls import log
from vestibule.providers.identity import identity_of
from vestibule.providers.key_set import KeySet
from vestibule.providers.row import IdTokens, Row, Said
from vestibule.providers.standard import from_claims

_LONGEST: Final = 16_384
_LEEWAY_SECONDS: Final = 60  # foreign clocks only (security 128)
# RFC 7515 section 4.1: these let a token bring its own key, or ask for rules that we do not know.
_REFUSED_HEADERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})
# The rest is checked here: the library would take the machine's clock, and any of several audiences.
_SIGNATURE_ONLY: Final[Options] = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def hashed_nonce(nonce: str) -> str:
    """Return what stands in the token for the nonce that only the one who asked knows."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def is_issuer(expected: str, found: object, tenant_id: object = None) -> bool:
    """Tell whether `found` is the issuer; a `{tenantid}` in `expected` is `tenant_id`, or any when that is None."""
    if not isinstance(found, str):
        return False
    before, placeholder, after = expected.partition("{tenantid}")
    if not placeholder:
        return found == expected
    tenant = found.removeprefix(before).removesuffix(after)
    is_formed = found == before + tenant + after and _GUID.fullmatch(tenant) is not None
    return is_formed and (tenant_id is None or tenant_id == tenant)


class IdTokenChecks:
    """Checks the tokens of one provider that are made out to `audiences` only; `keys` raises OutboundFailed.

    With a `client_id` the token was asked for by it: it is among the audiences, and the one who asked.
    """

    def __init__(
        self,
        rule: IdTokens,
        audiences: Iterable[str],
        keys: Callable[[], Awaitable[KeySet]],
        clock: Clock,
        *,
        client_id: str | None = None,
    ) -> None:
        self._rule = rule
        self._audiences = frozenset(audiences)
        self._client_id = client_id
        self._keys = keys
        self._clock = clock

    async def __call__(self, token: str) -> Mapping[str, object]:
        """Return the claims; the nonce is left to the caller. Raises: InvalidIdToken."""
        header = self._header(token)
        try:
            key = await (await self._keys()).key(header["kid"])
        except OutboundFailed as error:
            raise _refused("there are no keys to check it with") from error
        if key is None:
            raise _refused("its key is unknown")
        try:
            claims: dict[str, object] = jwt.decode(
                token,
                key,
                algorithms=[self._rule.algorithm],
                options=_SIGNATURE_ONLY,
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise _refused("it is not signed by its provider") from error
        self._refuse_unless_meant(claims)
        return claims

    def _header(self, token: str) -> Mapping[str, str]:
        if len(token) > _LONGEST:
            raise _refused("it is too long")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise _refused("it is no JWT") from error
        if not _REFUSED_HEADERS.isdisjoint(header):
            raise _refused("its header asks for more than its key")
        if header.get("alg") != self._rule.algorithm or not isinstance(header.get("kid"), str):
            raise _refused("its header names no key, or another algorithm")
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise _refused("it is another kind of token")  # RFC 9068 section 4: at+jwt
        return header

    def _refuse_unless_meant(self, claims: Mapping[str, object]) -> None:
        if not is_issuer(self._rule.issuer, claims.get("iss"), claims.get("tid", "")):
            raise _refused("somebody else issued it")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if not audiences or not all(self._is_ours(each) for each in audiences):
            raise _refused("it is meant for somebody else")
        if self._client_id is not None and self._client_id not in audiences:
            raise _refused("it is meant for another of ours")
        if len(audiences) > 1 and not self._may_ask(claims.get("azp")):
            raise _refused("it was made for somebody else")
        now = to_seconds(self._clock.now())
        expires_at, issued_at, begins_at = (_moment(claims.get(name)) for name in ("exp", "iat", "nbf"))
        if expires_at is None or expires_at + _LEEWAY_SECONDS <= now:
            raise _refused("it has expired")
        if issued_at is None or issued_at - _LEEWAY_SECONDS > now:
            raise _refused("it comes from the future")
        if begins_at is not None and begins_at - _LEEWAY_SECONDS > now:
            raise _refused("it is not good yet")

    def _is_ours(self, audience: object) -> bool:
        return isinstance(audience, str) and audience in self._audiences

    def _may_ask(self, party: object) -> bool:
        return self._is_ours(party) if self._client_id is None else party == self._client_id


class ApplicationTokens:
    """Knows who an ID token speaks of that an application got from the provider itself."""

    def __init__(self, row: Row, rule: IdTokens, checks: IdTokenChecks) -> None:
        self._row = row
        self._rule = rule
        self._checks = checks

    async def __call__(self, id_token: str, nonce: str | None) -> ExternalIdentity:
        """Return who it is; `nonce` is the raw one, of which the token has the SHA-256. Raises: InvalidIdToken."""
        claims = await self._checks(id_token)
        if "nonce" in claims and not has_nonce(claims, nonce or ""):
            raise _refused("its nonce is another one")
        profile = from_claims(Said(claims=claims), has_text_for_true=self._rule.has_text_for_true)
        if not profile.email:
            raise _refused("it has no address")
        found = identity_of(self._row, profile)
        if found is None:
            raise _refused("it does not say whom it is about")
        return found


def has_nonce(claims: Mapping[str, object], nonce: str) -> bool:
    """Tell whether the token was made for the request that had this nonce."""
    found = claims.get("nonce")
    return isinstance(found, str) and hmac.compare_digest(found.encode(errors="replace"), hashed_nonce(nonce).encode())


def _moment(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _refused(why: str) -> InvalidIdToken:
    log.info("provider.id_token_refused", why=why)
    return InvalidIdToken()
