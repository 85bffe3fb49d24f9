"""What strangers write, as far as it can be kept, shown and repeated. One home for it, whoever the strangers are."""

import re
from typing import Final
from urllib.parse import urlsplit

_ERROR_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LONGEST_ISSUER: Final = 512
_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core 1.0 section 2
_LONGEST_NAME: Final = 255
_PICTURE: Final = re.compile(r"https?://[!-~]{1,2000}")


def error_code(text: object) -> str:
    """Return an error code that can be shown and logged; empty for anything that looks like something else."""
    return text if isinstance(text, str) and _ERROR_CODE.fullmatch(text) else ""


def is_issuer(text: str) -> bool:
    """Tell whether an issuer can be kept."""
    return 0 < len(text) <= _LONGEST_ISSUER and text.isprintable()


def is_subject(text: str) -> bool:
    """Tell whether a subject can be kept: nothing is taken from it, since another one is somebody else (security 4)."""
    return 0 < len(text) <= _LONGEST_SUBJECT and text.isprintable()


def shown_name(text: str) -> str:
    """Return a name as one line of printable characters, at most 255."""
    printable = "".join(symbol if symbol.isprintable() else " " for symbol in text)
    return " ".join(printable.split())[:_LONGEST_NAME].strip()


def shown_picture(url: str) -> str:
    """Return the address of a picture that may become the source of an image; empty for anything else."""
    try:
        return url if _PICTURE.fullmatch(url) and urlsplit(url).hostname else ""
    except ValueError:
        return ""
