"""What only this dialect needs to be told. The product's settings fill it in."""

from dataclasses import dataclass
from typing import Final, Literal

DEFAULT_ISSUER: Final = "hasura-auth"
DEFAULT_NAMESPACE: Final = "https://hasura.io/jwt/claims"


@dataclass(frozen=True, slots=True, kw_only=True)
class NhostSettings:
    """How Nhost Auth would be configured.

    `server_url` is the public base URL with its prefix, the only source of links. `api_prefix` is served besides `/v1`
    and none. `conceal_errors` turns telling errors into `invalid-request`. `issuer` and `claims_namespace` come from
    the JWT secret; None means the original's defaults. `codes` is the year whose error codes are used where Nhost Auth
    has renamed some. `email_limit_is_global` counts mails of everybody together. With `pkce_only` a link leads to a
    code or nowhere; with `link_confirm` it leads to a page whose button spends it. With `link_by_post` no access token
    is taken from a query to link a provider. `captcha` is what asks for one where a secret is set: sign-ups, as in
    October 2025, or also what sends, as in the newest server. `insecure_cookies` is for browsers that reach
    `server_url` without https.
    """

    server_url: str = ""
    api_prefix: str = ""
    conceal_errors: bool = False
    issuer: str | None = None
    claims_namespace: str | None = None
    codes: Literal["2025", "2026"] = "2025"
    email_limit_is_global: bool = False
    pkce_only: bool = False
    link_confirm: bool = False
    link_by_post: bool = False
    captcha: Literal["signup", "newest"] = "signup"
    insecure_cookies: bool = False
