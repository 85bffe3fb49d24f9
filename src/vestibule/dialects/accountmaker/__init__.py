"""AccountMaker's end-user API: applications, accounts and clients, problem details, tokens in bodies or cookies."""

from vestibule.dialects.accountmaker.client_settings import check_client_settings
from vestibule.dialects.accountmaker.mount import accountmaker_mount
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.accountmaker.tokens import client_jwks

__all__ = ["AccountMakerSettings", "accountmaker_mount", "check_client_settings", "client_jwks"]
