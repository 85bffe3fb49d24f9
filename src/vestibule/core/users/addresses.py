"""Email addresses: what is accepted, and the one rule for when two spellings are the same address."""

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from vestibule.kernel.errors import InvalidEmail

MAX_LENGTH: Final = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
# The plain form nearly everybody has: no nested repetition, so no input makes it slow.
_PLAIN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as typed (`text`) and as compared (`key`): NFC, lower case, domain in ASCII."""

    text: str
    key: str

    @property
    def domain(self) -> str:
        """The part after the `@` of the key."""
        return self.key.rpartition("@")[2]


def parse_email(text: str) -> EmailAddress:
    """Normalise, then validate: what is stored is what was checked (security 13).

    Raises: InvalidEmail.
    """
    typed = text.strip()
    if len(typed) > MAX_LENGTH:
        raise InvalidEmail
    return _parse(typed)


@functools.lru_cache(maxsize=4096)  # of stripped texts: blanks around an address must not fill our memory
def _parse(typed: str) -> EmailAddress:
    if _PLAIN.fullmatch(typed) and ".." not in typed and not _misplaced_mark(typed):
        return EmailAddress(typed, typed.lower())
    return _parse_unusual(typed)


def _misplaced_mark(typed: str) -> bool:
    local, _, domain = typed.rpartition("@")
    labels = domain.split(".")
    return local[0] == "." or local[-1] == "." or any(label[0] == "-" or label[-1] == "-" for label in labels)


def _parse_unusual(typed: str) -> EmailAddress:
    # Loaded late: few addresses need it, and it is not cheap to import.
    import email_validator  # noqa: PLC0415

    # Reserved domains (.test, .local) are fine for a server that runs on a laptop.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        valid = email_validator.validate_email(
            unicodedata.normalize("NFC", typed), check_deliverability=False, allow_quoted_local=False
        )
    except (email_validator.EmailNotValidError, UnicodeError) as error:
        raise InvalidEmail from error
    if _looks_plain(valid.local_part):
        raise InvalidEmail
    domain = valid.ascii_domain.lower()
    return EmailAddress(valid.normalized, f"{unicodedata.normalize('NFC', valid.local_part.lower())}@{domain}")


def _looks_plain(local: str) -> bool:
    """Tell whether it only spells plain letters otherwise, in ligatures or full width: people read another mailbox."""
    return not local.isascii() and unicodedata.normalize("NFKC", local).isascii()
