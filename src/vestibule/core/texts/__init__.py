"""Text messages to telephones: which numbers get them, how many, and codes that a provider makes and checks."""

from vestibule.core.texts.phone import PhoneNumber, parse_phone
from vestibule.core.texts.postage import TextPostage
from vestibule.core.texts.remote import RemoteVerification

__all__ = ["PhoneNumber", "RemoteVerification", "TextPostage", "parse_phone"]
