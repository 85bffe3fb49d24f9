"""Personal access tokens: what programs sign in with on behalf of a user."""

from vestibule.core.access_tokens.create import CreateAccessToken, IssuedAccessToken, NewAccessToken
from vestibule.core.access_tokens.listing import ListAccessTokens
from vestibule.core.access_tokens.revoke import RevokeAccessToken, RevokeOwnAccessToken
from vestibule.core.access_tokens.signin import SignInWithAccessToken
from vestibule.core.access_tokens.signout import SignOutEverywhere
from vestibule.core.access_tokens.store import ListedAccessToken

__all__ = [
    "CreateAccessToken",
    "IssuedAccessToken",
    "ListAccessTokens",
    "ListedAccessToken",
    "NewAccessToken",
    "RevokeAccessToken",
    "RevokeOwnAccessToken",
    "SignInWithAccessToken",
    "SignOutEverywhere",
]
