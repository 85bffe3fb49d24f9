"""What nobody changes by writing to `auth.users`: how somebody comes in, and what they have proven (security 11)."""

from collections.abc import Container
from typing import Final

# Hasura shows messages of the class 22 to its clients, and hides most others.
ERRCODE: Final = "USING ERRCODE = 'invalid_parameter_value'"

# Column -> what to use instead.
_INSTEAD: Final = {
    "email": "users change their address by POST /user/email/change",
    "email_verified": "the owner proves an address by a mail, POST /user/email/send-verification-email",
    "phone_number": "users change their number by POST /user/phone-number/change",
    "phone_number_verified": "the owner proves a number by a code, POST /user/phone-number/change",
    "is_anonymous": "an anonymous user gets a name by POST /user/deanonymize",
    "active_mfa_type": "users change it by POST /user/mfa, and an operator takes it by vestibule user reset-mfa",
}
# What Nhost Auth left of these may be cleared: nobody here asks for it.
_INSTEAD_OF_SECRETS: Final = {
    "password_hash": "passwords are changed by POST /user/password",
    "totp_secret": "users make a second factor by GET /mfa/totp/generate",
    "otp_hash": "codes are made when they are asked for, by POST /signin/otp/email",
    "ticket": "tickets are made and mailed when they are asked for, by POST /user/password/reset and others",
}
# A newer Nhost Auth that starts seals the secrets that it finds, which makes them longer than any in clear.
_SEALED: Final = "length(OLD.totp_secret) < 64 AND length(NEW.totp_secret) >= 64"


def changes(column: str) -> str:
    """Return the condition that an UPDATE changes the column.

    As text: addresses have a type of their own, whose operators are not on the search path.
    """
    return f"NEW.{column}::text IS DISTINCT FROM OLD.{column}::text"


def refusal(columns: Container[str]) -> str:
    """Return the expression for what an UPDATE must not change and does, or null.

    `columns` are those of the table: it may have been laid out without some of the secrets.
    """
    cases = ["WHEN NEW.id <> OLD.id THEN 'id: it stays as it is'"]
    cases += [f"WHEN {changes(column)} THEN '{column}: {instead}'" for column, instead in _INSTEAD.items()]
    for column, instead in _INSTEAD_OF_SECRETS.items():
        if column in columns:
            spared = f" AND ({_SEALED}) IS NOT TRUE" if column == "totp_secret" else ""
            cases.append(f"WHEN NEW.{column} IS NOT NULL AND {changes(column)}{spared} THEN '{column}: {instead}'")
    return f"CASE {' '.join(cases)} END"
