"""What would start but should not: unknown names, links in the clear, weak hashing."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from vestibule.core.passwords import Argon2Profile
from vestibule.core.redirects import AllowList
from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader, nearest
from vestibule.settings.nhost.unused import RETIRED, UNUSED, why_retired
from vestibule.settings.process import is_loopback
from vestibule.settings.urls import without_secrets

_OWN: Final = frozenset(variable.name for section in own.SECTIONS.values() for variable in section)
_NHOST: Final = UNUSED | {variable.name for section in nhost.SECTIONS.values() for variable in section}
_NHOST_PREFIX: Final = "AUTH_"

# Beside AUTH_* a few names of Hasura and PostgreSQL are read. Those programs have many more of their own, so that only
# what is very near to one of ours is a misspelling, and these are not.
_SHARED_PREFIXES: Final = ("HASURA_GRAPHQL_", "POSTGRES_")
_THEIRS: Final = frozenset(
    {"HASURA_GRAPHQL_JWT_SECRETS", "HASURA_GRAPHQL_ADMIN_SECRETS", "HASURA_GRAPHQL_METADATA_DATABASE_URL"}
)
_VERY_NEAR: Final = 0.88
_NEAR: Final = 0.8  # with the beginning that all have in common even a third of the rest is 0.6

_LONG_ACCESS: Final = timedelta(days=1)
_SHORTEST_PASSWORD: Final = 3  # Nhost Auth's own bodies take none that is shorter

# OWASP, Password Storage Cheat Sheet: (memory in KiB, iterations) that cost an attacker the same.
_ARGON2_FLOOR: Final = ((47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5))


def names(reader: Reader) -> None:
    """Note names that mean nothing: of our own a problem, of Nhost's a warning unless that is strict."""
    for layer in reader.layers:
        for name in sorted(layer.values):
            if name.startswith(own.PREFIX) and name not in _OWN:
                reader.refuse(name, "is not a setting", meant(name))
            elif name in RETIRED:
                if layer.values[name].strip():
                    reader.warn(name, f"is {why_retired(name)}")
            elif name.startswith((_NHOST_PREFIX, *_SHARED_PREFIXES)) and name not in _NHOST:
                near = meant(name)
                if near or name.startswith(_NHOST_PREFIX):
                    reader.adjust(name, "is not a setting", near)


def meant(name: str) -> str:
    """Return a question after the setting that an unknown name may stand for; empty when none is near enough."""
    if name.startswith(own.PREFIX):
        return nearest(name, _OWN, likeness=_NEAR)
    if name.startswith(_NHOST_PREFIX):
        return nearest(name, _NHOST, likeness=_NEAR)
    if name in _THEIRS or not name.startswith(_SHARED_PREFIXES):
        return ""
    return nearest(name, (known for known in _NHOST if known.startswith(_SHARED_PREFIXES)), likeness=_VERY_NEAR)


def values(reader: Reader) -> None:
    """Note each declared value that cannot be, also where nothing would ask for it as things are set."""
    for sections in (own.SECTIONS, nhost.SECTIONS):
        for section in sections.values():
            for variable in section:
                reader.get(variable)


def url(reader: Reader, name: str, value: str, *, dev: bool) -> str:
    """Return a public URL without the slash at its end; what is wrong with it is noted."""
    parts = urlsplit(value)
    try:
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    if parts.scheme not in {"http", "https"} or not parts.hostname or not has_port or parts.query or parts.fragment:
        reader.refuse(name, f"is {without_secrets(value)!r}", "write it like https://auth.acme.example")
    elif parts.username is not None or parts.password is not None:
        reader.refuse(name, "holds a user name or password", "write it like https://auth.acme.example")
    elif parts.scheme == "http" and not (dev or is_loopback(parts.hostname) or reader.get(own.serving.ALLOW_HTTP)):
        reader.refuse(
            name,
            "is not https, so tokens could be read on the way",
            f"use https, or set {own.serving.ALLOW_HTTP.name}=true where the network is trusted",
        )
    return value.rstrip("/")


def redirect_urls(reader: Reader) -> None:
    """Note redirect targets that make no sense."""
    for variable, patterns in (
        (nhost.server.CLIENT_URL, (reader.get(nhost.server.CLIENT_URL),)),
        (nhost.server.REDIRECT_URLS, reader.get(nhost.server.REDIRECT_URLS)),
    ):
        try:
            AllowList.of(patterns)
        except ValueError as error:
            reader.refuse(variable.name, f"cannot be used: {error}")


def access_token_life(reader: Reader) -> timedelta:
    """Return how long access tokens are good; one that outlives a day is warned about."""
    life = reader.get(nhost.tokens.ACCESS_LIFE)
    if life > _LONG_ACCESS:
        reader.warn(
            nhost.tokens.ACCESS_LIFE.name,
            f"is {life.total_seconds():.0f}: whoever only verifies tokens, as Hasura does, takes one that was stolen,"
            " or whose user is disabled or has signed out, all that time",
            "keep it short and let clients refresh; the default is 900",
        )
    return life


def password_length(reader: Reader) -> int:
    """Return how many characters a new password must have; fewer than the wire asks for anyway mean that."""
    length = reader.get(nhost.users.PASSWORD_MIN_LENGTH)
    if length < _SHORTEST_PASSWORD:
        reader.adjust(
            nhost.users.PASSWORD_MIN_LENGTH.name, f"is {length}", f"{_SHORTEST_PASSWORD} characters are the least"
        )
    return max(length, _SHORTEST_PASSWORD)


def argon2(reader: Reader, *, dev: bool) -> Argon2Profile:
    """Return the parameters of password hashing; below OWASP's floor they are a problem."""
    profile = Argon2Profile(
        memory_kib=reader.get(own.hashing.ARGON2_MEMORY),
        iterations=reader.get(own.hashing.ARGON2_ITERATIONS),
        lanes=reader.get(own.hashing.ARGON2_LANES),
    )
    if profile.memory_kib < 8 * profile.lanes:  # RFC 9106 section 3.1
        reader.refuse(
            own.hashing.ARGON2_MEMORY.name, "is less than 8 KiB per lane", f"set {own.hashing.ARGON2_LANES.name}=1"
        )
    strong = any(
        profile.memory_kib >= memory and profile.iterations >= iterations for memory, iterations in _ARGON2_FLOOR
    )
    if not (strong or dev or reader.get(own.hashing.ALLOW_WEAK_HASHING)):
        reader.refuse(
            own.hashing.ARGON2_MEMORY.name,
            f"with {profile.iterations} iterations is weaker than OWASP's floor",
            "use 19456 with 2 iterations, which is the default",
        )
    return profile
