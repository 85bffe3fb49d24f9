"""Custom claims: which ones a token gets, from whom, how they are named and written, and what a failure means."""

from collections.abc import Mapping
from typing import TypeAlias

from vestibule.core.claims.gather import GatherClaims
from vestibule.core.claims.model import Claimant, ClaimPath, ClaimsSource, SourceFailed
from vestibule.core.claims.paths import Path, parse_path
from vestibule.core.claims.rules import MOST_BYTES, MOST_CLAIMS, claim_name, claim_text, is_reserved, values_at
from vestibule.core.claims.selection import Selection, selection_of
from vestibule.core.claims.user import USER_FIELDS, UserClaims, unknown_field, user_object

CustomClaims: TypeAlias = Mapping[str, str]

__all__ = [
    "MOST_BYTES",
    "MOST_CLAIMS",
    "USER_FIELDS",
    "ClaimPath",
    "Claimant",
    "ClaimsSource",
    "CustomClaims",
    "GatherClaims",
    "Path",
    "Selection",
    "SourceFailed",
    "UserClaims",
    "claim_name",
    "claim_text",
    "is_reserved",
    "parse_path",
    "selection_of",
    "unknown_field",
    "user_object",
    "values_at",
]
