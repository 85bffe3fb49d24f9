"""Modica's Mobile Gateway, REST v2: answers 202 with the message's id."""

from vestibule.delivery.sms.settings import ModicaTexts
from vestibule.delivery.sms.transport import TextRefused, handed_over
from vestibule.delivery.texts import Text
from vestibule.outbound import OutboundClient


class ModicaTransport:
    """Sends by one application of Modica's."""

    def __init__(self, settings: ModicaTexts, outbound: OutboundClient) -> None:
        self._settings = settings
        self._outbound = outbound

    async def send(self, text: Text) -> None:
        """Queue the text there. Raises: TextRefused, TextDelayed."""
        if not text.recipient.startswith("+"):  # without it Modica would take a short code for a telephone
            raise TextRefused("the number has no country")
        call = self._outbound.post(
            f"{self._settings.url}/rest/sms/v2/messages",
            json={"destination": text.recipient, "content": text.body},
            basic=(self._settings.username, self._settings.password),
        )
        await handed_over("modica", call, code="error")
