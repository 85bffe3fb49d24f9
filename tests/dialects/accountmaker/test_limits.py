import secrets
from datetime import timedelta

from tests.dialects.accountmaker.speaking import EMAIL, PASSWORD, Caller, assert_problem
from tests.support.serving import CLIENT_ID, Serve, behind_a_proxy
from vestibule.wire import LimitSettings

LIMITED = LimitSettings()


async def test_sign_ins_are_counted_per_address_and_network(serve: Serve) -> None:
    """Ten a minute on one address, however it is spelled; others are not shut out (security 79)."""
    async with serve(limits=LIMITED) as running:
        ann = Caller(running)
        for _ in range(10):
            assert_problem(await ann.sign_in(), 401, "invalid_credentials")
        answer = await ann.sign_in(" ANN@example.com ")
        assert_problem(answer, 429, "rate_limited")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert_problem(await ann.sign_in("bob@example.com"), 401, "invalid_credentials")


async def test_sign_ups_and_email_checks_are_counted_per_network(serve: Serve) -> None:
    """Ten in ten minutes, twenty a minute."""
    async with serve(limits=LIMITED) as running:
        ann = Caller(running)
        body = {"client_id": CLIENT_ID, "password": PASSWORD}
        for number in range(10):
            assert (await ann.post("/auth/sign-up", {**body, "email": f"p{number}@example.com"})).status_code == 200
        assert_problem(await ann.post("/auth/sign-up", {**body, "email": EMAIL}), 429, "rate_limited")
        for _ in range(20):
            await ann.post("/auth/check-email", {**body, "email": EMAIL})
        assert_problem(await ann.post("/auth/check-email", {**body, "email": EMAIL}), 429, "rate_limited")


async def test_refreshes_are_counted_per_session(serve: Serve) -> None:
    """Sixty a minute, whichever of its tokens is shown; another session has its own count."""
    async with serve(limits=LIMITED) as running:
        ann = Caller(running)
        token = (await ann.sign_up())["tokens"]["refresh_token"]
        other = (await ann.sign_in()).json()["tokens"]["refresh_token"]
        for _ in range(60):
            answer = await ann.refresh(token)
            token = answer.json()["refresh_token"]
        assert_problem(await ann.refresh(token), 429, "rate_limited")
        assert (await ann.refresh(other)).status_code == 200


async def test_one_time_tokens_are_counted_per_network(serve: Serve) -> None:
    """Thirty a minute, over both ways of bringing one."""
    async with serve(limits=LIMITED) as running:
        ann = Caller(running)
        for _ in range(15):
            assert_problem(await ann.get("/auth/verify?token=x"), 400, "invalid_token")
            assert_problem(await ann.post("/auth/verify", {"token": "x"}), 400, "invalid_token")
        assert_problem(await ann.get("/auth/verify?token=x"), 429, "rate_limited")


async def test_behind_an_unlisted_proxy_a_session_is_still_counted_alone(serve: Serve) -> None:
    """Ten times the limit of one session is no limit for a whole site (security 104)."""
    once = (1, timedelta(minutes=1))
    amounts = {"accountmaker.refresh": once, "accountmaker.sign-in": None, "accountmaker.sign-in-address": None}
    async with serve(limits=LimitSettings(amounts=amounts)) as running, behind_a_proxy(running) as behind:
        ann = Caller(behind)
        tokens = [(await ann.sign_up())["tokens"]["refresh_token"]]
        tokens += [(await ann.sign_in()).json()["tokens"]["refresh_token"] for _ in range(11)]
        assert {(await ann.refresh(token)).status_code for token in tokens} == {200}


async def test_invented_sessions_are_counted_per_network(serve: Serve) -> None:
    """Six hundred a minute: whoever makes tokens up cannot fill the memory of the counts (security 113)."""
    async with serve(
        limits=LimitSettings(amounts={"accountmaker.refresh-network": (2, timedelta(minutes=1))})
    ) as running:
        ann = Caller(running)
        token = (await ann.sign_up())["tokens"]["refresh_token"]
        made_up = [token[:-40] + secrets.token_hex(20) for _ in range(3)]
        answers = [await ann.refresh(invented) for invented in made_up]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
