"""Which stored hashes the pool compares with, and what a refusal costs."""

import base64
import hashlib
import time
from collections.abc import Iterator

import bcrypt
import pytest

from tests.core.passwords.pools import hashing
from tests.support.cores import CHEAPEST
from vestibule.core.passwords import MAX_BYTES, Argon2Profile, Hashing, HashingLoad
from vestibule.kernel.secret import Secret

WORD = "correct horse battery staple"
BCRYPT = bcrypt.hashpw(WORD.encode(), bcrypt.gensalt(4)).decode()


def pbkdf2(password: str, rounds: int = 1000, size: int = 32) -> str:
    salt = b"sixteen bytes..."
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds, size)
    return f"pbkdf2_sha256${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


class Counting(Hashing):
    """Notes with which hashes Argon2 is asked to compare."""

    computed: list[str]

    def _argon2_matches(self, stored: str, password: bytes) -> bool:
        self.computed.append(stored)
        return super()._argon2_matches(stored, password)


@pytest.fixture
def counting() -> Iterator[Counting]:
    """A pool that notes."""
    made = Counting(CHEAPEST, HashingLoad())
    made.computed = []
    yield made
    made.close()


@pytest.fixture
def pool() -> Iterator[Hashing]:
    """A pool of one thread."""
    with hashing() as made:
        yield made


async def test_a_hash_matches_its_password_only(pool: Hashing) -> None:
    """And no two hashes of one password are alike."""
    stored = await pool.hash(Secret(WORD))

    assert await pool.matches(stored, Secret(WORD))
    assert not await pool.matches(stored, Secret(WORD + " "))
    assert not await pool.matches(stored, Secret(WORD.upper()))
    assert stored != await pool.hash(Secret(WORD))


async def test_new_hashes_are_argon2id_with_the_configured_costs() -> None:
    """RFC 9106: the numbers stand in the hash (security 84)."""
    with hashing(Argon2Profile(memory_kib=64, iterations=3, lanes=2)) as pool:
        assert (await pool.hash(Secret(WORD))).startswith("$argon2id$v=19$m=64,t=3,p=2$")


def test_the_default_costs_are_those_of_owasp() -> None:
    """m=19456 KiB, t=2, p=1."""
    assert Argon2Profile() == Argon2Profile(memory_kib=19_456, iterations=2, lanes=1)


async def test_two_keyboards_type_the_same_password(pool: Hashing) -> None:
    """An é in one piece or in two: NFC makes them one (security 84)."""
    composed, decomposed = "\u00e9t\u00e9", "e\u0301te\u0301"

    assert await pool.matches(await pool.hash(Secret(composed)), Secret(decomposed))
    assert await pool.matches(await pool.hash(Secret(decomposed)), Secret(composed))


async def test_no_password_matches_none(pool: Hashing) -> None:
    """A user without a password has no empty one (security 87)."""
    assert not await pool.matches(None, Secret(""))
    assert not await pool.matches(None, Secret("a password that nobody has"))


@pytest.mark.parametrize(
    "stored", ["", "x", "$argon2id$", "$2b$", "pbkdf2_sha256$", "\x00", "plain", "$argon2id$v=19$"]
)
async def test_a_broken_hash_matches_nothing(pool: Hashing, stored: str) -> None:
    """Neither an empty password nor the hash itself, and nothing fails (security 87)."""
    for guess in ("", stored, WORD):
        assert not await pool.matches(stored, Secret(guess))


async def test_a_password_at_the_cap_is_compared_whole(pool: Hashing) -> None:
    """All 1,024 bytes count, the last one too (security 84)."""
    longest = "x" * MAX_BYTES
    stored = await pool.hash(Secret(longest))

    assert await pool.matches(stored, Secret(longest))
    assert not await pool.matches(stored, Secret(longest[:-1] + "y"))


async def test_a_longer_password_is_not_compared() -> None:
    """However long it is, it costs what a wrong one costs (security 84)."""

    class Recording(Hashing):
        longest = 0

        def _argon2_matches(self, stored: str, password: bytes) -> bool:
            self.longest = max(self.longest, len(password))
            return super()._argon2_matches(stored, password)

    pool = Recording(CHEAPEST, HashingLoad())
    stored = await pool.hash(Secret(WORD))
    assert not await pool.matches(stored, Secret("x" * (MAX_BYTES + 1)))
    assert not await pool.matches(stored, Secret("x" * 1_000_000))
    assert 0 < pool.longest <= MAX_BYTES
    pool.close()


