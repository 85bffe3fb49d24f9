"""The codes of authenticator applications: time-based one-time passwords (RFC 6238 over RFC 4226).

SHA-1, six digits, thirty seconds: what every application understands. HMAC does not lean on what is broken in SHA-1.
"""

import hmac
from datetime import datetime
from typing import Final

from vestibule.kernel.clock import to_seconds

SECRET_BYTES: Final = 32
DIGITS: Final = 6
STEP_SECONDS: Final = 30
_DRIFT: Final = 1  # steps that a telephone's clock may be off, either way (RFC 6238 section 5.2)


def step_of(moment: datetime) -> int:
    """Return the number of the step that `moment` lies in."""
    return to_seconds(moment) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """Return the code of one step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: bytes, typed: str, now: datetime) -> int | None:
    """Return the step whose code was typed, the latest of them; None when it is no code of these minutes.

    Whether that step was used before is not known here.
    """
    code, here = "".join(typed.split()).encode(), step_of(now)
    steps = range(here - _DRIFT, here + _DRIFT + 1)
    matches = [step for step in steps if hmac.compare_digest(code_of(secret, step).encode(), code)]
    return max(matches, default=None)
