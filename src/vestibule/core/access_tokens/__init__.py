"""Personal access tokens: what programs sign in with on behalf of a user."""

from vestibule.core.access_tokens.create import CreateAccessToken, IssuedAccessToken, NewAccessToken
from vestibule.core.access_tokens.revoke import RevokeAccessToken
from vestibule.core.access_tokens.signin import SignInWithAccessToken
from vestibule.core.access_tokens.signout import SignOutEverywhere

__all__ = [
    "CreateAccessToken",
    "IssuedAccessToken",
    "NewAccessToken",
    "RevokeAccessToken",
    "SignInWithAccessToken",
    "SignOutEverywhere",
]
