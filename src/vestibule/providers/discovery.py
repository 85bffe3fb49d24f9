"""The endpoints of an OpenID Connect provider that an operator names by its issuer (Discovery 1.0 section 4)."""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from vestibule.outbound import Garbled, OutboundClient
from vestibule.providers.calls import Calls, visible
from vestibule.providers.remembered import Remembered
from vestibule.providers.row import Endpoints

_HTTPS: Final = "https"


class _Document(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False


class DiscoveredEndpoints:
    """Asks when the first user comes, and again after an hour. What the document says of its issuer must be ours."""

    def __init__(self, url: str, issuer: str, outbound: OutboundClient) -> None:
        self._url = url
        self._issuer = issuer
        self._calls = Calls(outbound)
        self._document = Remembered(self._fetch)

    async def __call__(self) -> Endpoints:
        """Return them. Raises: OutboundFailed."""
        return await self._document.get()

    async def _fetch(self) -> Endpoints:
        reply = await self._calls.get(self._url)
        if not reply.is_success:
            raise Garbled(f"the discovery document was answered with {reply.status}")
        document = reply.read(_Document)
        if document.issuer != self._issuer:  # section 4.3
            raise Garbled("the discovery document is of another issuer")
        endpoints = Endpoints(
            authorize=document.authorization_endpoint,
            token=document.token_endpoint,
            profile=document.userinfo_endpoint,
            keys=document.jwks_uri,
            names_itself=document.authorization_response_iss_parameter_supported,
        )
        for url in (endpoints.authorize, endpoints.token, endpoints.profile, endpoints.keys):
            if url and not self._is_as_safe(url):
                raise Garbled("the discovery document names an endpoint without TLS, or one that is no URL")
        return endpoints

    def _is_as_safe(self, url: str) -> bool:
        # An issuer without TLS is on this machine, else the settings refuse it.
        try:
            parts = urlsplit(url)
            is_url = bool(parts.hostname) and parts.port != 0 and visible(url) is not None
        except ValueError:  # brackets that are not closed, a port that is none
            return False
        return is_url and (
            parts.scheme == _HTTPS or (parts.scheme == "http" and urlsplit(self._issuer).scheme == "http")
        )
