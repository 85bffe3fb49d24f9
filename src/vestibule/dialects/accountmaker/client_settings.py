"""What an operator may set on a client of this door, as stored in the client's `settings`."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from vestibule.core.projects import Client

LoginMethod = Literal["email_password", "magic_link"]

_SERVED: Final[tuple[LoginMethod, ...]] = ("email_password",)


class CookieOptions(msgspec.Struct, frozen=True):
    """`cookie_options` of a token's configuration; the name defaults to the token's."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}\Z")] | None = None
    domain: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z.-]{1,253}\Z")] | None = None
    path: Annotated[str, msgspec.Meta(pattern=r"^/[!-:<-~]*\Z")] = "/"
    http_only: bool = True
    secure: bool = True
    same_site: Literal["lax", "strict", "none"] = "lax"


class AccessTokenConfig(msgspec.Struct, frozen=True):
    """How long access tokens live, in seconds, and how their cookie looks."""

    expires_in: Annotated[int, msgspec.Meta(ge=60, le=86_400)] | None = None
    cookie_options: CookieOptions | None = None


class RefreshTokenConfig(msgspec.Struct, frozen=True):
    """How long refresh tokens live, in seconds, and how their cookie looks."""

    expires_in: Annotated[int, msgspec.Meta(ge=300, le=31_536_000)] | None = None
    cookie_options: CookieOptions | None = None


class ClientSettings(msgspec.Struct, frozen=True):
    """The members that this door knows; others belong to other doors.

    `links` gives the page that a mailed link leads to, by purpose (`email_verification`).
    """

    methods: tuple[LoginMethod, ...] = ("email_password", "magic_link")
    preferred_methods: tuple[LoginMethod, ...] = ()
    hide_email_existence: bool = False
    sign_up_enabled: bool = True
    require_verified_email: bool = False
    links: dict[str, str] = {}
    access_token_config: AccessTokenConfig | None = None
    refresh_token_config: RefreshTokenConfig | None = None

    @property
    def enabled(self) -> list[LoginMethod]:
        """The methods that this client allows and this server has."""
        return [method for method in _SERVED if method in self.methods]


def settings_of(client: Client) -> ClientSettings:
    """Return the client's settings. Raises: msgspec.ValidationError when they were stored unchecked and are wrong."""
    return msgspec.convert(client.settings, ClientSettings)


def check_client_settings(settings: Mapping[str, Any]) -> None:
    """Check what an operator wants to store, before it is stored. Raises: ValueError that names the member."""
    checked = msgspec.convert(dict(settings), ClientSettings)
    for name, config in (
        ("access_token_config", checked.access_token_config),
        ("refresh_token_config", checked.refresh_token_config),
    ):
        options = config and config.cookie_options
        if options and options.same_site == "none" and not options.secure:
            raise ValueError(f"{name}.cookie_options: browsers take same_site none with secure only")
        if options and (options.name or "").startswith("__Host-"):
            _check_host_prefix(name, options)


def _check_host_prefix(name: str, options: CookieOptions) -> None:
    # RFC 6265bis section 4.1.3.2
    if options.domain is not None or options.path != "/" or not options.secure:
        raise ValueError(f"{name}.cookie_options: a __Host- cookie is secure, has the path / and no domain")
