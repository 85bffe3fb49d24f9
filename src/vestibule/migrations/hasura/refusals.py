"""What nobody changes by writing to `auth.users`: how somebody comes in, and what they have proven (security 11).

And metadata that this server could not read again.
"""

from collections.abc import Container
from typing import Final

# Hasura shows messages of the class 22 to its clients, and hides most others.
ERRCODE: Final = "USING ERRCODE = 'invalid_parameter_value'"

_LARGEST_METADATA: Final = 60_000  # bytes, the most that VESTIBULE_METADATA_LIMIT_BYTES allows
_DEEPEST_METADATA: Final = 100  # levels; what reads JSON gives up somewhere below

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

# What is null is read as no object, as `null` in JSON is; larger numbers are no floats, and longer ones no integers.
METADATA: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_metadata(written jsonb) RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF written IS NULL OR jsonb_typeof(written) = 'null' THEN
        RETURN NULL;
    ELSIF jsonb_typeof(written) <> 'object' THEN
        RAISE EXCEPTION 'auth.users.metadata: it must be an object' {ERRCODE};
    ELSIF octet_length(written::text) > {_LARGEST_METADATA} THEN
        RAISE EXCEPTION 'auth.users.metadata: at most {_LARGEST_METADATA} bytes' {ERRCODE};
    ELSIF jsonb_path_exists(written, '$.**{{{_DEEPEST_METADATA}}}') THEN
        RAISE EXCEPTION 'auth.users.metadata: at most {_DEEPEST_METADATA} levels' {ERRCODE};
    ELSIF jsonb_path_exists(written, '$.** ? (@.type() == "number" && (@ > 1e308 || @ < -1e308))') THEN
        RAISE EXCEPTION 'auth.users.metadata: a number beyond any use' {ERRCODE};
    END IF;
    RETURN written::text::json;
END $$
"""


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
