"""Codes that come by text message: to sign in, to register, to prove oneself again, to change one's number."""

from vestibule.core.text_codes.change import ChangePhone, PhoneProof, RequestPhoneChange
from vestibule.core.text_codes.elevation import ElevateWithTextCode, RequestElevationText
from vestibule.core.text_codes.naming import NameByNumber, RequestNaming
from vestibule.core.text_codes.provider import CodesOfProvider
from vestibule.core.text_codes.request import RequestTextCode
from vestibule.core.text_codes.sending import SendText
from vestibule.core.text_codes.signin import ProveNumber, SignInWithTextCode, TextCodeAttempt
from vestibule.core.text_codes.signup import SignUpWithTextCode
from vestibule.core.text_codes.wish import TextCodeWish, TextNewcomers

__all__ = [
    "ChangePhone",
    "CodesOfProvider",
    "ElevateWithTextCode",
    "NameByNumber",
    "PhoneProof",
    "ProveNumber",
    "RequestElevationText",
    "RequestNaming",
    "RequestPhoneChange",
    "RequestTextCode",
    "SendText",
    "SignInWithTextCode",
    "SignUpWithTextCode",
    "TextCodeAttempt",
    "TextCodeWish",
    "TextNewcomers",
]
