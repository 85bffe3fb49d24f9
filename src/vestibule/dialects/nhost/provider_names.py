"""How providers are called on the wire: sixteen names of Nhost Auth, and `c:<slug>` for those an operator adds."""

import re
from typing import Final

from vestibule.dialects.nhost import shapes
from vestibule.kernel.errors import MalformedRequest

NAMES: Final = (
    *("apple", "github", "google", "linkedin", "discord", "spotify", "twitch", "gitlab", "bitbucket", "workos"),
    *("azuread", "entraid", "strava", "facebook", "windowslive", "twitter"),
)
_CUSTOM: Final = re.compile(shapes.CUSTOM_PROVIDER)
_ALLOWED: Final = ",".join(f'"{name}"' for name in NAMES)


def provider_name(text: str) -> str:
    """Return the name of a provider as a path has it. Raises: MalformedRequest."""
    if text in NAMES or _CUSTOM.fullmatch(text):
        return text
    raise MalformedRequest(
        f"value is not one of the allowed values [{_ALLOWED}]", where="path", path="provider", problem="enum"
    )
