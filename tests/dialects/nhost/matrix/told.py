"""What Nhost Auth says, to the letter: the codes of its business errors, and which endpoint gives which."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec


@dataclass(frozen=True)
class Told:
    """One answer. `conceals` is whether AUTH_CONCEAL_ERRORS makes it look like any other bad request."""

    status: int
    body: bytes
    conceals: bool = False


def _business(status: int, code: str, message: str, *, conceals: bool = False) -> Told:
    body = msgspec.json.encode({"error": code, "message": message, "status": status})
    return Told(status, body + b"\n", conceals)


def _framework(status: int, body: dict[str, Any]) -> Told:
    return Told(status, msgspec.json.encode(body))


_ROWS: Final = (
    ("default-role-must-be-in-allowed-roles", 400, "Default role must be in allowed roles", False),
    ("disabled-endpoint", 409, "This endpoint is disabled", False),
    ("disabled-user", 401, "User is disabled", True),
    ("email-already-in-use", 409, "Email already in use", True),
    ("user-already-exists", 409, "User already exists", True),
    ("email-already-verified", 400, "User's email is already verified", True),
    ("forbidden-anonymous", 403, "Forbidden, user is anonymous.", True),
    ("invalid-email-password", 401, "Incorrect email or password", True),
    ("invalid-request", 400, "The request payload is incorrect", False),
    ("password-too-short", 400, "Password is too short", False),
    ("redirectTo-not-allowed", 400, 'The value of "options.redirectTo" is not allowed.', False),
    ("role-not-allowed", 400, "Role not allowed", True),
    ("signup-disabled", 403, "Sign up is disabled.", True),
    ("unverified-user", 401, "User is not verified.", True),
    ("user-not-anonymous", 400, "Logged in user is not anonymous", False),
    ("invalid-pat", 401, "Invalid or expired personal access token", True),
    ("invalid-refresh-token", 401, "Invalid or expired refresh token", True),
    ("invalid-ticket", 401, "Invalid ticket", True),
    ("disabled-mfa-totp", 401, "User does not have TOTP MFA enabled", True),
    ("no-totp-secret", 400, "User does not have a TOTP secret", True),
    ("invalid-totp", 401, "Invalid TOTP code", True),
    ("totp-already-active", 400, "TOTP MFA is already active", False),
    ("invalid-otp", 400, "Invalid or expired OTP", True),
    ("otp-too-many-attempts", 400, "Too many incorrect attempts, please request a new OTP", True),
    ("invalid-state", 400, "Invalid state", False),
    ("oauth-provider-error", 400, "Provider returned an error", False),
    ("oauth-token-echange-failed", 400, "Failed to exchange token", False),
    ("oauth-profile-fetch-failed", 400, "Failed to get user profile", False),
    ("provider-account-already-linked", 400, "This provider account is already linked to a user", False),
    ("cannot-send-sms", 400, "Cannot send SMS, check your phone number is correct", False),
)
CODES: Final = {code: _business(status, code, message, conceals=conceals) for code, status, message, conceals in _ROWS}
INVALID_REQUEST: Final = "invalid-request"

# What is told in the newest server's framework's form, under names of the tests' own.
FORMS: Final = {
    "no token": _framework(
        401,
        {
            "error": "unauthorized",
            "reason": "missing or malformed authorization header",
            "securityScheme": "BearerAuth",
        },
    ),
    "bad token": _framework(
        401, {"error": "unauthorized", "reason": "invalid or expired token", "securityScheme": "BearerAuth"}
    ),
    "not elevated": _framework(
        401, {"error": "unauthorized", "reason": "elevated claim required", "securityScheme": "BearerAuthElevated"}
    ),
    "bad email": _framework(400, {"errors": "bad-request", "message": "email: failed to pass regex validation"}),
    "long password": _framework(
        400, {"error": "schema-validation-error", "reason": "the password is longer than 1024 bytes"}
    ),
    "large metadata": _framework(
        400,
        {"error": "schema-validation-error", "reason": 'Error at "/options/metadata": more than 10240 bytes'},
    ),
    "large own metadata": _framework(
        400, {"error": "schema-validation-error", "reason": 'Error at "/metadata": more than 10240 bytes'}
    ),
    "no offset": _framework(400, {"errors": "bad-request", "message": "expiresAt: the time has no offset"}),
    "too many": Told(429, b""),
    # Where the rest of it would stand in a URL:
    "large metadata, by redirect": _business(400, "invalid-request", "The request payload is incorrect"),
    "too many, by redirect": _business(429, "invalid-request", "Too many attempts, please try again later"),
    "not elevated, by redirect": _business(400, "invalid-request", "elevated claim required"),
    "bad connect": _business(400, "invalid-request", "The request payload is incorrect"),
    "last way in": _business(400, "invalid-request", "The last way to sign in cannot be removed"),
    "no such passkey": _business(404, "invalid-request", "There is no such passkey"),
    "no such access token": _business(404, "invalid-request", "There is no such personal access token"),
    "not our page": _business(403, "invalid-request", "The request payload is incorrect"),
    "client not found": _business(404, "invalid-request", "The request payload is incorrect"),
}

# The year that Nhost Auth's codes are taken from decides between these: (2025, 2026).
OF_YEAR: Final = {
    "taken": ("email-already-in-use", "user-already-exists"),
    "wrong email code": ("invalid-ticket", "invalid-otp"),
    "wrong text code": ("invalid-request", "invalid-otp"),
    "last email code": ("invalid-ticket", "otp-too-many-attempts"),
    "last text code": ("invalid-request", "otp-too-many-attempts"),
}


def code_of(name: str, year: str) -> str:
    """Return the code that a year uses."""
    return OF_YEAR[name][year == "2026"] if name in OF_YEAR else name


def told(name: str, *, year: str, concealing: bool) -> Told:
    """Return the answer that a server of that year gives."""
    if name in FORMS:
        return FORMS[name]
    found = CODES[code_of(name, year)]
    return CODES[INVALID_REQUEST] if concealing and found.conceals else found


_USER: Final = {"invalid-email-password", "disabled-user", "unverified-user", "forbidden-anonymous"}
_FACTOR: Final = {"disabled-endpoint", *_USER, "disabled-mfa-totp", "no-totp-secret"}
_OPTIONS: Final = {"redirectTo-not-allowed", "role-not-allowed", "default-role-must-be-in-allowed-roles"}
_ASKING_BY_TEXT: Final = {
    *("disabled-endpoint", "signup-disabled", "cannot-send-sms", "disabled-user", "forbidden-anonymous"),
    *_OPTIONS,
}
_ASKING_BY_MAIL: Final = {*_ASKING_BY_TEXT, "invalid-email-password"} - {"cannot-send-sms"}

# Which codes each endpoint of the contract can give; the page docs/nhost.md tells what differs here.
MATRIX: Final[dict[str, set[str]]] = {
    "/signup/email-password": {
        *("signup-disabled", "invalid-email-password", "password-too-short", "taken", "disabled-user"),
        *_OPTIONS,
    },
    "/signin/email-password": _USER,
    "/signin/otp/email": _ASKING_BY_MAIL,
    "/signup/otp/email": _ASKING_BY_MAIL,
    "/signin/otp/email/verify": _USER,
    "/elevate/otp/email": {"disabled-endpoint", *_USER},
    "/elevate/otp/email/verify": {"disabled-endpoint", *_USER},
    "/signin/passwordless/sms": _ASKING_BY_TEXT,
    "/signup/passwordless/sms": _ASKING_BY_TEXT,
    "/signin/passwordless/sms/otp": {"disabled-endpoint"},
    "/elevate/otp/sms": {"disabled-endpoint", "cannot-send-sms", *_USER},
    "/elevate/otp/sms/verify": {"disabled-endpoint", *_USER},
    "/user/phone-number/change": {"disabled-endpoint", "cannot-send-sms", "user-already-exists", *_USER},
    "/user/phone-number/change/verify": {"disabled-endpoint", "user-already-exists", *_USER},
    "/signin/anonymous": {"signup-disabled", "disabled-endpoint"},
    "/signin/pat": {"invalid-pat", *_USER},
    "/pat": _USER,
    "/elevate": _USER,
    "/token": {"invalid-refresh-token", "disabled-user", "unverified-user"},
    "/token/verify": {INVALID_REQUEST, *_USER},
    "/signout": {INVALID_REQUEST},
    "/signin/passwordless/email": {
        *("disabled-endpoint", "invalid-email-password", "signup-disabled", "disabled-user", "forbidden-anonymous"),
        *_OPTIONS,
    },
    "/signup/passwordless/email": {
        *("disabled-endpoint", "signup-disabled", "invalid-email-password", "disabled-user", "forbidden-anonymous"),
        *(INVALID_REQUEST, *_OPTIONS),
    },
    "/token/exchange": {INVALID_REQUEST, *_USER},
    "/user/email/change": {"redirectTo-not-allowed", "taken", *_USER},
    "/verify": {INVALID_REQUEST, "redirectTo-not-allowed", "invalid-ticket", "taken", *_USER},
    "/user": _USER,
    "/user/email/send-verification-email": {"redirectTo-not-allowed", "email-already-verified", *_USER},
    "/user/deanonymize": {
        *("user-not-anonymous", INVALID_REQUEST, "password-too-short", "invalid-email-password", "taken"),
        *_OPTIONS,
    },
    "/user/deanonymize/sms": {
        *("disabled-endpoint", "user-not-anonymous", "user-already-exists", "cannot-send-sms", *_OPTIONS),
    },
    "/user/password": {INVALID_REQUEST, "invalid-ticket", "password-too-short", *_USER},
    "/user/password/reset": {"redirectTo-not-allowed"},
    "/signup/webauthn": {"disabled-endpoint", "signup-disabled", "invalid-email-password", *_OPTIONS},
    "/signup/webauthn/verify": {
        *("disabled-endpoint", "signup-disabled", INVALID_REQUEST, "taken", "disabled-user"),
        *_OPTIONS,
    },
    "/signin/webauthn": {"disabled-endpoint", INVALID_REQUEST, *_USER},
    "/signin/webauthn/verify": {"disabled-endpoint", INVALID_REQUEST, *_USER},
    "/user/webauthn/add": {"disabled-endpoint", *_USER},
    "/user/webauthn/verify": {"disabled-endpoint", INVALID_REQUEST, *_USER},
    "/elevate/webauthn": {"disabled-endpoint", INVALID_REQUEST, *_USER},
    "/elevate/webauthn/verify": {"disabled-endpoint", INVALID_REQUEST, *_USER},
    "/mfa/totp/generate": {"disabled-endpoint", *_USER},
    "/user/mfa": {*_FACTOR, "invalid-totp", "totp-already-active"},
    "/signin/mfa/totp": {"invalid-ticket", *_FACTOR, "invalid-totp"},
    "/elevate/totp": {*_FACTOR, "invalid-totp"},
    "/signin/provider/{provider}": {"redirectTo-not-allowed", INVALID_REQUEST, "disabled-endpoint"},
    "/signup/provider/{provider}": {
        *("signup-disabled", "redirectTo-not-allowed", INVALID_REQUEST, "disabled-endpoint"),
    },
    "/signin/provider/{provider}/callback": {
        *("invalid-state", "oauth-provider-error", "disabled-endpoint", "oauth-token-echange-failed"),
        *("oauth-profile-fetch-failed", INVALID_REQUEST, "signup-disabled", "taken", "user-already-exists"),
        "provider-account-already-linked",
        *_USER,
        *_OPTIONS,
    },
    "/signin/provider/{provider}/callback/tokens": _USER,
    "/token/provider/{provider}": {"disabled-endpoint", "oauth-provider-error", *_USER},
    "/signin/idtoken": {
        *("disabled-endpoint", INVALID_REQUEST, "oauth-profile-fetch-failed", "signup-disabled", "taken"),
        *_USER,
        *_OPTIONS,
    },
    "/signup/idtoken": {
        *("signup-disabled", "disabled-endpoint", INVALID_REQUEST, "oauth-profile-fetch-failed", "user-already-exists"),
        *("invalid-email-password", "disabled-user", *_OPTIONS),
    },
    "/link/idtoken": {
        *("disabled-endpoint", INVALID_REQUEST, "oauth-profile-fetch-failed", "provider-account-already-linked"),
        *_USER,
    },
    "/link/provider/{provider}": {"disabled-endpoint", "redirectTo-not-allowed", *_USER},
    # Of our own; a method before the path where two of them differ:
    "POST /mfa/recovery-codes": {*_FACTOR, "invalid-totp"},
    "GET /mfa/recovery-codes": _FACTOR,
    "/user/access-tokens": _USER,
    "/user/access-tokens/{token_id}": _USER,
    "/user/passkeys": _USER,
    "/user/passkeys/{passkey_id}": _USER,
    "/user/providers": _USER,
    "/user/providers/unlink": {INVALID_REQUEST, *_USER},
    "/mfa/recovery-codes/sign-in": {"invalid-ticket", *_FACTOR, "invalid-totp"},
}
# Given here and not there, or there and not here.
_IN_VAIN: Final = "nobody pays for a text that gets its reader nowhere"
_NO_500: Final = "where the original answers 500"
DIFFERENT: Final[dict[str, dict[str, str]]] = {
    "/signin/otp/email/verify": {"unverified-user": "the code proves the address"},
    "/signin/passwordless/sms": {"invalid-email-password": _IN_VAIN, "unverified-user": _IN_VAIN},
    "/signup/passwordless/sms": {"invalid-email-password": _IN_VAIN, "unverified-user": _IN_VAIN},
    "/signin/passwordless/sms/otp": {
        **dict.fromkeys(("invalid-email-password", "disabled-user", "unverified-user", "forbidden-anonymous"), _NO_500),
        "signup-disabled": "a number that was given up is somebody else's by now",
    },
    "/user/email/send-verification-email": {"unverified-user": "that is what the mail is for"},
    "/signup/webauthn/verify": {"invalid-email-password": "the access lists may have changed since the beginning"},
    "/user/webauthn/add": {INVALID_REQUEST: "a user has so many passkeys and no more"},
    "/signup/passwordless/email": {INVALID_REQUEST: "a challenge out of shape is told as every member out of shape"},
    "/user/deanonymize": {"disabled-user": "who was shut out gets no name, and who must wait gets one to wait with"},
    "/user/deanonymize/sms": {
        "disabled-user": "who was shut out gets no name",
        "invalid-email-password": "who was deleted is nobody",
    },
    "/signin/provider/{provider}": {
        "oauth-provider-error": _NO_500,
        **dict.fromkeys(sorted(_USER), "who links a provider is asked before the journey already"),
    },
    "/signup/provider/{provider}": {"oauth-provider-error": _NO_500},
    "/signin/provider/{provider}/callback": {
        "taken": "of two who come at once, the second one signs in, or is told `user-already-exists`",
        INVALID_REQUEST: "the access token of who links is looked at before the journey",
    },
    "/token/provider/{provider}": {INVALID_REQUEST: "who does not come in by a provider has nothing to renew there"},
    "/link/provider/{provider}": {"oauth-provider-error": _NO_500},
    "/signin/idtoken": {"taken": "of two who come at once, the second one signs in"},
    "/verify": {"unverified-user": "whoever follows a mailed link has proven the address"},
}
