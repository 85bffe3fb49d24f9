"""What a new password must be like. Existing passwords are only ever compared, never judged."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from vestibule.core.projects import Policy
from vestibule.kernel.errors import PasswordTooLong, PasswordTooShort, PasswordTooWeak
from vestibule.kernel.secret import Secret

MAX_BYTES: Final = 1024
_STRONG_MIN: Final = 8
_STRONG_MAX: Final = 128
_LOCAL_PART_MIN: Final = 4


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password somebody wants to set. `strong` adds the rule on its make-up that some doors promise."""

    secret: Secret
    strong: bool = False


def normalised(secret: Secret) -> bytes:
    """Return the NFC form in UTF-8, so that two keyboards that compose differently type the same password."""
    return unicodedata.normalize("NFC", secret.reveal()).encode("utf-8", "surrogatepass")


def refuse_unfit(policy: Policy, password: NewPassword, *, email: str) -> None:
    """Check length in characters and bytes and, where asked for, the make-up.

    Raises: PasswordTooLong, PasswordTooShort, PasswordTooWeak.
    """
    text = unicodedata.normalize("NFC", password.secret.reveal())
    if len(normalised(password.secret)) > MAX_BYTES or (password.strong and len(text) > _STRONG_MAX):
        raise PasswordTooLong
    shortest = max(policy.password_min_length, _STRONG_MIN) if password.strong else policy.password_min_length
    if len(text) < max(shortest, 1):
        raise PasswordTooShort
    if password.strong and not _is_strong(text, email):
        raise PasswordTooWeak


def _is_strong(text: str, email: str) -> bool:
    local_part = email.partition("@")[0].lower()
    if len(local_part) >= _LOCAL_PART_MIN and local_part in text.lower():
        return False
    kinds = (str.islower, str.isupper, str.isdigit)
    return all(any(kind(symbol) for symbol in text) for kind in kinds) and any(
        not symbol.isalpha() and not symbol.isdigit() for symbol in text
    )
