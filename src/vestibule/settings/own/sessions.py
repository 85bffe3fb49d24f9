"""What sign-ins ask for, and what ends sessions."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, one_of, seconds, switch, whole

REFRESH_GRACE: Final = Variable(
    "VESTIBULE_REFRESH_GRACE_SECONDS",
    seconds(0, 300),
    timedelta(seconds=30),
    "How long a spent refresh token still answers the current one; 0 is strict.",
    shown="30",
)
PASSWORD_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_PASSWORD_CHANGE_ENDS_SESSIONS", "End the user's other sessions when a password changes.", default=True
)
PHONE_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_PHONE_CHANGE_ENDS_SESSIONS", "End the user's other sessions when the phone number changes.", default=True
)
PHONE_KEPT: Final = Variable(
    "VESTIBULE_PHONE_KEPT_DAYS",
    whole(0, 36_500),
    365,
    "How long a phone number stays that of a user whom nobody has seen: whoever proves it later is somebody new,"
    " since operators give numbers away again. 0 is for ever.",
)
EMAIL_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_EMAIL_CHANGE_ENDS_SESSIONS", "End the user's other sessions when the address changes.", default=True
)
PROVIDER_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_PROVIDER_CHANGE_ENDS_SESSIONS",
    "End the user's other sessions when a provider is unlinked.",
    default=True,
)
ID_TOKEN_NONCE_REQUIRED: Final = switch(
    "VESTIBULE_ID_TOKEN_NONCE_REQUIRED",
    "Refuse ID tokens of applications that have no nonce: whoever finds one could show it again until it expires.",
)
RECLAIM_ON_FIRST_PROOF: Final = switch(
    "VESTIBULE_RECLAIM_ON_FIRST_PROOF",
    "The first mailed link, code or reset that proves an address takes away the password, sessions and factors that"
    " were there before; off, as in Nhost Auth, it marks the address as verified and no more.",
    default=True,
)
SECOND_FACTOR_AFTER: Final = Variable(
    "VESTIBULE_SECOND_FACTOR_AFTER",
    one_of("every", "password"),
    "every",
    "Which sign-ins ask for the second factor of a user who has one: every one, or as Nhost Auth only by password.",
)
MFA_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_MFA_CHANGE_ENDS_SESSIONS",
    "End the user's other sessions when their second factor is turned on or off, or a passkey of theirs is removed.",
    default=True,
)
NOTICES: Final = switch(
    "VESTIBULE_NOTICES", "Tell users by mail when their password, address or second factor changes.", default=True
)
PASSKEY_DECOYS: Final = switch(
    "VESTIBULE_PASSKEY_DECOYS",
    "Answer a passkey sign-in for an address without passkeys like one for an address with some;"
    " off, it is refused as Nhost Auth does.",
    default=True,
)
METADATA_LIMIT: Final = Variable(
    "VESTIBULE_METADATA_LIMIT_BYTES", whole(2, 60_000), 10_240, "Largest metadata of a user, as JSON."
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    REFRESH_GRACE,
    PASSWORD_CHANGE_ENDS_SESSIONS,
    PHONE_CHANGE_ENDS_SESSIONS,
    PHONE_KEPT,
    EMAIL_CHANGE_ENDS_SESSIONS,
    PROVIDER_CHANGE_ENDS_SESSIONS,
    ID_TOKEN_NONCE_REQUIRED,
    RECLAIM_ON_FIRST_PROOF,
    SECOND_FACTOR_AFTER,
    MFA_CHANGE_ENDS_SESSIONS,
    NOTICES,
    PASSKEY_DECOYS,
    METADATA_LIMIT,
)
