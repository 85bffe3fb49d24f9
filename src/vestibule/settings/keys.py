"""Root keys and the configured JWT secret: what is long enough, and what stands in when one is missing."""

import hashlib
import hmac
import json
from typing import Any, Final

from vestibule.core.signing import Algorithm, signing_key_from_pem
from vestibule.kernel.keyring import MIN_ROOT_KEY_BYTES
from vestibule.kernel.secret import Secret
from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader
from vestibule.settings.files import DevKeys
from vestibule.settings.tree import ConfiguredJwt

_MIN_SHARED_SECRET_BYTES: Final = 32
_SHARED: Final = frozenset({Algorithm.HS256, Algorithm.HS384, Algorithm.HS512})
_RSA: Final = frozenset({Algorithm.RS256, Algorithm.RS384, Algorithm.RS512})
_MAKE_ONE: Final = "make one with: openssl rand -hex 32"


def root_keys(reader: Reader, jwt: ConfiguredJwt | None, dev: DevKeys | None) -> tuple[tuple[Secret, ...], str]:
    """Return the root keys, the current one first, and the name of where they come from."""
    listed = reader.get(own.keys.SECRET_KEYS)
    single = reader.get(nhost.tokens.ENCRYPTION_KEY)
    if listed or single:
        found, origin = (
            (listed, own.keys.SECRET_KEYS.name) if listed else ((single or "",), nhost.tokens.ENCRYPTION_KEY.name)
        )
        if dev is None and any(len(key.encode()) < MIN_ROOT_KEY_BYTES for key in found):
            reader.refuse(origin, f"holds a key of less than {MIN_ROOT_KEY_BYTES} bytes", _MAKE_ONE)
        return tuple(Secret(_padded(key)) for key in found), origin
    if dev is not None:
        return (dev.secret_key,), str(dev.path)
    if jwt is not None:
        reader.warn(
            own.keys.SECRET_KEYS.name,
            f"is unset, the root key is derived from {nhost.tokens.JWT_SECRET.name}, which can then never change",
            _MAKE_ONE,
        )
        return (_derived(jwt),), f"derived from {nhost.tokens.JWT_SECRET.name}"
    if not reader.is_set(nhost.tokens.JWT_SECRET):  # one that is set and wrong is a problem already
        reader.refuse(own.keys.SECRET_KEYS.name, "is unset, and no other root key is configured", _MAKE_ONE)
    return (), ""


def _padded(key: str) -> str:
    # With --dev a short key is let through; the keyring itself takes none.
    return key if len(key.encode()) >= MIN_ROOT_KEY_BYTES else hashlib.sha256(key.encode()).hexdigest()


def _derived(jwt: ConfiguredJwt) -> Secret:
    private = (jwt.signing_key or jwt.key).reveal().encode()
    # RFC 5869 section 2.2, the extraction; the keyring expands it for each purpose.
    return Secret(hmac.digest(b"vestibule root key", private, hashlib.sha256).hex())


def configured_jwt(reader: Reader, *, is_dev: bool) -> ConfiguredJwt | None:
    """Read HASURA_GRAPHQL_JWT_SECRET; what is wrong with it is noted in `reader`."""
    written = reader.get(nhost.tokens.JWT_SECRET)
    if written is None:
        return None
    try:
        return _jwt(written, is_dev=is_dev)
    except ValueError as error:
        reader.refuse(nhost.tokens.JWT_SECRET.name, str(error))
        return None


def _jwt(written: str, *, is_dev: bool) -> ConfiguredJwt:
    try:
        fields = json.loads(written)
    except ValueError:
        raise ValueError('is JSON like {"type":"HS256","key":"..."}') from None  # the cause would quote the secret
    if not isinstance(fields, dict):
        raise ValueError('is a JSON object like {"type":"HS256","key":"..."}')  # noqa: TRY004 - the text is wrong, not a type
    kind = _member(fields, "type")
    if kind not in _SHARED | _RSA:
        raise ValueError(f"has the type {kind}; use one of {', '.join(sorted(_SHARED | _RSA))}")
    algorithm = Algorithm(kind)
    key = _member(fields, "key")
    if not key:
        raise ValueError("has no key")
    signing_key = _member(fields, "signing_key")
    if algorithm in _SHARED:
        signing_key = None
        if not is_dev and len(key.encode()) < _MIN_SHARED_SECRET_BYTES:
            raise ValueError(f"has a key of less than {_MIN_SHARED_SECRET_BYTES} bytes; {_MAKE_ONE}")
    else:
        _refuse_unless_pair(algorithm, key, signing_key)
    return ConfiguredJwt(
        algorithm=algorithm,
        key=Secret(key),
        signing_key=Secret(signing_key) if signing_key else None,
        kid=_member(fields, "kid"),
        issuer=_member(fields, "issuer"),
        claims_namespace=_member(fields, "claims_namespace"),
    )


def _member(fields: dict[str, Any], name: str) -> str | None:  # Any: JSON
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"has a {name} that is no text")
    return value or None


def _refuse_unless_pair(algorithm: Algorithm, public_pem: str, private_pem: str | None) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - seldom needed

    if private_pem is None:
        raise ValueError(f"needs the private key as signing_key, since {algorithm} signs with it")
    try:
        signing = signing_key_from_pem(None, algorithm, private_pem.encode())
    except ValueError:
        raise ValueError(f"has a signing_key that is no PEM private key for {algorithm}") from None
    try:
        public = load_pem_public_key(public_pem.encode())
    except ValueError:
        raise ValueError("has a key that is no PEM public key") from None
    if public != signing.public:
        raise ValueError("has a key and a signing_key that do not belong together")
