"""What the bodies of this dialect share. Answers have their members in alphabetical order, as there.

Optional members are UNSET, not None: the original refuses an explicit null and omits what is absent.
"""

import unicodedata
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.core.passwords import MAX_BYTES
from vestibule.core.users import UserOptions

UUID_SHAPE: Final = r"\b[0-9a-f]{8}\b-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-\b[0-9a-f]{12}\b"
CODE_CHALLENGE: Final = r"^[A-Za-z0-9_-]{43}$"
_NAME_MARKS: Final = frozenset(" ,.'-")
Email = Annotated[str, Meta(description="An email address", extra_json_schema={"format": "email"})]
Password = Annotated[str, Meta(min_length=3, max_length=MAX_BYTES)]
RedirectTo = Annotated[str, Meta(description="Where to send the user; must be on the project's allow-list")]
PhoneNumber = Annotated[str, Meta(description="With its country: `+4915123456789`")]
Code = Annotated[str, Meta(description="Six digits")]
Locale = Annotated[str, Meta(min_length=2, max_length=3)]
FreeForm = dict[str, Any]  # Any: free-form JSON of the user's


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A request body that takes no other members than its own."""


class SignUpOptions(Body, frozen=True):
    """What a person may choose at sign-up."""

    allowed_roles: list[str] | UnsetType = UNSET
    default_role: str | UnsetType = UNSET
    display_name: Annotated[str, Meta(max_length=32, description="Letters, digits, symbols, ` ,.'-`")] | UnsetType = (
        UNSET
    )
    locale: Locale | UnsetType = UNSET
    metadata: FreeForm | UnsetType = UNSET
    redirect_to: RedirectTo | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse other display names; the pattern is out of msgspec's reach, which knows no Unicode categories."""
        if self.display_name is not UNSET and not is_display_name(self.display_name):
            raise ValueError(r"displayName doesn't match ^[\p{L}\p{N}\p{S} ,.'-]+$")


def is_display_name(text: str) -> bool:
    """Tell whether a person may be called so."""
    return text != "" and all(symbol in _NAME_MARKS or unicodedata.category(symbol)[0] in "LNS" for symbol in text)


class OptionsRedirectTo(Body, frozen=True):
    """Options of the mails that carry a link."""

    redirect_to: RedirectTo | UnsetType = UNSET


CodeChallenge = Annotated[
    str, Meta(pattern=CODE_CHALLENGE, description="PKCE (RFC 7636), S256: the link then brings a code")
]


def user_options(options: SignUpOptions) -> UserOptions:
    """Return the options as the core knows them."""
    return UserOptions(
        display_name=None if options.display_name is UNSET else options.display_name,
        locale=None if options.locale is UNSET else options.locale,
        default_role=None if options.default_role is UNSET else options.default_role,
        roles=None if options.allowed_roles is UNSET else tuple(options.allowed_roles),
        metadata=None if options.metadata is UNSET else options.metadata,
    )


def wanted_redirect(options: SignUpOptions | OptionsRedirectTo) -> str | None:
    """Return the wished redirect target, None where none was named."""
    return None if options.redirect_to is UNSET else options.redirect_to


def encode(value: object) -> bytes:
    """Return the JSON as the original writes it: `&`, `<` and `>` escaped, a newline at the end."""
    text = msgspec.json.encode(value)
    if b"&" in text:
        text = text.replace(b"&", b"\\u0026")
    if b"<" in text or b">" in text:
        text = text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e")
    return text + b"\n"
