"""What the core learns of somebody: the provider's words, which the core makes fit to be kept and shown."""

from vestibule.core.social.model import ExternalIdentity
from vestibule.providers.row import Profile, Row


def identity_of(row: Row, profile: Profile) -> ExternalIdentity | None:
    """Return who it is; None when the provider does not say.

    An address is vouched for only if the row is one whose word is taken and the provider said so (security 3).
    """
    if not profile.subject:
        return None
    return ExternalIdentity(
        provider=row.name,
        issuer=row.issuer,
        subject=profile.subject,
        email=profile.email or None,
        email_is_vouched=bool(profile.email) and row.vouches and profile.is_verified,
        name=profile.name,
        picture=profile.picture,
    )
