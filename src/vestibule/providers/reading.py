"""Profiles out of what providers answer, a reader each. Whatever is missing or of another type is taken as not said."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from vestibule.providers.members import first, member, number, text, together
from vestibule.providers.row import Profile, Said
from vestibule.providers.standard import from_claims, standard_claims

_LONGEST_USER: Final = 2_000


def apple(said: Said) -> Profile:
    """Read Apple's ID token. The name is in a form field, which nobody signs: nothing else is taken from there."""
    profile = from_claims(said, has_text_for_true=True)
    name = together(text(_user(said.user), "name", "firstName"), text(_user(said.user), "name", "lastName"))
    if not profile.email:
        return Profile(subject="")
    return Profile(
        subject=profile.subject, email=profile.email, is_verified=profile.is_verified, name=name or profile.email
    )


def _user(written: str) -> object:
    if len(written) > _LONGEST_USER:
        return None
    try:
        return msgspec.json.decode(written)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def github(said: Said) -> Profile:
    """Read GitHub's user and the list of addresses, of which the primary one is preferred."""
    chosen = _preferred(said.emails, is_primary="primary", is_verified="verified")
    if chosen is None:
        return Profile(subject="")
    return Profile(
        subject=number(said.profile, "id"),
        email=text(chosen, "email"),
        is_verified=member(chosen, "verified") is True,
        name=text(said.profile, "name"),
        picture=text(said.profile, "avatar_url"),
    )


def bitbucket(said: Said) -> Profile:
    """Read Bitbucket's user and the list of addresses, of which the primary one is preferred."""
    chosen = _preferred(member(said.emails, "values"), is_primary="is_primary", is_verified="is_confirmed")
    if chosen is None:
        return Profile(subject="")
    return Profile(
        subject=text(said.profile, "uuid"),
        email=text(chosen, "email"),
        is_verified=member(chosen, "is_confirmed") is True,
        name=text(said.profile, "display_name"),
        picture=text(said.profile, "links", "avatar", "href"),
    )


def _preferred(listed: object, *, is_primary: str, is_verified: str) -> Mapping[str, object] | None:
    found = list(_with_address(listed))
    found.sort(key=lambda each: (each.get(is_verified) is not True, each.get(is_primary) is not True))
    return found[0] if found else None


def _with_address(listed: object) -> Iterator[Mapping[str, object]]:
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, Mapping) and text(each, "email"):
            yield each


def google(said: Said) -> Profile:
    """Read Google's userinfo, version 2."""
    return Profile(
        subject=text(said.profile, "id"),
        email=text(said.profile, "email"),
        is_verified=member(said.profile, "verified_email") is True,
        name=text(said.profile, "name"),
        picture=text(said.profile, "picture"),
    )


def linkedin(said: Said) -> Profile:
    """Read LinkedIn's userinfo."""
    profile = standard_claims(said.profile)
    name = together(text(said.profile, "given_name"), text(said.profile, "family_name"))
    return Profile(
        subject=profile.subject,
        email=profile.email,
        is_verified=profile.is_verified,
        name=name or profile.email,
        picture=profile.picture,
    )


def discord(said: Said) -> Profile:
    """Read Discord's user. A discriminator of 0 marks the newer names, which are unique without one."""
    user, avatar = text(said.profile, "id"), text(said.profile, "avatar")
    name, discriminator = text(said.profile, "username"), text(said.profile, "discriminator")
    return Profile(
        subject=user,
        email=text(said.profile, "email"),
        is_verified=member(said.profile, "verified") is True,
        name=f"{name}#{discriminator}" if discriminator not in {"", "0"} else name,
        picture=f"https://cdn.discordapp.com/avatars/{user}/{avatar}.png" if avatar else "",
    )


def spotify(said: Said) -> Profile:
    """Read Spotify's user."""
    return Profile(
        subject=text(said.profile, "id"),
        email=text(said.profile, "email"),
        name=text(said.profile, "display_name"),
        picture=text(first(member(said.profile, "images")), "url"),
    )


def twitch(said: Said) -> Profile:
    """Read the one user in Twitch's list."""
    user = first(member(said.profile, "data"))
    return Profile(
        subject=text(user, "id"),
        email=text(user, "email"),
        name=text(user, "display_name"),
        picture=text(user, "profile_image_url"),
    )


def gitlab(said: Said) -> Profile:
    """Read GitLab's user."""
    return Profile(
        subject=number(said.profile, "id"),
        email=text(said.profile, "email"),
        name=text(said.profile, "name"),
        picture=text(said.profile, "avatar_url"),
    )


def workos(said: Said) -> Profile:
    """Read WorkOS's profile."""
    return Profile(
        subject=text(said.profile, "id"),
        email=text(said.profile, "email"),
        name=together(text(said.profile, "first_name"), text(said.profile, "last_name")),
    )


def azuread(said: Said) -> Profile:
    """Read the older endpoint of Microsoft's, where names of accounts look like addresses. Nobody vouches for those."""
    return _microsoft(said, subject="oid", name=text(said.profile, "name"), others=("preferred_username", "upn"))


def entraid(said: Said) -> Profile:
    """Read the newer endpoint of Microsoft's."""
    name = together(
        text(said.profile, "givenname") or text(said.profile, "given_name"),
        text(said.profile, "familyname") or text(said.profile, "family_name"),
    )
    return _microsoft(said, subject="sub", name=name or text(said.profile, "name"))


def _microsoft(said: Said, *, subject: str, name: str, others: tuple[str, ...] = ()) -> Profile:
    # An administrator of any tenant writes any address there. Only `xms_edov` says that the tenant owns its domain, and
    # it speaks of the address beside it.
    if text(said.claims, "email") and member(said.claims, "xms_edov") is True:
        email, is_verified = text(said.claims, "email"), True
    else:
        email, is_verified = text(said.profile, "email") or text(said.claims, "email"), False
    for claim in others:
        email = email or text(said.profile, claim) or text(said.claims, claim)
    return Profile(
        subject=text(said.claims or said.profile, subject),
        email=email,
        is_verified=is_verified,
        name=name or text(said.claims, "name"),
    )


def strava(said: Said) -> Profile:
    """Read Strava's athlete, who has no address."""
    return Profile(
        subject=number(said.profile, "id"),
        name=together(text(said.profile, "firstname"), text(said.profile, "lastname")),
        picture=text(said.profile, "profile_medium"),
    )


def facebook(said: Said) -> Profile:
    """Read Facebook's user."""
    return Profile(
        subject=text(said.profile, "id"),
        email=text(said.profile, "email"),
        name=text(said.profile, "name"),
        picture=text(said.profile, "picture", "data", "url"),
    )


def windowslive(said: Said) -> Profile:
    """Read the user of Microsoft's Live Connect."""
    emails = member(said.profile, "emails")
    return Profile(
        subject=text(said.profile, "id"),
        email=text(emails, "preferred") or text(emails, "account"),
        name=together(text(said.profile, "name"), text(said.profile, "last_name")),
        picture=text(said.profile, "profile_image_url"),
    )


def twitter(said: Said) -> Profile:
    """Read Twitter's account."""
    return Profile(
        subject=text(said.profile, "id_str"),
        email=text(said.profile, "email"),
        name=text(said.profile, "name"),
        picture=text(said.profile, "profile_image_url_https"),
    )