async def test_what_could_be_set_can_be_typed_again(pool: Hashing) -> None:
    """The cap counts the same bytes at both times: those of the composed form."""
    decomposed = "e\u0301" * 500  # 1,500 bytes as typed, 1,000 as hashed

    assert await pool.matches(await pool.hash(Secret(decomposed)), Secret(decomposed))


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
async def test_bcrypt_is_verified(pool: Hashing, prefix: str) -> None:
    """In each of its spellings."""
    assert await pool.matches(prefix + BCRYPT[4:], Secret(WORD))
    assert not await pool.matches(prefix + BCRYPT[4:], Secret(WORD + "!"))


async def test_bcrypt_cuts_where_its_maker_cut(pool: Hashing) -> None:
    """Old servers hashed 72 bytes; their users still come in, and get a whole hash then (security 84)."""
    stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()

    assert await pool.matches(stored, Secret("x" * 100))
    assert pool.is_outdated(stored)


async def test_a_byte_of_zero_does_not_end_a_bcrypt_password(pool: Hashing) -> None:
    """Some implementations stop there, and would let in whoever knows the beginning (security 84)."""
    stored = bcrypt.hashpw(b"one\0two", bcrypt.gensalt(4)).decode()
    assert not any([await pool.matches(stored, Secret(wrong)) for wrong in ("one", "one\0", "one\0three")])
    assert await pool.matches(stored, Secret("one\0two"))


async def test_pbkdf2_is_verified(pool: Hashing) -> None:
    """As `pbkdf2_sha256$rounds$salt$key`, both parts in base64."""
    assert await pool.matches(pbkdf2(WORD), Secret(WORD))
    assert not await pool.matches(pbkdf2(WORD), Secret(WORD + "!"))


@pytest.mark.parametrize(
    ("hashed", "typed"),
    [("\u00e9t\u00e9", "\u00e9t\u00e9"), ("\u00e9t\u00e9", "e\u0301te\u0301"), ("e\u0301te\u0301", "e\u0301te\u0301")],
)
async def test_an_imported_hash_is_tried_as_typed_and_composed(pool: Hashing, hashed: str, typed: str) -> None:
    """The other server may have normalised or not."""
    assert await pool.matches(pbkdf2(hashed), Secret(typed))


@pytest.mark.parametrize(
    "bomb",
    [
        "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21l$" + "A" * 43,
        "$argon2id$v=19$m=8,t=1000000,p=1$c29tZXNhbHRzb21l$" + "A" * 43,
        "$argon2id$v=19$m=262144,t=1,p=64$c29tZXNhbHRzb21l$" + "A" * 43,
        "$argon2id$v=19$m=8,m=4194304,t=1,p=1$c29tZXNhbHRzb21l$" + "A" * 43,
        "$2b$31$" + BCRYPT[7:],
        "pbkdf2_sha256$2000000000$c2FsdA==$" + base64.b64encode(bytes(32)).decode(),
        "pbkdf2_sha256$2000000$c2FsdA==$" + base64.b64encode(bytes(10_000_000)).decode(),
        "pbkdf2_sha256$-1$c2FsdA==$" + base64.b64encode(bytes(32)).decode(),
    ],
    ids=["memory", "iterations", "lanes", "twice", "bcrypt", "rounds", "length", "negative"],
)
async def test_a_hash_bomb_is_not_computed(counting: Counting, bomb: str) -> None:
    """Above the ceilings a stored hash matches nothing, and the machine lives on (security 86)."""
    started = time.process_time()
    assert not await counting.matches(bomb, Secret(WORD))
    assert time.process_time() - started < 2
    assert bomb not in counting.computed


@pytest.mark.parametrize(
    "stored",
    [BCRYPT, pbkdf2(WORD), None, "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRz$AAAA"],
    ids=["bcrypt", "pbkdf2", "none", "bomb"],
)
async def test_a_refusal_always_costs_an_argon2(counting: Counting, stored: str | None) -> None:
    """Neither a missing user nor a fast or forbidden hash shows by its speed (security 82)."""
    assert not await counting.matches(stored, Secret("wrong"))
    [computed] = counting.computed
    assert computed.startswith("$argon2id$v=19$m=8,t=1,p=1$")  # the costs of today


async def test_hashes_of_another_make_are_outdated(pool: Hashing) -> None:
    """Imported ones, and our own of other costs; not the present ones."""
    with hashing(Argon2Profile(memory_kib=16, iterations=1, lanes=1)) as costlier:
        assert pool.is_outdated(await costlier.hash(Secret(WORD)))
    assert pool.is_outdated(pbkdf2(WORD))
    assert not pool.is_outdated(await pool.hash(Secret(WORD)))
