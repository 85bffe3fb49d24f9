"""How custom claims are named and written, as Hasura reads them: session variables are texts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from vestibule.core.claims.model import ClaimPath, SourceFailed

PREFIX: Final = "x-hasura-"
# What the server says itself. Hasura reads names in any case, so that none of their spellings is a custom claim.
RESERVED: Final = frozenset(
    f"{PREFIX}{name}" for name in ("allowed-roles", "default-role", "user-id", "user-is-anonymous", "auth-elevated")
)
MOST_CLAIMS: Final = 64
MOST_BYTES: Final = 8192  # of all claims together: a header of more than that is refused by most servers
_LONGEST_NAME: Final = 128
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def claim_name(name: str) -> str:
    """Return the name that a claim has in tokens. Raises: ValueError for one that no token should have."""
    if not 0 < len(name) <= _LONGEST_NAME or not name.isascii() or not name.isprintable() or " " in name:
        raise ValueError(f"is no name for a claim: {name[:_LONGEST_NAME]!r}")
    return name if name.lower().startswith(PREFIX) else PREFIX + name.lower()


def is_reserved(name: str) -> bool:
    """Tell whether the claim, named as in tokens, is one that only the server itself sets (security 11)."""
    return name.lower() in RESERVED


def claim_text(value: object) -> str:
    """Return a JSON value as a claim: texts as they are, lists like {"a","b"}, everything else as its JSON text.

    Raises: ValueError for what is nested too deep.
    """
    if isinstance(value, str):
        return value
    try:
        text = _encode(value).decode()
    except RecursionError as error:
        raise ValueError("is nested too deep") from error
    return "{" + text[1:-1] + "}" if isinstance(value, list) else text


def values_at(claims: Iterable[ClaimPath], user: object) -> dict[str, object]:
    """Return the value of each claim in a user object."""
    found = {}
    for claim in claims:
        value = claim.path.find(user)
        found[claim.name] = claim.default if value is None else value
    return found


@dataclass(frozen=True, slots=True)
class WrittenClaims:
    """Claims as they stand in tokens, and the names that were left out since they are the server's own."""

    claims: dict[str, str]
    reserved: tuple[str, ...]


def written_claims(values: Mapping[str, object]) -> WrittenClaims:
    """Return what a source said as claims. Raises: SourceFailed when it cannot be used as a whole."""
    if len(values) > MOST_CLAIMS:
        raise SourceFailed(f"there are more than {MOST_CLAIMS} claims")
    claims: dict[str, str] = {}
    reserved: list[str] = []
    size = 0
    for given, value in values.items():
        try:
            name, text = claim_name(given), claim_text(value)
        except ValueError as error:
            raise SourceFailed(f"a claim {error}") from error
        size += len(name) + len(text.encode())
        if is_reserved(name):
            reserved.append(name)
        else:
            claims[name] = text
    if len({name.lower() for name in claims}) + len(reserved) < len(values):
        raise SourceFailed("two claims have the same name in tokens")
    if size > MOST_BYTES:
        raise SourceFailed(f"the claims are longer than {MOST_BYTES} bytes")
    return WrittenClaims(claims, tuple(reserved))
