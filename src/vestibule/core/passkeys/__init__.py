"""Passkeys (WebAuthn): signing up and in with them, proving oneself again with one, adding, listing, removing them."""

from vestibule.core.passkeys.addition import AddPasskey
from vestibule.core.passkeys.answers import PresentedAssertion, PresentedAttestation, to_base64url
from vestibule.core.passkeys.ceremonies import CreationOptions, RequestOptions
from vestibule.core.passkeys.challenges import Challenges
from vestibule.core.passkeys.elevation import ElevateWithPasskey
from vestibule.core.passkeys.keeping import MOST_PER_USER, KeepPasskey, NewPasskey
from vestibule.core.passkeys.listing import ListPasskeys
from vestibule.core.passkeys.proving import EnterWithPasskey
from vestibule.core.passkeys.removal import RemovePasskey
from vestibule.core.passkeys.signatures import ALGORITHMS
from vestibule.core.passkeys.signin import SignInWithPasskey
from vestibule.core.passkeys.signup import PasskeySignUp, PasskeySignUpAnswer, SignUpWithPasskey
from vestibule.core.passkeys.store import ListedPasskey

__all__ = [
    "ALGORITHMS",
    "MOST_PER_USER",
    "AddPasskey",
    "Challenges",
    "CreationOptions",
    "ElevateWithPasskey",
    "EnterWithPasskey",
    "KeepPasskey",
    "ListPasskeys",
    "ListedPasskey",
    "NewPasskey",
    "PasskeySignUp",
    "PasskeySignUpAnswer",
    "PresentedAssertion",
    "PresentedAttestation",
    "RemovePasskey",
    "RequestOptions",
    "SignInWithPasskey",
    "SignUpWithPasskey",
    "to_base64url",
]
