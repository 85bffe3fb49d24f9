"""From the other server's rows to an arrival: what is the same, what is spelled otherwise, what cannot come along."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vestibule.core.arrivals import (
    Arrival,
    ArrivingIdentity,
    ArrivingKey,
    ArrivingToken,
    LeftBehind,
    NotTaken,
    fit_key,
    kept_password,
)
from vestibule.core.passkeys.answers import from_base64url
from vestibule.core.texts import parse_phone
from vestibule.core.users import TOTP, EmailAddress, parse_email
from vestibule.importing.sealed import OldKey, totp_secret
from vestibule.importing.source import Belongings
from vestibule.importing.store import OldSecurityKey, OldToken, OldUser
from vestibule.kernel.errors import InvalidEmail, InvalidPhoneNumber, PasskeyRefused
from vestibule.kernel.ids import UserId

KEY: Final = "security-key"
LINK: Final = "provider-link"
ACCESS_TOKEN: Final = "personal-access-token"  # noqa: S105 - a kind of thing
REFRESH_TOKEN: Final = "refresh-token"  # noqa: S105 - as above
_KINDS: Final = {"regular": REFRESH_TOKEN, "pat": ACCESS_TOKEN}
_TOKEN_HASH: Final = re.compile(r"\\x([0-9a-f]{64})")
_TRANSPORT: Final = re.compile(r"[a-z][a-z-]*")


@dataclass(slots=True)
class Translation:
    """One user. What cannot come along is noted in `left_behind`; what keeps the user from coming is raised."""

    user: OldUser
    belongings: Belongings
    old_key: OldKey | None
    issuers: Mapping[str, str]
    left_behind: list[LeftBehind] = field(default_factory=list)

    def arrival(self) -> Arrival:
        """Return the user in our terms. Raises: NotTaken."""
        user = self.user
        address = _address(user.email)
        phone_number = self._phone_number(address)
        mfa_type, secret = self._second_factor()
        tokens = self._tokens()
        return Arrival(
            id=UserId(user.id),
            created_at=user.created_at,
            updated_at=user.updated_at,
            last_seen_at=user.last_seen,
            status="disabled" if user.disabled else "active",
            display_name=user.display_name,
            avatar_url=user.avatar_url,
            locale=user.locale,
            default_role=user.default_role,
            roles=tuple(dict.fromkeys([*(role.role for role in self.belongings.roles), user.default_role])),
            is_anonymous=user.is_anonymous,
            metadata=_metadata(user.metadata),
            address=address,
            address_is_verified=user.email_verified,
            password_hash=self._password(address),
            phone_number=phone_number,
            phone_is_verified=user.phone_number_verified and phone_number is not None,
            mfa_type=mfa_type,
            totp_secret=secret,
            keys=self._keys(),
            identities=self._identities(),
            access_tokens=tokens[ACCESS_TOKEN],
            refresh_tokens=tokens[REFRESH_TOKEN],
        )

    def _note(self, what: str, why: str) -> None:
        self.left_behind.append(LeftBehind(self.user.id, what, why))

    def _password(self, address: EmailAddress | None) -> str | None:
        try:
            kept = kept_password(self.user.password_hash)
        except NotTaken as reason:
            self._note("password", reason.code)
            return None
        if kept is not None and address is None:
            self._note("password", "no-email")
            return None
        return kept

    def _phone_number(self, address: EmailAddress | None) -> str | None:
        if not self.user.phone_number:
            return None
        try:
            return parse_phone(self.user.phone_number).e164
        except InvalidPhoneNumber as error:
            if address is None:  # nothing else to know them by
                raise NotTaken("invalid-phone-number") from error
            self._note("phone-number", "invalid-phone-number")
            return None

    def _second_factor(self) -> tuple[str | None, bytes | None]:
        if self.user.active_mfa_type is None:
            return None, None
        if self.user.active_mfa_type != TOTP:  # never asked for there either
            self._note("second-factor", "unknown-kind")
            return None, None
        try:
            return TOTP, totp_secret(self.user.totp_secret, self.old_key)
        except NotTaken as reason:
            # Still asked for: an import must not open an account that needed a code. The operator may reset it.
            self._note("second-factor", reason.code)
            return TOTP, None

    def _keys(self) -> Sequence[ArrivingKey]:
        kept: list[ArrivingKey] = []
        for key in self.belongings.keys:
            try:
                kept.append(_key(key))
            except NotTaken as reason:
                self._note(KEY, reason.code)
        return kept

    def _identities(self) -> Sequence[ArrivingIdentity]:
        kept: list[ArrivingIdentity] = []
        for link in self.belongings.links:
            provider = link.provider_id or ""
            issuer = self.issuers.get(provider)
            if issuer is None or not link.provider_user_id:
                self._note(LINK, "unknown-provider" if issuer is None else "no-subject")
            else:
                kept.append(
                    ArrivingIdentity(
                        provider=provider, issuer=issuer, subject=link.provider_user_id, created_at=link.created_at
                    )
                )
        return kept

    def _tokens(self) -> dict[str, list[ArrivingToken]]:
        kept: dict[str, list[ArrivingToken]] = {ACCESS_TOKEN: [], REFRESH_TOKEN: []}
        for token in self.belongings.tokens:
            kind = _KINDS.get(token.type)
            found = _TOKEN_HASH.fullmatch(token.refresh_token_hash or "")
            if kind is None or found is None:
                self._note(kind or REFRESH_TOKEN, "unknown-token-hash" if kind else "unknown-kind")
            elif kind == REFRESH_TOKEN and self.user.disabled:  # shutting somebody out ends their sessions here
                self._note(REFRESH_TOKEN, "user-disabled")
            else:
                kept[kind].append(_token(token, bytes.fromhex(found[1])))
        return kept


def _address(email: str | None) -> EmailAddress | None:
    if not email:
        return None
    try:
        return parse_email(email)
    except InvalidEmail as error:
        raise NotTaken("invalid-email") from error


def _metadata(text: str | None) -> dict[str, Any] | None:
    try:
        decoded: object = None if text is None else msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotTaken("invalid-metadata") from error
    if decoded is not None and not isinstance(decoded, dict):
        raise NotTaken("invalid-metadata")
    return decoded


def _key(key: OldSecurityKey) -> ArrivingKey:
    try:
        credential_id = from_base64url(key.credential_id)
    except PasskeyRefused as error:
        raise NotTaken("invalid-credential-id") from error
    return fit_key(
        ArrivingKey(
            credential_id=credential_id,
            public_key=key.credential_public_key or b"",
            sign_count=key.counter,
            transports=tuple(_TRANSPORT.findall(key.transports)),
            nickname=key.nickname,
        )
    )


def _token(token: OldToken, token_hash: bytes) -> ArrivingToken:
    try:
        metadata = _metadata(token.metadata)
    except NotTaken:
        metadata = None  # a note to its owner, nothing more
    return ArrivingToken(
        token_hash=token_hash, created_at=token.created_at, expires_at=token.expires_at, metadata=metadata
    )
