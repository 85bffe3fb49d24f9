"""Where every sign-in method ends: a session, or a ticket for the second factor."""

from vestibule.core.signin.finish import (
    DoorTerms,
    FinishSignIn,
    Identified,
    Method,
    SecondFactorRequired,
    SignedIn,
)

__all__ = ["DoorTerms", "FinishSignIn", "Identified", "Method", "SecondFactorRequired", "SignedIn"]
