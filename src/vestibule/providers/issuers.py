"""What stands for each provider in the identities of its users, whether it is switched on or not."""

from vestibule.providers.rows import ROWS
from vestibule.providers.settings import ProviderSettings
from vestibule.providers.twitter import ROW as TWITTER


def issuers_of(settings: ProviderSettings) -> dict[str, str]:
    """Return the issuer by the provider's name: as it is configured, else as it comes."""
    rows = (*ROWS.values(), TWITTER, *(each.row for each in settings.oauth2))
    return {row.name: row.issuer for row in rows}
