"""Magic links: a mailed link that signs in, and registers who is new."""

from vestibule.core.links.signin import RequestSignInLink
from vestibule.core.links.signup import SignUpWithLink
from vestibule.core.links.wish import LinkWish

__all__ = ["LinkWish", "RequestSignInLink", "SignUpWithLink"]
