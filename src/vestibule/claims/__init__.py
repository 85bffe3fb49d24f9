"""Sources of custom claims that are servers of the operator's: Hasura, and a webhook of their own."""

from vestibule.claims.hasura import HasuraClaims, graphql_name_problem
from vestibule.claims.settings import ClaimsSettings, HasuraSettings, WebhookSettings
from vestibule.claims.webhook import WebhookClaims

__all__ = [
    "ClaimsSettings",
    "HasuraClaims",
    "HasuraSettings",
    "WebhookClaims",
    "WebhookSettings",
    "graphql_name_problem",
]
