"""The second factor: codes of authenticator applications (RFC 6238), and the recovery codes beside them."""

from dataclasses import dataclass

from vestibule.core.totp.enrolling import TotpOffer, picture_of
from vestibule.core.totp.enrolment import ActivateTotp, DeactivateTotp, FactorChange, GenerateTotp, RemoveSecondFactor
from vestibule.core.totp.proving import ActiveFactor, ProveSecondFactor, SecondFactorTries
from vestibule.core.totp.recovery import CountRecoveryCodes, MakeRecoveryCodes
from vestibule.core.totp.secrets import TotpSecrets
from vestibule.core.totp.signin import ElevateWithTotp, PendingSignIn, SignInWithSecondFactor

__all__ = [
    "ActivateTotp",
    "ActiveFactor",
    "CountRecoveryCodes",
    "DeactivateTotp",
    "ElevateWithTotp",
    "FactorChange",
    "GenerateTotp",
    "MakeRecoveryCodes",
    "PendingSignIn",
    "ProveSecondFactor",
    "RemoveSecondFactor",
    "SecondFactor",
    "SecondFactorTries",
    "SignInWithSecondFactor",
    "TotpOffer",
    "TotpSecrets",
    "picture_of",
]


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """All that can be done with a second factor."""

    secrets: TotpSecrets
    generate: GenerateTotp
    activate: ActivateTotp
    deactivate: DeactivateTotp
    remove: RemoveSecondFactor
    sign_in: SignInWithSecondFactor
    elevate: ElevateWithTotp
    make_recovery_codes: MakeRecoveryCodes
    count_recovery_codes: CountRecoveryCodes
