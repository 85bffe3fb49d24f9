"""Ways in besides passwords, and second factors."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, milliseconds, names, one_of, switch, text

ANONYMOUS_ENABLED: Final = switch("AUTH_ANONYMOUS_USERS_ENABLED", "Visitors may come in without a name.")
LINKS_ENABLED: Final = switch("AUTH_EMAIL_PASSWORDLESS_ENABLED", "Sign-in by a mailed link.")
EMAIL_CODES_ENABLED: Final = switch("AUTH_OTP_EMAIL_ENABLED", "Sign-in by a mailed code.")
TEXT_CODES_ENABLED: Final = switch("AUTH_SMS_PASSWORDLESS_ENABLED", "Sign-in by a code in a text message.")
MFA_ENABLED: Final = switch("AUTH_MFA_ENABLED", "Users may turn on a second factor (TOTP).")
TOTP_ISSUER: Final = Variable("AUTH_MFA_TOTP_ISSUER", text, "auth", "What authenticator applications call this place.")
ELEVATION: Final = Variable(
    "AUTH_REQUIRE_ELEVATED_CLAIM",
    one_of("disabled", "recommended", "required"),
    "disabled",
    "Whether sensitive changes need a fresh proof: never, from users who have something to prove it with, or always.",
)
WEBAUTHN_ENABLED: Final = switch("AUTH_WEBAUTHN_ENABLED", "Passkeys.")
WEBAUTHN_RP_ID: Final = Variable[str | None](
    "AUTH_WEBAUTHN_RP_ID", text, None, "The domain that passkeys belong to.", shown="the host of `AUTH_CLIENT_URL`"
)
WEBAUTHN_RP_NAME: Final = Variable[str | None](
    "AUTH_WEBAUTHN_RP_NAME", text, None, "Its name for people.", shown="`AUTH_WEBAUTHN_RP_ID`"
)
WEBAUTHN_ORIGINS: Final = Variable[tuple[str, ...]](
    "AUTH_WEBAUTHN_RP_ORIGINS",
    names,
    (),
    "Origins whose pages may use passkeys; that of `AUTH_CLIENT_URL` is added, those of other sites are left out.",
)
WEBAUTHN_TIMEOUT: Final = Variable(
    "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT",
    milliseconds(0, 86_400_000),
    timedelta(minutes=5),
    "How long a user may take, in milliseconds: five minutes at least, as always at Nhost Auth, ten at most.",
    shown="300000",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    ANONYMOUS_ENABLED,
    LINKS_ENABLED,
    EMAIL_CODES_ENABLED,
    TEXT_CODES_ENABLED,
    MFA_ENABLED,
    TOTP_ISSUER,
    ELEVATION,
    WEBAUTHN_ENABLED,
    WEBAUTHN_RP_ID,
    WEBAUTHN_RP_NAME,
    WEBAUTHN_ORIGINS,
    WEBAUTHN_TIMEOUT,
)
