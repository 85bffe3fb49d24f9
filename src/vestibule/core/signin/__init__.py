"""Where every sign-in method ends: a session, or a ticket for the second factor."""

from vestibule.core.signin.finish import (
    SIGN_INS,
    DoorTerms,
    FinishSignIn,
    Identified,
    Method,
    SecondFactorRequired,
    SignedIn,
)

__all__ = ["SIGN_INS", "DoorTerms", "FinishSignIn", "Identified", "Method", "SecondFactorRequired", "SignedIn"]
