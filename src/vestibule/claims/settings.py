"""What an operator says about custom claims. The environment is read elsewhere."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from vestibule.core.claims import ClaimPath
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundSettings

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets of Standard Webhooks start with
_LEAST_BYTES: Final = 24  # of a secret, and the most: Standard Webhooks, "Signature scheme"
_MOST_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class HasuraSettings:
    """Hasura's GraphQL endpoint, and the secret that lets this server read any user there.

    Raises: ValueError, saying what to change.
    """

    url: str
    admin_secret: Secret | None = None
    deadline: timedelta = timedelta(seconds=5)

    def __post_init__(self) -> None:
        _require_url(self.url)
        OutboundSettings(allow=(self.host,))
        if self.admin_secret is not None and not self.admin_secret.reveal().isprintable():
            raise ValueError("the admin secret is a single line")

    @property
    def host(self) -> str:
        """The host that requests go to."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_plain(self) -> bool:
        """Whether the secret travels without TLS."""
        return urlsplit(self.url).scheme == "http"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A server of the operator's that knows claims. It is signed for with every secret; the first is the current one.

    Raises: ValueError, saying what to change.
    """

    url: str
    secrets: tuple[Secret, ...]
    deadline: timedelta = timedelta(seconds=2)

    def __post_init__(self) -> None:
        _require_url(self.url)
        if not self.secrets:
            raise ValueError("a secret is needed")
        for secret in self.secrets:
            secret_bytes(secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsSettings:
    """Which custom claims tokens get. With `omit_on_failure` they go without any when a source fails."""

    paths: tuple[ClaimPath, ...] = ()
    hasura: HasuraSettings | None = None
    webhook: WebhookSettings | None = None
    omit_on_failure: bool = False


def secret_bytes(secret: Secret) -> bytes:
    """Return the key in a secret like whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw. Raises: ValueError."""
    text = secret.reveal()
    try:
        key = b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(SECRET_PREFIX) or not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(f"a secret is {SECRET_PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} bytes in base64")
    return key


def _require_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or "@" in url or "#" in url:
        raise ValueError("the URL is one like https://claims.acme.example/v1")
