"""Options at sign-up, access lists, and the one gate (pure)."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from vestibule.core.projects import Gravatar, Policy
from vestibule.core.users import (
    NewUser,
    Profile,
    Subject,
    UserOptions,
    chosen_options,
    metadata_within,
    parse_email,
    refuse_address_outside_lists,
    refuse_unless_active,
)
from vestibule.core.users.rules import gravatar_url, refuse_unless_welcome
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    EmailNotVerified,
    EmailRefused,
    MetadataTooLarge,
    Refusal,
    RoleNotAllowed,
    UserNotActive,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)
POLICY = Policy(allowed_roles=("user", "me", "editor"), allowed_locales=("en", "fr"))
ANN = Subject(
    id=UUID(int=1),
    created_at=NOW,
    updated_at=NOW,
    status="active",
    display_name="Ann",
    avatar_url="",
    locale="en",
    default_role="user",
    roles=["user", "me"],
    is_anonymous=False,
    phone_number=None,
    phone_verified_at=None,
    username=None,
    foreign_id=None,
    reputation=0,
    profile=None,
    metadata=None,
    public_metadata={},
    preferred_membership_id=None,
    mfa_type=None,
    last_seen_at=None,
    password_changed_at=None,
    email="ann@example.com",
    email_verified_at=NOW,
    has_password=True,
)


# --- options ---


def test_without_a_choice_the_project_decides() -> None:
    """Its roles, its locale, and the address for a name."""
    chosen = chosen_options(POLICY, UserOptions(), "ann@example.com")

    assert (chosen.roles, chosen.default_role, chosen.locale) == (("user", "me", "editor"), "user", "en")
    assert (chosen.display_name, chosen.metadata) == ("ann@example.com", None)


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (UserOptions(roles=("user", "admin")), RoleNotAllowed),
        (UserOptions(roles=("admin",), default_role="admin"), RoleNotAllowed),
        (UserOptions(default_role="admin"), DefaultRoleNotAllowed),
        (UserOptions(roles=("me",)), DefaultRoleNotAllowed),
        (UserOptions(roles=()), DefaultRoleNotAllowed),
        (UserOptions(roles=("user",), default_role="me"), DefaultRoleNotAllowed),
        (UserOptions(roles=("User",), default_role="User"), RoleNotAllowed),
    ],
)
def test_nobody_gives_themselves_a_role(options: UserOptions, refusal: type[Refusal]) -> None:
    """Only the project's roles, and a default among them (security 11)."""
    with pytest.raises(refusal):
        chosen_options(POLICY, options, "x")


def test_a_choice_within_the_rules_is_kept() -> None:
    """Each role once, in the order given."""
    options = UserOptions(roles=("me", "user", "me"), default_role="me", locale="fr", display_name="Ann", metadata={})
    chosen = chosen_options(POLICY, options, "x")

    assert (chosen.roles, chosen.default_role, chosen.locale) == (("me", "user"), "me", "fr")
    assert (chosen.display_name, chosen.metadata) == ("Ann", {})


@pytest.mark.parametrize("locale", ["de", "", "EN", "en\n", "../fr"])
def test_an_unknown_locale_is_the_projects_own(locale: str) -> None:
    """A locale names a template; none but the listed ones is ever looked for."""
    assert chosen_options(POLICY, UserOptions(locale=locale), "x").locale == "en"


@pytest.mark.parametrize(
    ("metadata", "fits"),
    [
        ({"a": "x" * 12}, True),
        ({"a": "x" * 13}, False),
        ({"a": "é" * 6}, True),
        ({"a": "é" * 7}, False),
        ({}, True),
        (None, True),
    ],
)
def test_metadata_has_a_size(metadata: dict[str, Any] | None, fits: bool) -> None:  # noqa: FBT001 - a parameter
    """In bytes of compact JSON."""
    policy = replace(POLICY, metadata_limit_bytes=20)
    if fits:
        metadata_within(policy, metadata)
        return
    with pytest.raises(MetadataTooLarge) as refused:
        metadata_within(policy, metadata)
    assert refused.value.limit_bytes == 20


def test_a_sign_up_has_no_member_for_what_must_be_earned() -> None:
    """Verified, status and roles are set by other code than what a person may choose (security 11)."""
    chosen_by_people = {field.name for struct in (UserOptions, Profile) for field in fields(struct)}

    assert not {"verified_at", "email_verified_at", "phone_verified_at", "status", "is_anonymous", "mfa_type", "id"} & (
        chosen_by_people
    )
    assert {"status", "verified_at", "password_hash"} <= {field.name for field in fields(NewUser)}


# --- access lists ---


