"""The public keys of one provider, by their names."""

from typing import Final

import jwt
import msgspec

from vestibule.outbound import Garbled, OutboundClient, OutboundFailed
from vestibule.providers.calls import Calls, log
from vestibule.providers.remembered import Remembered

_MOST_KEYS: Final = 100
_LEAST_RSA_BITS: Final = 2048  # RFC 7518 section 3.3


class _Document(msgspec.Struct, frozen=True):
    keys: list[dict[str, object]]


class KeySet:
    """A JWK set at an address that configuration knows; nothing in a token leads to another one (security 5, 9)."""

    def __init__(self, url: str, algorithm: str, outbound: OutboundClient) -> None:
        self._url = url
        self._algorithm = algorithm
        self._calls = Calls(outbound)
        self._keys = Remembered(self._fetch)

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of that name. A name that nobody knows causes a fetch, but no storm of them (security 125).

        Raises: OutboundFailed when there are no keys at all.
        """
        found = (await self._keys.get()).get(kid)
        return found or (await self._keys.newer()).get(kid)

    async def _fetch(self) -> dict[str, jwt.PyJWK]:
        try:
            reply = await self._calls.get(self._url)
            if not reply.is_success:
                raise Garbled(f"the key set was answered with {reply.status}")
            listed = reply.read(_Document).keys
        except OutboundFailed as error:
            log.warning("provider.keys_failed", reason=str(error))
            raise
        keys = [self._usable(each) for each in listed[:_MOST_KEYS]]
        return {str(key.key_id): key for key in keys if key is not None}

    def _usable(self, written: dict[str, object]) -> jwt.PyJWK | None:
        if not isinstance(written.get("kid"), str) or written.get("use", "sig") != "sig":
            return None
        if written.get("alg", self._algorithm) != self._algorithm:
            return None
        try:
            key = jwt.PyJWK(written, algorithm=self._algorithm)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
            return None  # a key of another kind, as sets hold during a change
        # A private or a shared key in a public document is known to everybody.
        if not hasattr(key.key, "public_numbers"):
            return None
        is_short = self._algorithm.startswith("RS") and key.key.key_size < _LEAST_RSA_BITS
        return None if is_short else key


class KeySets:
    """The key sets in use, by address: one for everybody who checks tokens of one provider."""

    def __init__(self, outbound: OutboundClient) -> None:
        self._outbound = outbound
        self._sets: dict[tuple[str, str], KeySet] = {}

    def at(self, url: str, algorithm: str) -> KeySet:
        """Return the set; the address is one from configuration, or from a document that configuration names."""
        if (url, algorithm) not in self._sets:
            self._sets[url, algorithm] = KeySet(url, algorithm, self._outbound)
        return self._sets[url, algorithm]
