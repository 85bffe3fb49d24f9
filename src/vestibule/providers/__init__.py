"""The providers of identities: how each one is asked, and what of its answers is believed.

A row says in what a provider differs (`rows`, `custom`), one journey is made over all rows (`flow`), and ID tokens are
checked in one place (`id_token`). Only settings and rows are imported here, so that a server without providers pays for
nothing.
"""

from vestibule.providers.row import ClientAuthentication, Discovery, Endpoints, IdTokens, Row
from vestibule.providers.rows import ROWS
from vestibule.providers.settings import (
    AcceptedIdTokens,
    AppleKey,
    ConfiguredProvider,
    ProviderSettings,
    TwitterSettings,
)

__all__ = [
    "ROWS",
    "AcceptedIdTokens",
    "AppleKey",
    "ClientAuthentication",
    "ConfiguredProvider",
    "Discovery",
    "Endpoints",
    "IdTokens",
    "ProviderSettings",
    "Row",
    "TwitterSettings",
]
