"""Text messages: one small interface, and a module for each provider that speaks its protocol."""

from vestibule.delivery.sms.settings import (
    DevTexts,
    GenericTexts,
    ModicaTexts,
    TextSettings,
    TwilioTexts,
    TwilioVerification,
)
from vestibule.delivery.sms.transport import TextDelayed, TextRefused, TextTransport

__all__ = [
    "DevTexts",
    "GenericTexts",
    "ModicaTexts",
    "TextDelayed",
    "TextRefused",
    "TextSettings",
    "TextTransport",
    "TwilioTexts",
    "TwilioVerification",
]
