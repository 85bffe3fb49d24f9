"""What the core learns of somebody: the provider's words, cut to what can be stored and shown."""

import unicodedata
from typing import Final
from urllib.parse import urlsplit

from vestibule.core.social.model import ExternalIdentity
from vestibule.providers.row import Profile, Row

_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core 1.0 section 2
_LONGEST_EMAIL: Final = 320
_LONGEST_NAME: Final = 255
_LONGEST_URL: Final = 2_000
_UNUSABLE: Final = frozenset({"Cc", "Cs"})  # control characters and halves of pairs: no database takes them all


def identity_of(row: Row, profile: Profile) -> ExternalIdentity | None:
    """Return who it is; None when the provider does not say, or in a way that cannot be kept.

    An address is vouched for only if the row is one whose word is taken and the provider said so (security 3).
    """
    if not profile.subject or len(profile.subject) > _LONGEST_SUBJECT or not _is_plain(profile.subject):
        return None
    email = profile.email if len(profile.email) <= _LONGEST_EMAIL and _is_plain(profile.email) else ""
    return ExternalIdentity(
        provider=row.name,
        issuer=row.issuer,
        subject=profile.subject,
        email=email or None,
        email_is_vouched=bool(email) and row.vouches and profile.is_verified,
        name=_name(profile.name),
        picture=_picture(profile.picture),
    )


def _is_plain(text: str) -> bool:
    return not any(unicodedata.category(character) in _UNUSABLE for character in text)


def _name(text: str) -> str:
    kept = "".join(each for each in text[: 4 * _LONGEST_NAME] if unicodedata.category(each) not in _UNUSABLE)
    return kept.strip()[:_LONGEST_NAME]


def _picture(url: str) -> str:
    if len(url) > _LONGEST_URL or not _is_plain(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""  # it becomes the source of an image
