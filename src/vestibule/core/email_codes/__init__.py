"""Codes that come by mail: to sign in, to register, to prove oneself again."""

from vestibule.core.email_codes.elevation import ElevateWithEmailCode, RequestElevationEmail
from vestibule.core.email_codes.request import RequestEmailCode
from vestibule.core.email_codes.signin import EmailCodeAttempt, SignInWithEmailCode
from vestibule.core.email_codes.signup import SignUpWithEmailCode
from vestibule.core.email_codes.wish import EmailCodeWish

__all__ = [
    "ElevateWithEmailCode",
    "EmailCodeAttempt",
    "EmailCodeWish",
    "RequestElevationEmail",
    "RequestEmailCode",
    "SignInWithEmailCode",
    "SignUpWithEmailCode",
]