@pytest.mark.parametrize(
    ("lists", "email", "comes_in"),
    [
        ({}, "ann@example.com", True),
        ({"blocked_emails": ("ann@example.com",)}, "ann@example.com", False),
        ({"blocked_emails": ("Ann@Example.com",)}, "ANN@example.com", False),
        ({"blocked_emails": ("bob@example.com",)}, "ann@example.com", True),
        ({"blocked_email_domains": ("example.com",)}, "ann@example.com", False),
        ({"blocked_email_domains": ("EXAMPLE.com",)}, "ann@example.com", False),
        ({"blocked_email_domains": ("example.com",)}, "ann@sub.example.com", True),
        ({"blocked_email_domains": ("ample.com",)}, "ann@example.com", True),
        ({"allowed_emails": ("ann@example.com",)}, "ann@example.com", True),
        ({"allowed_emails": ("ann@example.com",)}, "bob@example.com", False),
        ({"allowed_email_domains": ("example.com",)}, "ann@example.com", True),
        ({"allowed_email_domains": ("example.com",)}, "ann@example.com.evil.example", False),
        ({"allowed_email_domains": ("example.com",)}, "ann@evilexample.com", False),
        ({"allowed_emails": ("ann@a.example",), "allowed_email_domains": ("b.example",)}, "bob@b.example", True),
        ({"allowed_emails": ("ann@a.example",), "allowed_email_domains": ("b.example",)}, "bob@a.example", False),
        ({"allowed_emails": ("ann@a.example",), "blocked_email_domains": ("a.example",)}, "ann@a.example", True),
        ({"allowed_emails": ("ann@a.example",), "blocked_emails": ("ann@a.example",)}, "ann@a.example", False),
        ({"allowed_email_domains": ("a.example",), "blocked_email_domains": ("a.example",)}, "ann@a.example", False),
        ({"allowed_email_domains": ("a.example",), "blocked_emails": ("ann@a.example",)}, "ann@a.example", False),
        ({"blocked_email_domains": ("bücher.example",)}, "ann@bücher.example", False),
        ({"blocked_email_domains": ("bücher.example",)}, "ann@xn--bcher-kva.example", False),
        ({"allowed_email_domains": ("BÜCHER.example",)}, "ann@bücher.example", True),
        ({"blocked_emails": ("ann@bücher.example",)}, "ann@xn--bcher-kva.example", False),
        ({"blocked_emails": ("jörg@example.com",)}, "JO\u0308RG@example.com", False),
    ],
)
def test_access_lists(lists: dict[str, tuple[str, ...]], email: str, comes_in: bool) -> None:  # noqa: FBT001 - a parameter
    """Blocked addresses, allowed ones, blocked domains, allowed ones; in any spelling of the same address."""
    policy = replace(POLICY, **lists)  # type: ignore[arg-type]  # the names are those of lists
    if comes_in:
        refuse_address_outside_lists(policy, parse_email(email))
        refuse_unless_welcome(policy, replace(ANN, email=email))
        return
    with pytest.raises(EmailRefused):
        refuse_address_outside_lists(policy, parse_email(email))
    with pytest.raises(EmailRefused):
        refuse_unless_welcome(policy, replace(ANN, email=email))


# --- the gate ---


@pytest.mark.parametrize("verified_required", [True, False])
@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.parametrize("anonymous_allowed", [True, False])
@pytest.mark.parametrize("status", ["active", "suspended", "disabled", "deleted", "", "Active"])
def test_the_gate(
    *, status: str, verified: bool, anonymous: bool, verified_required: bool, anonymous_allowed: bool
) -> None:
    """Only active users come in, verified where required, anonymous where allowed; in this order (security 18)."""
    subject = replace(ANN, status=status, is_anonymous=anonymous, email_verified_at=NOW if verified else None)
    policy = replace(POLICY, verified_email_required=verified_required)
    expected: type[Refusal] | None = None
    if status != "active":
        expected = UserNotActive
    elif verified_required and not verified:
        expected = EmailNotVerified
    elif anonymous and not anonymous_allowed:
        expected = AnonymousNotAllowed

    if expected is None:
        refuse_unless_active(policy, subject, anonymous_allowed=anonymous_allowed)
        return
    with pytest.raises(expected):
        refuse_unless_active(policy, subject, anonymous_allowed=anonymous_allowed)


def test_an_avatar_is_found_by_the_address_in_lower_case() -> None:
    """As Gravatar documents it; nothing at all when it is switched off."""
    address = parse_email("MyEmailAddress@example.com ")

    url = "https://www.gravatar.com/avatar/0bc83cb571cd1c50ba6f3e8a78ef1346?d=blank&r=g"
    assert gravatar_url(Gravatar(), address) == url
    assert gravatar_url(Gravatar(enabled=False), address) == ""
