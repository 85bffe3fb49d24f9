"""What an authenticator application is given: the secret as text, the URI that holds it, and a picture of the URI."""

import base64
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from vestibule.core.totp.codes import DIGITS, STEP_SECONDS
from vestibule.kernel.secret import Secret

_PICTURE_PIXELS: Final = 200
_QUIET_ZONE: Final = 4  # modules on each side (ISO/IEC 18004)
_SMALLEST_MODULE: Final = 2


@dataclass(frozen=True, slots=True)
class TotpOffer:
    """A new secret, for its user's eyes only: in base32, and as `otpauth:` URI."""

    secret: Secret
    uri: Secret


def offer_of(secret: bytes, *, issuer: str, account: str) -> TotpOffer:
    """Return the secret as applications take it. The `account` tells it from the issuer's others."""
    text = base64.b32encode(secret).decode().rstrip("=")
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    parameters = {
        "algorithm": "SHA1",
        "digits": DIGITS,
        "issuer": issuer,
        "period": STEP_SECONDS,
        "secret": text,
    }
    # Applications take a plus sign for a plus sign, so a blank is %20.
    uri = f"otpauth://totp/{label}?{urlencode(parameters, quote_via=quote)}"
    return TotpOffer(Secret(text), Secret(uri))


def picture_of(offer: TotpOffer) -> str:
    """Return a QR code of the offer's URI, as data URI of a PNG of about 200 by 200. Takes tens of milliseconds."""
    import segno  # noqa: PLC0415 - costs memory that servers without second factors save

    code = segno.make_qr(offer.uri.reveal(), error="m")
    modules, _ = code.symbol_size(scale=1, border=_QUIET_ZONE)
    scale = max(_SMALLEST_MODULE, round(_PICTURE_PIXELS / modules))
    return code.png_data_uri(scale=scale, border=_QUIET_ZONE)
