"""Remembered tokens: bounded, until they expire, each in its own place."""

from vestibule.core.signing import VerifiedTokens

KEY = ("nhost", b"project", 1, "token")


def test_a_remembered_token_is_found_until_it_expires() -> None:
    """Not a second longer (security 127)."""
    tokens: VerifiedTokens[str] = VerifiedTokens()
    tokens.remember(KEY, 100, "ann")

    assert tokens.find(KEY, 99) == "ann"
    assert tokens.find(KEY, 100) is None
    assert tokens.find(KEY, 99) is None  # and is forgotten then


def test_a_token_is_remembered_for_its_door_project_and_keys_only() -> None:
    """Another dialect, another project, a revoked key: not found (security 122, 134)."""
    tokens: VerifiedTokens[str] = VerifiedTokens()
    tokens.remember(KEY, 100, "ann")

    for other in (
        ("sublay", b"project", 1, "token"),
        ("nhost", b"another", 1, "token"),
        ("nhost", b"project", 2, "token"),
        ("nhost", b"project", 1, "Token"),
    ):
        assert tokens.find(other, 0) is None


def test_memory_is_bounded() -> None:
    """The oldest make room, the newest stay, however few or many there may be."""
    for most in (1, 5, 1000):
        tokens: VerifiedTokens[int] = VerifiedTokens(most=most)
        for number in range(3 * most):
            tokens.remember(("nhost", b"", 1, str(number)), 100, number)
            assert len(tokens._entries) <= most
            assert tokens.find(("nhost", b"", 1, str(number)), 0) == number


def test_a_token_is_checked_once() -> None:
    """That is what the memory is for; a failing check is not remembered."""
    tokens: VerifiedTokens[str] = VerifiedTokens()
    checks = []

    def check() -> tuple[int, str]:
        checks.append(1)
        return 100, "ann"

    assert [tokens.checked(KEY, now, check) for now in (1, 2, 99, 100)] == ["ann"] * 4
    assert len(checks) == 2
