"""What goes wrong on demand: each fault is really there, where its name says, and on one journey only."""

import jwt
import pytest

from tests.web.dev_provider.application import ISSUER, NONCE, STATE, Application
from vestibule.web.dev_provider import Fault
from vestibule.web.dev_provider.faults import FAULTS


def test_every_fault_can_be_chosen() -> None:
    """The page lists all of them, each once."""
    listed = [fault for group in FAULTS.values() for fault in group]
    assert sorted(listed) == sorted(Fault)


async def test_the_next_journey_is_well_again(application: Application) -> None:
    """A fault belongs to the person's choice, not to the server."""
    await application.come_back(fault=Fault.ERROR_PAGE)
    assert (await application.verified((await application.tokens())["id_token"]))["nonce"] == NONCE


@pytest.mark.parametrize(
    ("fault", "known"),
    [
        (Fault.UNVERIFIED_EMAIL, {"email": "reader@example.com", "email_verified": False}),
        (Fault.MISSING_EMAIL, {}),
    ],
)
async def test_what_it_knows(application: Application, fault: Fault, known: dict[str, object]) -> None:
    """ID token and userinfo say the same."""
    tokens = await application.tokens(fault=fault)
    claims = await application.verified(tokens["id_token"])
    told = (await application.userinfo(tokens["access_token"])).json()
    for found in (claims, told):
        assert {name: found[name] for name in ("email", "email_verified") if name in found} == known


async def test_an_error_comes_back_with_markup(application: Application) -> None:
    """Whoever shows the description as it is has a page that others write."""
    back = await application.come_back(fault=Fault.ERROR_REDIRECT)
    assert (back["error"], back["state"]) == ("access_denied", STATE)
    assert "<script>" in back["error_description"]


async def test_the_state_is_another(application: Application) -> None:
    """As from a journey that this browser never began."""
    assert (await application.come_back(fault=Fault.FOREIGN_STATE))["state"] != STATE


async def test_another_issuer_is_named(application: Application) -> None:
    """As when the browser was sent to one provider and comes back from another (RFC 9207)."""
    assert (await application.come_back(fault=Fault.MIX_UP))["iss"] != ISSUER


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.WRONG_ISSUER, jwt.InvalidIssuerError),
        (Fault.WRONG_AUDIENCE, jwt.InvalidAudienceError),
        (Fault.EXPIRED, jwt.ExpiredSignatureError),
        (Fault.FOREIGN_KEY, jwt.InvalidSignatureError),
        (Fault.UNKNOWN_KEY, LookupError),
        (Fault.UNSIGNED, LookupError),
    ],
)
async def test_the_id_token_is_wrong(application: Application, fault: Fault, error: type[Exception]) -> None:
    """In this one point, which a verifier finds."""
    tokens = await application.tokens(fault=fault)
    with pytest.raises(error):
        await application.verified(tokens["id_token"])


async def test_the_nonce_is_another(application: Application) -> None:
    """All the rest of the token is right."""
    tokens = await application.tokens(fault=Fault.WRONG_NONCE)
    assert (await application.verified(tokens["id_token"]))["nonce"] != NONCE


async def test_userinfo_speaks_of_somebody_else(application: Application) -> None:
    """While the ID token is right."""
    tokens = await application.tokens(fault=Fault.OTHER_SUBJECT)
    assert (await application.verified(tokens["id_token"]))["sub"] == "reader"
    assert (await application.userinfo(tokens["access_token"])).json()["sub"] == "somebody-else"


async def test_the_token_endpoint_breaks(application: Application) -> None:
    """With a page, as servers in front of servers do."""
    answer = await application.exchange((await application.come_back(fault=Fault.ERROR_PAGE))["code"])
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")


async def test_the_token_endpoint_talks_without_end(application: Application) -> None:
    """More than the outbound client reads."""
    answer = await application.exchange((await application.come_back(fault=Fault.HUGE_BODY))["code"])
    assert len(answer.content) > 4_000_000


async def test_the_token_endpoint_redirects(application: Application) -> None:
    """Where it leads the code is good: only a client that follows gets its user in (security 49)."""
    code = (await application.come_back(fault=Fault.REDIRECT))["code"]
    answer = await application.exchange(code)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{ISSUER}/token?redirected=true")
    followed = await application.exchange(code, url=answer.headers["location"])
    assert (await application.verified(followed.json()["id_token"]))["sub"] == "reader"


async def test_the_token_endpoint_is_slow(application: Application) -> None:
    """The answer is right and late; here it is waited for."""
    tokens = await application.tokens(fault=Fault.SLOW)
    assert (await application.verified(tokens["id_token"]))["sub"] == "reader"


async def test_an_unknown_fault_is_refused(application: Application) -> None:
    """A misspelt one must not make a test pass."""
    answer = await application.press(await application.ask(), fault="wrong-nonse")
    assert (answer.status_code, answer.text) == (400, "There is no such fault\n")
