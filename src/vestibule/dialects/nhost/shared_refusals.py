"""Refusals that many endpoints declare together, by what is wrong."""

from typing import Final

from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidCredentials,
    MetadataTooLarge,
    PasswordLeaked,
    PasswordTooLong,
    PasswordTooShort,
    Refusal,
    RoleNotAllowed,
    UserNotActive,
)

# Somebody is known, and may not come in now.
UNWELCOME: Final[tuple[type[Refusal], ...]] = (EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed)
# What the core's `welcome` says of users who are signed in: they may also be gone.
STANDING: Final[tuple[type[Refusal], ...]] = (InvalidCredentials, *UNWELCOME)
# What somebody new may not choose.
OPTIONS: Final[tuple[type[Refusal], ...]] = (RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge)
NEW_PASSWORD: Final[tuple[type[Refusal], ...]] = (PasswordTooShort, PasswordLeaked, PasswordTooLong)
