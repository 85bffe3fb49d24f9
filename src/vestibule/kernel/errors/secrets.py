"""Refusals about what is presented as proof: sessions, tickets, codes, second factors, passkeys."""

from vestibule.kernel.errors.base import Refusal
from vestibule.kernel.errors.caller import NotPermitted
from vestibule.kernel.errors.people import InvalidCredentials


class InvalidRefreshToken(Refusal):
    """The refresh token is unknown, ended, expired, or was made for another client, dialect or project."""

    code = "invalid-refresh-token"


class MalformedRefreshToken(InvalidRefreshToken):
    """The refresh token is past its expiry, or nothing that this server ever made; no session was looked for."""

    code = "malformed-refresh-token"


class ForeignRefreshToken(InvalidRefreshToken):
    """The refresh token is genuine and belongs to another project."""

    code = "foreign-refresh-token"


class RefreshTokenReused(InvalidRefreshToken):
    """A spent refresh token came back after the grace: the session was ended (RFC 6819 section 5.2.2.3)."""

    code = "refresh-token-reused"


class InvalidTicket(Refusal):
    """The one-time secret is unknown, spent, or was made for another purpose, client or project."""

    code = "invalid-ticket"


class ExpiredTicket(InvalidTicket):
    """The one-time secret was right once and is past its expiry."""

    code = "expired-ticket"


class InvalidCode(InvalidTicket):
    """The typed one-time code is wrong, spent or expired."""

    code = "invalid-code"


class InvalidEmailCode(InvalidCode):
    """The code that came by mail is wrong, spent or expired."""

    code = "invalid-email-code"


class InvalidTextCode(InvalidCode):
    """The code that came by text message is wrong, spent or expired."""

    code = "invalid-text-code"


class TooManyGuesses(InvalidCode):
    """That was the last guess: the code is burnt, another one must be asked for."""

    code = "too-many-guesses"


class TooManyTextGuesses(TooManyGuesses):
    """The same of a code that came by text message."""

    code = "too-many-text-guesses"


class InvalidAuthorizationCode(InvalidTicket):
    """The code of a redirect is unknown, spent, expired, or its verifier is wrong (RFC 7636 section 4.6)."""

    code = "invalid-authorization-code"


class InvalidPersonalAccessToken(InvalidCredentials):
    """The personal access token is unknown, expired or revoked."""

    code = "invalid-personal-access-token"


class TooManyAccessTokens(NotPermitted):
    """The user has as many personal access tokens as one may have (`limit`); one must be revoked first."""

    code = "too-many-access-tokens"

    def __init__(self, limit: int) -> None:
        super().__init__(self.code)
        self.limit = limit


class AccessTokenNotFound(Refusal):
    """The user has no such personal access token."""

    code = "access-token-not-found"


class PasskeyRefused(InvalidCredentials):
    """The authenticator's answer does not hold: challenge, origin, signature, counter or owner."""

    code = "passkey-refused"


class NoPasskey(InvalidCredentials):
    """The user has no passkey."""

    code = "no-passkey"


class PasskeyNotFound(Refusal):
    """The user has no such passkey."""

    code = "passkey-not-found"


class InvalidTotp(InvalidCredentials):
    """The code of the authenticator application is wrong, or was accepted before (RFC 6238 section 5.2)."""

    code = "invalid-totp"


class SecondFactorNotActive(Refusal):
    """The user has no second factor of this kind."""

    code = "second-factor-not-active"


class NoTotpSecret(Refusal):
    """There is no secret that a code could belong to: none was generated yet."""

    code = "no-totp-secret"


class TotpAlreadyActive(Refusal):
    """The second factor is in use already."""

    code = "totp-already-active"
