"""What only one dialect needs to be told."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from vestibule.dialects.accountmaker.settings import AccountMakerSettings, CsrfMode
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.sublay.settings import SublaySettings
from vestibule.settings import checks, nhost, own
from vestibule.settings.environ import Reader
from vestibule.settings.process import is_loopback
from vestibule.settings.tree import ConfiguredJwt

Codes: TypeAlias = Literal["2025", "2026"]
CaptchaAt: TypeAlias = Literal["signup", "newest"]

_DEFAULT_PREFIX: Final = "/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What the settings of every dialect are made from."""

    reader: Reader
    jwt: ConfiguredJwt | None
    public_url: str
    is_dev: bool


def nhost_settings(door: Door) -> NhostSettings:
    """Return what the nhost dialect is told; its links start with AUTH_SERVER_URL, which ends in the prefix."""
    reader = door.reader
    prefix = "/" + reader.get(nhost.server.API_PREFIX).strip("/") if reader.is_set(nhost.server.API_PREFIX) else ""
    written = reader.get(nhost.server.SERVER_URL)
    if written is None:
        server_url = door.public_url + (prefix or _DEFAULT_PREFIX)
    else:
        server_url = checks.url(reader, nhost.server.SERVER_URL.name, written, dev=door.is_dev)
    link_confirm = reader.get(own.dialects.LINK_CONFIRM)
    parts = urlsplit(server_url)
    if link_confirm and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        reader.refuse(
            own.dialects.LINK_CONFIRM.name,
            "needs https: without it browsers do not say that it was our own page whose button was pressed",
            f"set {nhost.server.SERVER_URL.name} to an https URL",
        )
    return NhostSettings(
        server_url=server_url,
        api_prefix=prefix,
        conceal_errors=reader.get(nhost.server.CONCEAL_ERRORS),
        issuer=door.jwt.issuer if door.jwt else None,
        claims_namespace=door.jwt.claims_namespace if door.jwt else None,
        codes=cast("Codes", reader.get(own.dialects.NHOST_CODES)),  # one_of() has checked it
        email_limit_is_global=reader.get(nhost.limits.EMAIL_IS_GLOBAL),
        pkce_only=reader.get(own.dialects.NHOST_PKCE_ONLY),
        link_confirm=link_confirm,
        captcha=_captcha(reader),
        link_by_post=reader.get(own.dialects.NHOST_LINK_BY_POST),
        insecure_cookies=parts.scheme == "http",  # where checks.url() has let it pass
    )


def _captcha(reader: Reader) -> CaptchaAt:
    chosen = reader.get(own.dialects.NHOST_CAPTCHA)
    if chosen is None:
        return "newest" if reader.get(own.dialects.NHOST_CODES) == "2026" else "signup"
    return cast("CaptchaAt", chosen)  # one_of() has checked it


def sublay_settings(door: Door) -> SublaySettings:
    """Return what the sublay dialect is told."""
    return SublaySettings(access_token_life=door.reader.get(own.dialects.SUBLAY_ACCESS_LIFE))


def accountmaker_settings(door: Door) -> AccountMakerSettings:
    """Return what the accountmaker dialect is told."""
    parts = urlsplit(door.public_url)
    return AccountMakerSettings(
        public_url=door.public_url,
        csrf_mode=cast("CsrfMode", door.reader.get(own.dialects.CSRF)),  # one_of() has checked it
        require_origin=door.reader.get(own.dialects.REQUIRE_ORIGIN),
        insecure_cookies=parts.scheme == "http" and is_loopback(parts.hostname or ""),
    )
