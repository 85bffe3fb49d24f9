"""What Prometheus sees, on a listener of its own."""

from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from tests.support.cores import settings_for
from tests.support.ports import reserved_ports
from tests.support.serving import Running, Serve, serve
from vestibule.asgi.exits import Ending
from vestibule.asgi.metrics import MetricsApp, listening_socket, metrics

__all__ = ["serve"]
ANN = {"email": "ann@example.com", "password": "correct horse battery"}


async def scrape(running: Running, path: str = "/metrics") -> httpx2.Response:
    transport = httpx2.ASGITransport(app=MetricsApp(running.application))
    async with httpx2.AsyncClient(transport=transport, base_url="http://metrics") as client:
        return await client.get(path)


def value_of(text: str, sample: str) -> float:
    """Return the value of one sample."""
    [line] = [line for line in text.splitlines() if line.startswith(f"{sample} ")]
    return float(line.rpartition(" ")[2])


@pytest.mark.engine("sqlite")  # counts are kept in memory
async def test_sign_ins_and_refusals_are_counted(serve: Serve) -> None:
    """By method and by reason."""
    async with serve({"AUTH_RATE_LIMIT_ENABLE": "true", "VESTIBULE_RATE_LIMITS": "true"}) as running:
        for path, body in (
            ("/v1/signup/email-password", ANN),
            ("/v1/signin/email-password", ANN),
            *[("/v1/signin/email-password", ANN | {"password": "wrong"})] * 10,
        ):
            await running.client.post(path, json=body)
        text = (await scrape(running)).text
        assert value_of(text, 'vestibule_sign_ins_total{method="sign-up"}') == 1
        assert value_of(text, 'vestibule_sign_ins_total{method="password"}') == 1
        assert value_of(text, 'vestibule_sign_ins_total{method="passkey"}') == 0
        assert value_of(text, 'vestibule_password_refusals_total{reason="wrong"}') == 9
        assert value_of(text, 'vestibule_limit_refusals_total{group="nhost.brute-force"}') == 1
        assert value_of(text, 'vestibule_limit_refusals_total{group="nhost.global"}') == 0


async def test_the_lag_of_the_outbox_is_shown(serve: Serve) -> None:
    """The age of what is to leave next; nothing waits at first."""
    async with serve() as running:
        assert value_of((await scrape(running)).text, "vestibule_outbox_lag_seconds") == 0
        await running.client.post("/v1/signup/email-password", json=ANN)
        await running.client.post("/v1/user/password/reset", json={"email": ANN["email"]})
        running.clock.advance(timedelta(seconds=90))
        assert value_of((await scrape(running)).text, "vestibule_outbox_lag_seconds") == 90


@pytest.mark.engine("sqlite")  # as above
async def test_nobody_outside_invents_a_label(serve: Serve) -> None:
    """Made-up paths, groups and methods leave no trace in what is shown (security 116)."""
    async with serve() as running:
        before = {line.rpartition(" ")[0] for line in (await scrape(running)).text.splitlines()}
        for number in range(20):
            await running.client.post(f"/v1/signin/made-up-{number}", json={})
            await running.client.post(
                "/v1/signin/email-password", json={"email": f"x{number}@example.com", "password": "x"}
            )
        after = {line.rpartition(" ")[0] for line in (await scrape(running)).text.splitlines()}
        assert after == before


@pytest.mark.engine("sqlite")  # as above
async def test_nothing_else_is_there(serve: Serve) -> None:
    """No door on the listener, and no metrics at the doors."""
    async with serve() as running:
        assert (await scrape(running, "/v1/signin/email-password")).status_code == 404
        assert (await scrape(running, "/")).status_code == 404
        assert (await running.client.get("/metrics")).status_code == 404


@pytest.mark.engine("sqlite")  # as above
async def test_each_worker_has_a_port_of_its_own(serve: Serve) -> None:
    """The first free one; who finds none does not start, and says why."""
    async with serve() as running, httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        first = reserved_ports(2)
        settings = replace(settings_for("sqlite:///x"), metrics_port=first, workers=2)
        async with metrics(settings, running.application), metrics(settings, running.application):
            for port in (first, first + 1):
                answer = await client.get(f"http://127.0.0.1:{port}/metrics")
                assert "vestibule_sign_ins_total" in answer.text
                assert "process_cpu_seconds_total" in answer.text
            with pytest.raises(Ending, match="VESTIBULE_METRICS_PORT"):
                listening_socket("127.0.0.1", first, 2)


def test_a_host_that_is_not_ours_stops_the_start() -> None:
    """It names the variable."""
    with pytest.raises(Ending, match="VESTIBULE_METRICS_HOST"):
        listening_socket("192.0.2.1", 9_464, 1)
