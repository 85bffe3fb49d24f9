"""Keys of every algorithm."""

from vestibule.core.signing import Algorithm, SharedSecret, SigningKey, signing_key_from_pem, signing_key_from_secret
from vestibule.core.signing.algorithms import generate_pem

SECRET = b"a shared secret of more than sixty-four bytes, as HS512 wants them to be"
SHARED = (Algorithm.HS256, Algorithm.HS384, Algorithm.HS512)
PEMS = {
    "RSA": generate_pem(Algorithm.RS256),
    "EC": generate_pem(Algorithm.ES256),
    "Ed": generate_pem(Algorithm.EDDSA),
}


def pem_for(algorithm: Algorithm) -> bytes:
    return PEMS[{"R": "RSA", "E": "EC"}.get(algorithm.value[0], "RSA") if algorithm != Algorithm.EDDSA else "Ed"]


def key(algorithm: Algorithm, kid: str | None = "key_1") -> SigningKey:
    if algorithm in SHARED:
        return signing_key_from_secret(SharedSecret(algorithm, SECRET, kid))
    return signing_key_from_pem(kid, algorithm, pem_for(algorithm))
