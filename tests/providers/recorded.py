"""What each provider answers, in the shapes of its public documentation, with people who do not exist."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

TENANT: Final = "3f2a1b4c-0d5e-4f60-8a7b-9c0d1e2f3a4b"


@dataclass(frozen=True)
class Recorded:
    """One person at one provider.

    `documents` are by their path. `claims` are those of the ID token, without the times and the nonce. `mail` leads to
    the address, and `verified` to the word on it, from the document (or `claims`) that it is in.
    """

    subject: str
    name: str
    documents: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    email: str | None = "ada@acme.example"
    mail: tuple[str | int, ...] = ()
    verified: tuple[str | int, ...] = ()
    id: tuple[str | int, ...] = ()
    picture: str = ""
    needs_email: bool = False

    def changed(self, path: tuple[str | int, ...], value: Any) -> "Recorded":
        """Return the same with another value at `path`, which starts with the document or `claims`."""
        documents, claims = deepcopy(dict(self.documents)), deepcopy(dict(self.claims))
        place: Any = claims if path[0] == "claims" else documents[str(path[0])]
        for step in path[1:-1]:
            place = place[step]
        if value is MISSING:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return _replaced(self, documents, claims)


MISSING: Final = object()


def _replaced(recorded: Recorded, documents: Mapping[str, Any], claims: Mapping[str, Any]) -> Recorded:
    return Recorded(
        subject=recorded.subject,
        name=recorded.name,
        documents=documents,
        claims=claims,
        email=recorded.email,
        mail=recorded.mail,
        verified=recorded.verified,
        id=recorded.id,
        picture=recorded.picture,
        needs_email=recorded.needs_email,
    )


PEOPLE: Final[dict[str, Recorded]] = {
    "apple": Recorded(
        subject="001234.a1b2c3d4e5f60718293a4b5c6d7e8f90.1234",
        name="ada@acme.example",
        claims={
            "iss": "https://appleid.apple.com",
            "sub": "001234.a1b2c3d4e5f60718293a4b5c6d7e8f90.1234",
            "email": "ada@acme.example",
            "email_verified": True,
            "is_private_email": False,
            "auth_time": 1_790_000_000,
            "nonce_supported": True,
        },
        mail=("claims", "email"),
        verified=("claims", "email_verified"),
        id=("claims", "sub"),
        needs_email=True,
    ),
    "github": Recorded(
        subject="583231",
        name="Ada Lovelace",
        documents={
            "/user": {
                "login": "ada",
                "id": 583231,
                "node_id": "MDQ6VXNlcjU4MzIzMQ==",
                "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
                "type": "User",
                "site_admin": False,
                "name": "Ada Lovelace",
                "company": None,
                "email": "shown@elsewhere.example",
            },
            "/user/emails": [
                {"email": "old@acme.example", "primary": False, "verified": False, "visibility": None},
                {"email": "ada@acme.example", "primary": True, "verified": True, "visibility": "private"},
            ],
        },
        mail=("/user/emails", 1, "email"),
        verified=("/user/emails", 1, "verified"),
        id=("/user", "id"),
        picture="https://avatars.githubusercontent.com/u/583231?v=4",
        needs_email=True,
    ),
    "google": Recorded(
        subject="110169484474386276334",
        name="Ada Lovelace",
        documents={
            "/oauth2/v2/userinfo": {
                "id": "110169484474386276334",
                "email": "ada@acme.example",
                "verified_email": True,
                "name": "Ada Lovelace",
                "given_name": "Ada",
                "family_name": "Lovelace",
                "picture": "https://lh3.googleusercontent.com/a/ada=s96-c",
                "hd": "acme.example",
            }
        },
        claims={
            "iss": "https://accounts.google.com",
            "sub": "110169484474386276334",
            "email": "ada@acme.example",
            "email_verified": True,
            "hd": "acme.example",
        },
        mail=("/oauth2/v2/userinfo", "email"),
        verified=("/oauth2/v2/userinfo", "verified_email"),
        id=("/oauth2/v2/userinfo", "id"),
        picture="https://lh3.googleusercontent.com/a/ada=s96-c",
    ),
    "linkedin": Recorded(
        subject="782bbtaQ",
        name="Ada Lovelace",
        documents={
            "/v2/userinfo": {
                "sub": "782bbtaQ",
                "name": "Ada Lovelace",
                "given_name": "Ada",
                "family_name": "Lovelace",
                "picture": "https://media.licdn.com/dms/image/ada",
                "locale": {"country": "GB", "language": "en"},
                "email": "ada@acme.example",
                "email_verified": True,
            }
        },
        claims={"iss": "https://www.linkedin.com/oauth", "sub": "782bbtaQ"},
        mail=("/v2/userinfo", "email"),
        verified=("/v2/userinfo", "email_verified"),
        id=("/v2/userinfo", "sub"),
        picture="https://media.licdn.com/dms/image/ada",
    ),
    "discord": Recorded(
        subject="80351110224678912",
        name="ada#1337",
        documents={
            "/api/users/@me": {
                "id": "80351110224678912",
                "username": "ada",
                "discriminator": "1337",
                "global_name": "Ada",
                "avatar": "8342729096ea3675442027381ff50dfe",
                "verified": True,
                "email": "ada@acme.example",
                "flags": 64,
                "mfa_enabled": False,
            }
        },
        mail=("/api/users/@me", "email"),
        verified=("/api/users/@me", "verified"),
        id=("/api/users/@me", "id"),
        picture="https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png",
    ),
    "spotify": Recorded(
        subject="ada1815",
        name="Ada",
        documents={
            "/v1/me": {
                "country": "GB",
                "display_name": "Ada",
                "email": "ada@acme.example",
                "id": "ada1815",
                "images": [{"url": "https://i.scdn.co/image/ada", "height": 300, "width": 300}],
                "product": "premium",
                "type": "user",
            }
        },
        mail=("/v1/me", "email"),
        id=("/v1/me", "id"),
        picture="https://i.scdn.co/image/ada",
    ),
    "twitch": Recorded(
        subject="141981764",
        name="Ada",
        documents={
            "/helix/users": {
                "data": [
                    {
                        "id": "141981764",
                        "login": "ada",
                        "display_name": "Ada",
                        "type": "",
                        "broadcaster_type": "",
                        "description": "",
                        "profile_image_url": "https://static-cdn.jtvnw.net/jtv_user_pictures/ada.png",
                        "view_count": 0,
                        "email": "ada@acme.example",
                        "created_at": "2016-12-14T20:32:28Z",
                    }
                ]
            }
        },
        mail=("/helix/users", "data", 0, "email"),
        id=("/helix/users", "data", 0, "id"),
        picture="https://static-cdn.jtvnw.net/jtv_user_pictures/ada.png",
    ),
    "gitlab": Recorded(
        subject="1",
        name="Ada Lovelace",
        documents={
            "/api/v4/user": {
                "id": 1,
                "username": "ada",
                "email": "ada@acme.example",
                "name": "Ada Lovelace",
                "state": "active",
                "avatar_url": "https://gitlab.com/uploads/-/system/user/avatar/1/ada.png",
                "confirmed_at": "2012-05-23T09:05:22Z",
            }
        },
        mail=("/api/v4/user", "email"),
        id=("/api/v4/user", "id"),
        picture="https://gitlab.com/uploads/-/system/user/avatar/1/ada.png",
    ),
    "bitbucket": Recorded(
        subject="{14b0ee4a-2f2b-4f4e-9c4d-5f7a1b8c9d0e}",
        name="Ada Lovelace",
        documents={
            "/2.0/user": {
                "uuid": "{14b0ee4a-2f2b-4f4e-9c4d-5f7a1b8c9d0e}",
                "account_id": "557058:ada",
                "display_name": "Ada Lovelace",
                "nickname": "ada",
                "links": {"avatar": {"href": "https://secure.gravatar.com/avatar/ada"}},
                "type": "user",
            },
            "/2.0/user/emails": {
                "values": [
                    {"email": "old@acme.example", "is_primary": False, "is_confirmed": False, "type": "email"},
                    {"email": "ada@acme.example", "is_primary": True, "is_confirmed": True, "type": "email"},
                ],
                "page": 1,
                "size": 2,
            },
        },
        mail=("/2.0/user/emails", "values", 1, "email"),
        verified=("/2.0/user/emails", "values", 1, "is_confirmed"),
        id=("/2.0/user", "uuid"),
        picture="https://secure.gravatar.com/avatar/ada",
        needs_email=True,
    ),
    "workos": Recorded(
        subject="prof_01DMC79VCBZ0NY2099737PSVF1",
        name="Ada Lovelace",
        documents={
            "/sso/profile": {
                "object": "profile",
                "id": "prof_01DMC79VCBZ0NY2099737PSVF1",
                "connection_id": "conn_01E4ZCR3C56J083X43JQXF3JK5",
                "connection_type": "OktaSAML",
                "organization_id": "org_01EHWNCE74X7JSDV0X3SZ3KJNY",
                "email": "ada@acme.example",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "idp_id": "00u1a0ufowBJlzPlk357",
                "raw_attributes": {"email_verified": True},
            }
        },
        mail=("/sso/profile", "email"),
        id=("/sso/profile", "id"),
    ),
    "azuread": Recorded(
        subject="9d1f2c3b-4a5e-4768-9a8b-7c6d5e4f3a2b",
        name="Ada Lovelace",
        documents={
            f"/{TENANT}/openid/userinfo": {
                "sub": "kAyYNvu4xNzIAZbHPYMIbPXOhEJvxlTr0n2ONtRXLc4",
                "oid": "9d1f2c3b-4a5e-4768-9a8b-7c6d5e4f3a2b",
                "tid": TENANT,
                "email": "ada@acme.example",
                "name": "Ada Lovelace",
                "upn": "ada@acme.onmicrosoft.example",
                "unique_name": "ada@acme.onmicrosoft.example",
            }
        },
        claims={
            "iss": f"https://sts.windows.net/{TENANT}/",
            "sub": "kAyYNvu4xNzIAZbHPYMIbPXOhEJvxlTr0n2ONtRXLc4",
            "oid": "9d1f2c3b-4a5e-4768-9a8b-7c6d5e4f3a2b",
            "tid": TENANT,
            "email": "ada@acme.example",
            "xms_edov": True,
        },
        mail=("claims", "email"),
        verified=("claims", "xms_edov"),
        id=("claims", "oid"),
    ),
    "entraid": Recorded(
        subject="AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
        name="Ada Lovelace",
        documents={
            "/oidc/userinfo": {
                "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
                "name": "Ada Lovelace",
                "givenname": "Ada",
                "familyname": "Lovelace",
                "picture": "https://graph.microsoft.com/v1.0/me/photo/$value",
                "email": "ada@acme.example",
            }
        },
        claims={
            "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
            "tid": TENANT,
            "oid": "00000000-0000-0000-66f3-3332eca7ea81",
            "preferred_username": "ada@acme.onmicrosoft.example",
            "email": "ada@acme.example",
            "xms_edov": True,
        },
        mail=("claims", "email"),
        verified=("claims", "xms_edov"),
        id=("claims", "sub"),
    ),
    "strava": Recorded(
        subject="1234567890987654321",
        name="Ada Lovelace",
        documents={
            "/api/v3/athlete": {
                "id": 1234567890987654321,
                "username": "ada",
                "resource_state": 3,
                "firstname": "Ada",
                "lastname": "Lovelace",
                "profile_medium": "https://dgalywyr863hv.cloudfront.net/pictures/athletes/1/medium.jpg",
            }
        },
        email=None,
        id=("/api/v3/athlete", "id"),
        picture="https://dgalywyr863hv.cloudfront.net/pictures/athletes/1/medium.jpg",
    ),
    "facebook": Recorded(
        subject="10150002138389999",
        name="Ada Lovelace",
        documents={
            "/me": {
                "id": "10150002138389999",
                "name": "Ada Lovelace",
                "email": "ada@acme.example",
                "picture": {
                    "data": {
                        "height": 50,
                        "is_silhouette": False,
                        "url": "https://platform-lookaside.fbsbx.com/platform/profilepic/?asid=1",
                        "width": 50,
                    }
                },
            }
        },
        mail=("/me", "email"),
        id=("/me", "id"),
        picture="https://platform-lookaside.fbsbx.com/platform/profilepic/?asid=1",
    ),
    "windowslive": Recorded(
        subject="8c8ce076ca27823f",
        name="Ada Lovelace",
        documents={
            "/v5.0/me": {
                "id": "8c8ce076ca27823f",
                "name": "Ada",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "link": "https://profile.live.com/",
                "emails": {"preferred": "ada@acme.example", "account": "ada@live.example", "personal": None},
                "locale": "en_GB",
            }
        },
        mail=("/v5.0/me", "emails", "preferred"),
        id=("/v5.0/me", "id"),
    ),
}
