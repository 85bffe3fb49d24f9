"""Profiles of providers that have no reader of their own: by the standard claims, or by members that somebody names."""

from collections.abc import Callable, Mapping

from vestibule.providers.members import member, text
from vestibule.providers.row import Profile, Said


def from_claims(said: Said, *, has_text_for_true: bool = False) -> Profile:
    """Read the ID token alone."""
    return standard_claims(said.claims, has_text_for_true=has_text_for_true)


def from_openid(said: Said) -> Profile:
    """Read the standard claims, from the profile where it has them and from the ID token where not.

    An address and the word on it come from one and the same document.
    """
    mail = said.profile if text(said.profile, "email") else said.claims
    return Profile(
        subject=text(said.claims, "sub"),
        email=text(mail, "email"),
        is_verified=member(mail, "email_verified") is True,
        name=text(said.profile, "name") or text(said.claims, "name"),
        picture=text(said.profile, "picture") or text(said.claims, "picture"),
    )


def standard_claims(claims: Mapping[str, object], *, has_text_for_true: bool = False) -> Profile:
    """Read the standard claims, wherever they stand (OpenID Connect Core 1.0 section 5.1)."""
    verified = member(claims, "email_verified")
    return Profile(
        subject=text(claims, "sub"),
        email=text(claims, "email"),
        is_verified=verified is True or (has_text_for_true and verified == "true"),
        name=text(claims, "name"),
        picture=text(claims, "picture"),
    )


def by_members(names: Mapping[str, str]) -> Callable[[Said], Profile]:
    """Return the reader of a profile whose members are called as `names` says; a dot leads into an object.

    `names` maps id, email, emailVerified, name and picture.
    """

    def found(said: Said, what: str) -> object:
        value: object = said.profile
        for part in names[what].split("."):
            value = member(value, part)
        return value

    def read(said: Said) -> Profile:
        subject = found(said, "id")
        return Profile(
            subject=str(subject) if isinstance(subject, int) and not isinstance(subject, bool) else text(subject),
            email=text(found(said, "email")),
            is_verified=found(said, "emailVerified") is True,
            name=text(found(said, "name")),
            picture=text(found(said, "picture")),
        )

    return read
