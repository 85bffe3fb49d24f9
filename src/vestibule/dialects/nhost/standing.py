"""What can be wrong with users who are signed in: the refusals of the core's `welcome`."""

from typing import Final

from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidCredentials,
    Refusal,
    UserNotActive,
)

STANDING: Final[tuple[type[Refusal], ...]] = (
    InvalidCredentials,
    EmailRefused,
    UserNotActive,
    EmailNotVerified,
    AnonymousNotAllowed,
)
