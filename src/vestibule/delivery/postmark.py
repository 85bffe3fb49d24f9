"""Postmark's API: its templates, named and filled as Nhost Auth does it, or our letters as they are."""

from collections.abc import Iterator
from typing import Final

import msgspec
import structlog

from vestibule.delivery.locales import fitting
from vestibule.delivery.mail import Mail, MailDelayed, MailRefused
from vestibule.delivery.mime import recipient_address, sender_address
from vestibule.delivery.settings import PostmarkSettings
from vestibule.outbound import OutboundClient, OutboundFailed

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.delivery")

# The names that templates know -> ours.
_MODEL: Final = {
    "link": "link",
    "displayName": "display_name",
    "email": "email",
    "newEmail": "new_email",
    "ticket": "ticket",
    "redirectTo": "redirect_to",
    "locale": "locale",
    "serverUrl": "server_url",
    "clientUrl": "client_url",
    "code": "code",
}
_NO_TEMPLATE: Final = 1101
# An address that no mail can reach, and one that bounced or complained before. All else is about us, or about now.
_FINAL: Final = frozenset({300, 406})
_TOO_LARGE: Final = 413


class _Told(msgspec.Struct, frozen=True, rename="pascal"):
    error_code: int = 0


class PostmarkTransport:
    """Sends by one of Postmark's servers."""

    def __init__(self, settings: PostmarkSettings, outbound: OutboundClient) -> None:
        self._settings = settings
        self._outbound = outbound
        self._sender = str(sender_address(settings))

    async def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises: MailRefused, MailDelayed."""
        envelope = {"From": self._sender, "To": recipient_address(mail.recipient).addr_spec}
        if self._settings.templates:
            model = _model(mail)
            for alias in self._aliases(mail):
                if await self._post(
                    "/email/withTemplate", {**envelope, "TemplateAlias": alias, "TemplateModel": model}
                ):
                    return
            _log.warning("postmark.template_missing", template=mail.template, locale=mail.locale)
        await self._post("/email", {**envelope, **_letter(mail)})

    async def rest(self) -> None:
        """Do nothing: idle connections end by themselves."""

    def _aliases(self, mail: Mail) -> Iterator[str]:
        for locale in dict.fromkeys(fitting(mail.locale, self._settings.default_locale)):
            yield f"{locale}.{mail.template}"

    async def _post(self, path: str, message: dict[str, object]) -> bool:
        """Return whether the mail was taken; False when there is no such template. Raises: MailRefused, MailDelayed."""
        try:
            reply = await self._outbound.post(
                self._settings.url + path,
                json=message,
                headers={"X-Postmark-Server-Token": self._settings.token.reveal(), "Accept": "application/json"},
            )
        except OutboundFailed as error:
            raise MailDelayed(f"postmark: {error}") from error
        try:
            code = reply.read(_Told).error_code
        except OutboundFailed:
            code = -1
        if reply.is_success and code == 0:
            return True
        if code == _NO_TEMPLATE:
            return False
        reason = f"postmark says {reply.status} ({code})"
        raise MailRefused(reason) if code in _FINAL or reply.status == _TOO_LARGE else MailDelayed(reason)


def _model(mail: Mail) -> dict[str, str]:
    model = {theirs: mail.values.get(ours, "") for theirs, ours in _MODEL.items()}
    return {**model, "ticket": model["ticket"] or model["code"]}  # Nhost's templates show a code by this name


def _letter(mail: Mail) -> dict[str, object]:
    return {
        "Subject": mail.subject,
        "HtmlBody": mail.html,
        **({"TextBody": mail.text} if mail.text else {}),
        "Headers": [{"Name": name, "Value": value} for name, value in mail.headers.items() if value],
    }
