"""Passwords: setting, comparing and resetting them, on a pool that overload cannot stretch."""

from vestibule.core.passwords.change import ChangePassword, PasswordChange, SetPassword
from vestibule.core.passwords.deanonymize import DeanonymizeWithPassword
from vestibule.core.passwords.guessing import REFUSED, GuardGuesses, Stuffing
from vestibule.core.passwords.hashing import Argon2Profile, Hashing, HashingLoad
from vestibule.core.passwords.leaks import LeakedPasswords, NoteLeaked, VetPassword
from vestibule.core.passwords.older import OlderHashes
from vestibule.core.passwords.provision import ProvisionedUser, ProvisionUser
from vestibule.core.passwords.reset import RequestPasswordReset, ResetPassword
from vestibule.core.passwords.rules import MAX_BYTES, NewPassword, normalised
from vestibule.core.passwords.signin import PasswordAttempt, SignInWithPassword
from vestibule.core.passwords.signup import PasswordSignUp, SignUpOutcome, SignUpWithPassword

__all__ = [
    "MAX_BYTES",
    "REFUSED",
    "Argon2Profile",
    "ChangePassword",
    "DeanonymizeWithPassword",
    "GuardGuesses",
    "Hashing",
    "HashingLoad",
    "LeakedPasswords",
    "NewPassword",
    "NoteLeaked",
    "OlderHashes",
    "PasswordAttempt",
    "PasswordChange",
    "PasswordSignUp",
    "ProvisionUser",
    "ProvisionedUser",
    "RequestPasswordReset",
    "ResetPassword",
    "SetPassword",
    "SignInWithPassword",
    "SignUpOutcome",
    "SignUpWithPassword",
    "Stuffing",
    "VetPassword",
    "normalised",
]
