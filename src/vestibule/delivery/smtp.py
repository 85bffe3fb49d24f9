"""SMTP: connections that are reused while there is mail, and errors sorted into "never" and "not now"."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from vestibule.delivery.mail import Mail, MailDelayed, MailRefused
from vestibule.delivery.mime import mime, recipient_address, sender_address
from vestibule.delivery.settings import SmtpSettings
from vestibule.kernel.clock import monotonic_seconds

_STEP_SECONDS: Final = 20.0
_FRESH_SECONDS: Final = 10.0
_FAREWELL_SECONDS: Final = 1.0
_LETTERS_PER_CONNECTION: Final = 100  # servers cut off those who never leave
_PERMANENT: Final = range(500, 600)
# RFC 4954 section 6, RFC 3207 section 4: these are about how we came in, not about the recipient.
_ACCESS_CODES: Final = frozenset({530, 534, 535, 538})
_START_TLS: Final = {"auto": None, "required": True, "off": False}
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1", "mailhog"})


@dataclass(slots=True)
class _Connection:
    client: SMTP
    letters: int = 0
    used_at_seconds: float = 0.0


class SmtpTransport:
    """Sends by one mail server. Used by several tasks at once: each holds a connection of its own while it sends."""

    def __init__(self, settings: SmtpSettings, *, step: timedelta = timedelta(seconds=_STEP_SECONDS)) -> None:
        self._settings = settings
        self._sender = sender_address(settings)
        self._step_seconds = step.total_seconds()
        self._idle: list[_Connection] = []
        self._tls: ssl.SSLContext | None = None

    async def send(self, mail: Mail) -> None:
        """Hand the mail to the server. Raises: MailRefused, MailDelayed."""
        recipient = recipient_address(mail.recipient)
        letter = mime(mail, self._sender, recipient, self._settings.x_smtpapi)
        connection = await self._connection()
        try:
            await self._hand_over(connection.client, recipient.addr_spec, letter)
        except (MailRefused, MailDelayed):
            await _leave(connection.client)
            raise
        except BaseException:  # cancelled in the middle of a dialogue: nobody may use that connection again
            connection.client.close()
            raise
        connection.letters += 1
        connection.used_at_seconds = monotonic_seconds()
        if connection.letters < _LETTERS_PER_CONNECTION:
            self._idle.append(connection)
        else:
            await _leave(connection.client)

    async def rest(self) -> None:
        """Say goodbye on all idle connections."""
        while self._idle:
            await _leave(self._idle.pop().client)

    async def _hand_over(self, client: SMTP, recipient: str, letter: bytes) -> None:
        options = [] if recipient.isascii() else ["SMTPUTF8"]
        try:
            await client.sendmail(self._sender.addr_spec, [recipient], letter, mail_options=options)
        except ValueError as error:
            raise MailRefused("the recipient is not an address that SMTP can carry") from error
        except (SMTPException, OSError) as error:
            raise _verdict(error) from error

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if monotonic_seconds() - connection.used_at_seconds > _FRESH_SECONDS:
                await _leave(connection.client)
                continue
            try:
                # Asked before the letter: a connection that is lost after it leaves open whether it was taken.
                await connection.client.noop()
            except (SMTPException, OSError):
                connection.client.close()
            else:
                return connection
        try:
            return _Connection(await self._connect())
        except (SMTPException, OSError) as error:
            raise MailDelayed(_text(error), logged=_class(error)) from error

    async def _connect(self) -> SMTP:
        settings = self._settings
        client = SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=self._sender.domain,
            timeout=self._step_seconds,
            use_tls=settings.secure,
            start_tls=False if settings.secure else _START_TLS[settings.starttls],
            tls_context=await self._tls_context(),
        )
        try:
            await client.connect()
            await self._log_in(client)
        except BaseException:
            client.close()
            raise
        return client

    async def _log_in(self, client: SMTP) -> None:
        settings = self._settings
        if not settings.user:
            return
        encrypted = client.get_transport_info("sslcontext") is not None
        if settings.auth_method != "CRAM-MD5" and not encrypted and settings.host not in _LOCAL_HOSTS:
            raise MailDelayed("the mail server offers no TLS: the password is not sent in the clear")
        await client.ehlo()  # RFC 3207 section 4.2: what was said before STARTTLS is forgotten
        log_in = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login, "CRAM-MD5": client.auth_crammd5}
        await log_in[settings.auth_method](settings.user, settings.password.reveal())

    async def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:  # reading the authorities takes tens of milliseconds
            self._tls = await asyncio.to_thread(ssl.create_default_context, cafile=self._settings.ca_file)
        return self._tls


async def _leave(client: SMTP) -> None:
    try:
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await client.quit()
    except (SMTPException, OSError):
        pass  # it was going away in any case
    finally:
        client.close()


def _verdict(error: Exception) -> MailRefused | MailDelayed:
    """Return what a failure means for the letter; the text goes into the delivery log."""
    cause = error.recipients[0] if isinstance(error, SMTPRecipientsRefused) and error.recipients else error
    if isinstance(cause, SMTPRecipientRefused | SMTPDataError):
        permanent = cause.code in _PERMANENT and cause.code not in _ACCESS_CODES
        kind = MailRefused if permanent else MailDelayed
        return kind(_text(cause), logged=_class(cause))
    if isinstance(cause, SMTPNotSupported) and "SMTPUTF8" in cause.message:
        return MailRefused("the mail server takes no addresses outside ASCII")
    return MailDelayed(_text(cause), logged=_class(cause))


def _text(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"


def _class(error: Exception) -> str:
    """Return what happened without the server's words, in which the address may stand."""
    code = f" {error.code}" if isinstance(error, SMTPResponseException) else ""
    beneath = f" ({type(error.__cause__).__name__})" if isinstance(error.__cause__, OSError) else ""
    return f"{type(error).__name__}{code}{beneath}"
