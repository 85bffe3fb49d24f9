"""What an operator says about protections. The environment is read elsewhere."""

from dataclasses import dataclass
from typing import Final

from vestibule.kernel.secret import Secret

TURNSTILE_URL: Final = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
LEAKED_PASSWORDS_URL: Final = "https://api.pwnedpasswords.com/range/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionSettings:
    """Turnstile guards where `turnstile_secret` is set; the list of leaked passwords is asked when so wished."""

    turnstile_secret: Secret | None = None
    turnstile_url: str = TURNSTILE_URL
    leaked_passwords_refused: bool = False
    leaked_passwords_url: str = LEAKED_PASSWORDS_URL
