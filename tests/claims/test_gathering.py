"""All sources together, and the user as one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
import structlog

from vestibule.core.claims import (
    USER_FIELDS,
    Claimant,
    ClaimPath,
    GatherClaims,
    SourceFailed,
    UserClaims,
    parse_path,
    user_object,
)
from vestibule.kernel.errors import ClaimsUnavailable


@dataclass(frozen=True)
class Known:
    """A source that knows these; with None it fails."""

    claims: Mapping[str, object] | None

    async def values(self, claimant: Claimant) -> Mapping[str, object]:
        """Return them."""
        assert claimant.project.public_id
        if self.claims is None:
            raise SourceFailed("nobody is there")
        return self.claims


def test_every_field_of_a_user_is_known_to_the_settings(claimant: Claimant) -> None:
    """Paths are judged before there is any user."""
    assert user_object(claimant.subject).keys() == USER_FIELDS


async def test_a_user_is_read_by_nhosts_names(claimant: Claimant) -> None:
    """Without asking anybody."""
    paths = {"mail": "email", "at": "createdAt", "phone": "phoneNumber", "org": "metadata.org", "mfa": "activeMfaType"}
    source = UserClaims(tuple(ClaimPath(name, parse_path(path)) for name, path in paths.items()))
    expected = {"mail": "ann@example.com", "at": "2026-01-02T03:04:05+00:00", "phone": None, "org": "acme", "mfa": None}
    assert await source.values(claimant) == expected
    nobody = replace(claimant, subject=replace(claimant.subject, metadata=None, email=None))
    assert await source.values(nobody) == {**expected, "mail": None, "org": None}


async def test_the_later_source_is_believed(claimant: Claimant) -> None:
    """In whatever case it writes the name: to Hasura it is the same one."""
    gather = GatherClaims((Known({"tier": "free", "org": "acme"}), Known({"X-Hasura-Tier": "gold"})))
    assert await gather(claimant) == {"X-Hasura-Tier": "gold", "x-hasura-org": "acme"}


@pytest.mark.parametrize("last", [None, {"a b": 1}], ids=["fails", "is unusable"])
async def test_one_failure_is_a_failure_of_all(claimant: Claimant, last: Mapping[str, object] | None) -> None:
    """Told in the log, without anything about the user; omitted or refused (security 97)."""
    sources = (Known({"tier": "free"}), Known(last))
    with structlog.testing.capture_logs() as logged:
        with pytest.raises(ClaimsUnavailable):
            await GatherClaims(sources)(claimant)
        assert await GatherClaims(sources, omit_on_failure=True)(claimant) == {}
    assert [(line["event"], line["project"], line["omitted"]) for line in logged] == [
        ("claims.failed", "default", False),
        ("claims.failed", "default", True),
    ]
    assert "ann" not in str(logged).lower()


async def test_reserved_names_are_dropped_and_told(claimant: Claimant) -> None:
    """An operator wants to know that their webhook tries (security 11)."""
    with structlog.testing.capture_logs() as logged:
        found = await GatherClaims((Known({"User-Id": "x", "tier": "gold"}),))(claimant)
    assert found == {"x-hasura-tier": "gold"}
    assert [(line["event"], line["names"]) for line in logged] == [("claims.reserved", ("x-hasura-user-id",))]


async def test_what_nobody_has_proven_is_not_called_verified(claimant: Claimant) -> None:
    """Neither an address nor a number: rights may hang on it (security 11)."""
    paths = [ClaimPath(name, parse_path(name)) for name in ("emailVerified", "phoneNumberVerified")]
    unproven = replace(claimant.subject, email_verified_at=None, phone_number="+4915112345678")
    assert await UserClaims(tuple(paths)).values(replace(claimant, subject=unproven)) == {
        "emailVerified": False,
        "phoneNumberVerified": False,
    }
