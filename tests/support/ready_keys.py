"""Private keys that were made before: an RSA key costs 50 ms, and every client of every test has one."""

from collections import Counter, defaultdict
from typing import ClassVar

from vestibule.core.signing import Algorithm
from vestibule.core.signing.algorithms import generate_pem


class ReadyKeys:
    """Gives each of its callers a key of its own; whoever makes another `ReadyKeys` is given the same ones again."""

    _made: ClassVar[defaultdict[Algorithm, list[bytes]]] = defaultdict(list)

    def __init__(self) -> None:
        self._given: Counter[Algorithm] = Counter()

    def __call__(self, algorithm: Algorithm) -> bytes:
        """Return the next key as PKCS#8 PEM."""
        made, place = self._made[algorithm], self._given[algorithm]
        self._given[algorithm] += 1
        while len(made) <= place:
            made.append(generate_pem(algorithm))
        return made[place]
