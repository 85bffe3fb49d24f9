"""Pure rules on users: options at sign-up, access lists, who may come in."""

import functools
import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from vestibule.core.projects import Gravatar, Policy
from vestibule.core.users.addresses import EmailAddress, parse_email
from vestibule.core.users.store import Subject
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidEmail,
    MetadataTooLarge,
    RoleNotAllowed,
    UserNotActive,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserOptions:
    """What a person may choose at sign-up; None means the project's default."""

    display_name: str | None = None
    locale: str | None = None
    default_role: str | None = None
    roles: tuple[str, ...] | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChosenOptions:
    """The options after the project's rules."""

    display_name: str
    locale: str
    default_role: str
    roles: tuple[str, ...]
    metadata: dict[str, Any] | None


def chosen_options(policy: Policy, options: UserOptions, default_name: str) -> ChosenOptions:
    """Apply the project's rules on roles and locale to what was asked for.

    Raises: RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge.
    """
    roles = policy.allowed_roles if options.roles is None else options.roles
    if not set(roles) <= set(policy.allowed_roles):
        raise RoleNotAllowed
    default_role = policy.default_role if options.default_role is None else options.default_role
    if default_role not in roles:
        raise DefaultRoleNotAllowed
    locale = options.locale if options.locale in policy.allowed_locales else policy.default_locale
    metadata_within(policy, options.metadata)
    name = default_name if options.display_name is None else options.display_name
    return ChosenOptions(
        name, locale or policy.default_locale, default_role, tuple(dict.fromkeys(roles)), options.metadata
    )


def metadata_within(policy: Policy, metadata: dict[str, Any] | None) -> None:
    """Refuse metadata over the project's limit, measured as compact UTF-8 JSON. Raises: MetadataTooLarge."""
    if metadata and len(msgspec.json.encode(metadata)) > policy.metadata_limit_bytes:
        raise MetadataTooLarge(policy.metadata_limit_bytes)


def refuse_address_outside_lists(policy: Policy, address: EmailAddress) -> None:
    """Apply the project's access lists: blocked addresses, allowed ones, then the same for domains.

    Raises: EmailRefused.
    """
    if address.key in _keys(policy.blocked_emails):
        raise EmailRefused
    if address.key in _keys(policy.allowed_emails):
        return
    if address.domain in _domains(policy.blocked_email_domains):
        raise EmailRefused
    if address.domain in _domains(policy.allowed_email_domains):
        return
    if policy.allowed_emails or policy.allowed_email_domains:
        raise EmailRefused


@functools.lru_cache(maxsize=1024)
def _keys(entries: tuple[str, ...]) -> frozenset[str]:
    """Return a list's addresses as they are compared; what is none matches nothing."""
    return frozenset(address.key for entry in entries if (address := _address(entry)))


@functools.lru_cache(maxsize=1024)
def _domains(entries: tuple[str, ...]) -> frozenset[str]:
    return frozenset(address.domain for entry in entries if (address := _address(f"somebody@{entry.strip()}")))


def _address(text: str) -> EmailAddress | None:
    try:
        return parse_email(text)
    except InvalidEmail:
        return None


def refuse_unless_active(policy: Policy, subject: Subject, *, anonymous_allowed: bool = False) -> None:
    """The one gate that every way in passes (security 18): active, verified where required, not anonymous.

    Raises: UserNotActive, EmailNotVerified, AnonymousNotAllowed.
    """
    if subject.status != "active":
        raise UserNotActive(subject.status)
    if policy.verified_email_required and not subject.email_is_verified and _should_have_email(subject):
        raise EmailNotVerified
    if subject.is_anonymous and not anonymous_allowed:
        raise AnonymousNotAllowed


def _should_have_email(subject: Subject) -> bool:
    # Whoever came by telephone has none to verify. An anonymous user has not proven anything yet.
    return subject.email is not None or subject.is_anonymous


def refuse_unless_welcome(policy: Policy, subject: Subject) -> None:
    """Refuse who may not come in now: kept out by the access lists, or by the gate above.

    Raises: EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed.
    """
    if subject.email is not None:
        refuse_address_outside_lists(policy, parse_email(subject.email))
    refuse_unless_active(policy, subject)


def gravatar_url(gravatar: Gravatar, address: EmailAddress) -> str:
    """Return the Gravatar URL of an address; empty when switched off."""
    if not gravatar.enabled:
        return ""
    digest = hashlib.md5(address.text.lower().encode(), usedforsecurity=False).hexdigest()
    return f"https://www.gravatar.com/avatar/{digest}?d={gravatar.default}&r={gravatar.rating}"
