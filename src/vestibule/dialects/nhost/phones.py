"""Changing one's phone number."""

from typing import Final

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.text_codes import PhoneProof
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import elevated, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, TEXTS
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import Caller
from vestibule.kernel.errors import (
    CannotSendText,
    EndpointDisabled,
    InvalidTextCode,
    PhoneTaken,
    Refusal,
    TooManyAttempts,
    TooManyTextGuesses,
)
from vestibule.wire import Call

_BOTH: Final[tuple[type[Refusal], ...]] = (EndpointDisabled, *STANDING, CannotSendText, TooManyAttempts, PhoneTaken)


@nhost.post(
    "/user/phone-number/change",
    auth=elevated,
    limit=TEXTS,
    raises=_BOTH,
    tags=("user",),
    operation="changeUserPhoneNumber",
)
async def change_user_phone_number(
    body: shapes.PhoneChangeRequest, call: Call, caller: Caller, project: Project, core: Core
) -> str:
    """Send a code to a new number; the number changes once the code comes back."""
    await core.request_phone_change(visit_of(call, project), caller.user_id, body.new_phone_number)
    return "OK"


@nhost.post(
    "/user/phone-number/change/verify",
    auth=elevated,
    limit=BRUTE_FORCE,
    raises=(*_BOTH, InvalidTextCode, TooManyTextGuesses),
    tags=("user",),
    operation="verifyChangeUserPhoneNumber",
)
async def verify_change_user_phone_number(
    body: shapes.VerifyPhoneChangeRequest, call: Call, caller: Caller, project: Project, core: Core
) -> str:
    """Change the number with the code that came to it.

    The user's other sessions end, and a mail tells them.
    """
    proof = PhoneProof(
        user_id=caller.user_id,
        new_number=body.new_phone_number,
        code=body.otp,
        kept_session=caller.session_id,
    )
    await core.change_phone(visit_of(call, project), proof)
    return "OK"
