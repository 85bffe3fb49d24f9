"""docs/routes.md lists every route with what guards it, so that a new one is thought about before it is served."""

from typing import Final

from tests.cross.routes import NEVER, NOTHING, Served, listed, served

# Groups that bound what strangers can cause to be sent, by what is sent.
BOUND: Final[dict[str, set[str]]] = {"mail": {"email", "sign-up"}, "text": {"sms"}}

# One letter to an address that a provider does not vouch for; a sign-in by it must not be kept out by others' mails.
ONE_PER_IDENTITY: Final[dict[str, str]] = {
    "/signin/provider/{provider}/callback": "brute-force",
    "/signin/idtoken": "brute-force",
    "/signup/idtoken": "signups",
}


def _served() -> dict[tuple[str, ...], Served]:
    return {one.row(NOTHING).key: one for one in served()}


def test_every_route_is_in_the_table_and_no_other() -> None:
    """What is served is listed, what is listed is served (security 96, 111, 120)."""
    rows, now = {row.key for row in listed()}, _served()
    missing = [str(now[key].row("?")) for key in sorted(now.keys() - rows)]
    assert missing == [], "add these to docs/routes.md, after thinking about each cell"
    assert rows - now.keys() == set(), "these are gone"
    assert len(listed()) == len(rows), "a route stands there twice"


def test_the_table_says_what_is_so() -> None:
    """Authentication, limits, elevation and captcha of each route are those that are declared (security 120)."""
    now = _served()
    wrong = [(str(row), str(now[row.key].row(row.sends))) for row in listed() if row != now[row.key].row(row.sends)]
    assert wrong == []


def test_what_can_send_says_so() -> None:
    """Whoever holds what writes letters, texts or notices sends them, or its row says that it never does."""
    now = _served()
    wrong = {str(row): now[row.key].sends for row in listed() if not _is_true(row.sends, now[row.key].sends)}
    assert wrong == {}


def _is_true(said: str, could: set[str]) -> bool:
    return bool(could) if said == NEVER else could == set(said.replace(NOTHING, "").split(", ")) - {""}


def test_every_route_that_sends_is_limited() -> None:
    """Also those whose letter is a by-product; a forgotten one would be a mail cannon (security 95, 96)."""
    now = _served()
    unbounded = [
        str(row)
        for row in listed()
        for kind, groups in BOUND.items()
        if kind in row.sends.split(", ")
        and not (groups | {ONE_PER_IDENTITY.get(row.path, "")})
        & {limit.group for limit in now[row.key].endpoint.limits}
    ]
    assert unbounded == []
    assert any("mail" in row.sends for row in listed())


def test_the_captcha_rule_is_the_newest_one() -> None:
    """Sign-ups, sign-ins that send, and the reset; no other door (security 95).

    The second leg of a ceremony never, nor where a browser is led that cannot send the solution along.
    """
    asked = {(row.dialect, row.path) for row in listed() if row.captcha != NOTHING}
    assert asked == {("nhost", row.path) for row in listed() if row.dialect == "nhost" and _is_asked(row.path)}
    assert ("nhost", "/signin/passwordless/sms") in asked


def test_the_captcha_rule_of_2025_is_that_of_sign_ups() -> None:
    """What clients of October 2025 send no solution to is marked as the newest server's."""
    always = {row.path for row in listed() if row.captcha == "when configured"}
    assert always == {row.path for row in listed() if row.captcha != NOTHING and row.path.startswith("/signup/")}


def _is_asked(path: str) -> bool:
    if path.endswith(("/verify", "/callback")) or path == "/signup/provider/{provider}":
        return False
    return path.startswith(("/signup/", "/signin/passwordless")) or path == "/user/password/reset"
