"""A provider of identities to develop with, at `/_/provider`: nobody has to register anywhere to try a social sign-in.

It speaks OAuth 2, OpenID Connect and OAuth 1.0a as strictly as the strictest, shows a page with people who do not
exist, and fails on demand. `OpenIdProvider` and `OAuth1Provider` know no server. Mounted with `--dev` only.
"""

from vestibule.web.dev_provider.clients import Client
from vestibule.web.dev_provider.dialect import SignInDoors, provider
from vestibule.web.dev_provider.faults import Fault
from vestibule.web.dev_provider.oauth1 import OAuth1Provider
from vestibule.web.dev_provider.openid import OpenIdProvider

__all__ = ["Client", "Fault", "OAuth1Provider", "OpenIdProvider", "SignInDoors", "provider"]
