"""Telephone numbers in one spelling, so that one number is one user and one count."""

from dataclasses import dataclass
from typing import Final

from vestibule.kernel.errors import InvalidPhoneNumber

_LONGEST: Final = 64  # before normalising; nobody writes a number of 15 digits longer
_NO_COUNTRY: Final = "001"  # satellites and the like: dear to call, and nobody's telephone


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that somebody may carry around: `e164` is "+4915123456789", `country` is ISO 3166-1, "DE"."""

    e164: str
    country: str

    @property
    def block(self) -> str:
        """The ten thousand numbers around it, which their operator often gave to one customer."""
        return self.e164[:-4]


def parse_phone(text: str, default_country: str | None = None) -> PhoneNumber:
    """Return the number that people mean by `text`; without a leading plus it is one of `default_country`.

    Only numbers that are in use and can be a person's: no premium or shared cost services, no satellites.

    Raises: InvalidPhoneNumber.
    """
    import phonenumbers  # noqa: PLC0415 - its tables are large, and many servers send no texts

    if len(text) > _LONGEST:
        raise InvalidPhoneNumber
    try:
        parsed = phonenumbers.parse(text, default_country)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhoneNumber from error
    country = phonenumbers.region_code_for_number(parsed)
    kinds = phonenumbers.PhoneNumberType
    kind = phonenumbers.number_type(parsed)
    # Ranges that nobody was given are of an unknown kind, and a favourite of fraudsters.
    personal = (kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE, kinds.FIXED_LINE, kinds.VOIP)
    if country is None or country == _NO_COUNTRY or kind not in personal:
        raise InvalidPhoneNumber
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), country)
