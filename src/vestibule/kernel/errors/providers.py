"""Refusals about identities at somebody else's: what goes wrong on the way there and back, and with linking."""

from vestibule.kernel.errors.base import Refusal
from vestibule.kernel.errors.people import InvalidCredentials


class InvalidProviderState(Refusal):
    """The journey to the provider is unknown, over, was made already, or began in another browser."""

    code = "invalid-provider-state"


class ProviderRefused(Refusal):
    """The provider said no: to the user on its page, or to us. `said` is its error code, made harmless."""

    code = "provider-refused"

    def __init__(self, said: str = "", description: str = "", uri: str = "") -> None:
        super().__init__(self.code)
        self.said = said
        self.description = description
        self.uri = uri


class ProviderUnavailable(Refusal):
    """The provider cannot be reached, or answers nothing that could be used."""

    code = "provider-unavailable"


class ProviderExchangeFailed(ProviderUnavailable):
    """The provider gave no token for the code."""

    code = "provider-exchange-failed"


class ProviderProfileFailed(ProviderUnavailable):
    """The provider does not say who came, or says it in a way that cannot be relied on."""

    code = "provider-profile-failed"


class InvalidIdToken(InvalidCredentials):
    """The ID token is forged, expired, meant for somebody else, or its nonce is not the one that was asked for."""

    code = "invalid-id-token"


class IdentityTaken(Refusal):
    """The provider's account is linked already, to this user or to another."""

    code = "identity-taken"


class IdentityNotFound(Refusal):
    """The user has no such linked account."""

    code = "identity-not-found"


class LastWayIn(Refusal):
    """Without this the user could not come in any more."""

    code = "last-way-in"
