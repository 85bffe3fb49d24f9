"""Custom claims by a signed webhook."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.claims.conftest import DEADLINE
from tests.support.fakes import FakeClock
from tests.support.providers.claims_webhook import OLD_SECRET, SECRET, ClaimsWebhook
from tests.support.providers.standing_in import Answer, Fault
from vestibule.claims import WebhookClaims, WebhookSettings
from vestibule.core.claims import Claimant, SourceFailed
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient, OutboundSettings


def source_for(webhook: ClaimsWebhook, outbound: OutboundClient, clock: FakeClock, *secrets: str) -> WebhookClaims:
    settings = WebhookSettings(webhook.url + "/claims", tuple(map(Secret, secrets or (SECRET,))), deadline=DEADLINE)
    return WebhookClaims(settings, outbound, clock, SystemEntropy())


async def test_it_is_told_for_whom_the_token_is(
    webhook: ClaimsWebhook, outbound: OutboundClient, clock: FakeClock, claimant: Claimant
) -> None:
    """Project, user, session and how they came in; never a secret."""
    webhook.claims = {"tier": "gold", "teams": [1, 2]}
    values = await source_for(webhook, outbound, clock).values(replace(claimant, elevated=True))
    assert values == webhook.claims
    [message] = webhook.messages
    assert (
        message.pop("user").items()
        >= {
            "id": str(claimant.subject.id),
            "email": "ann@example.com",
            "roles": [{"role": "user"}, {"role": "me"}],
            "metadata": {"org": "acme"},
        }.items()
    )
    assert message == {
        "type": "access-token.claims",
        "project": "default",
        "dialect": "nhost",
        "session": {"id": str(claimant.session.id), "createdAt": "2026-01-02T03:04:05Z", "elevated": True},
        "method": "password",
        "timestamp": clock.now().isoformat(),
    }


async def test_every_message_is_signed_and_no_other_is_taken(
    webhook: ClaimsWebhook, outbound: OutboundClient, clock: FakeClock, claimant: Claimant
) -> None:
    """Id, time and body are under the signature, by the rules that the receiver has from elsewhere (security 124)."""
    source = source_for(webhook, outbound, clock)
    await source.values(claimant)
    await source.values(claimant)
    first, second = webhook.requests
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    changed = {**first.headers, "webhook-id": "msg_other"}
    assert webhook.answer(replace(first, headers=changed)).status == 401
    assert webhook.answer(replace(first, body=first.body.replace(b"ann@", b"bob@"))).status == 401
    assert webhook.answer(first).status == 409
    later = str(int(first.headers["webhook-timestamp"]) + 1)
    assert webhook.answer(replace(first, headers={**first.headers, "webhook-timestamp": later})).status == 401
    clock.advance(timedelta(minutes=6))
    assert webhook.answer(first).status == 401
    with pytest.raises(SourceFailed, match="answered 401"):
        await source_for(webhook, outbound, clock, OLD_SECRET).values(claimant)


async def test_secrets_change_without_a_gap(
    webhook: ClaimsWebhook, outbound: OutboundClient, clock: FakeClock, claimant: Claimant
) -> None:
    """Each of several signs: the receiver may know either."""
    source = source_for(webhook, outbound, clock, SECRET, OLD_SECRET)
    assert await source.values(claimant) == {}
    webhook.secret = OLD_SECRET
    assert await source.values(claimant) == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault.LATE,
        Fault.SLOW,
        Fault.ENDLESS,
        Fault.HANGS_UP,
        Fault.GARBAGE,
        Fault.ZIPPED,
        Answer(500),
        Answer(204, b""),
        Answer(307, headers={"Location": "http://127.0.0.1:1/elsewhere"}),
        Answer(200, b"OK"),
        Answer(200, {}),
        Answer(200, []),
        Answer(200, {"claims": None}),
        Answer(200, {"claims": [["tier", "gold"]]}),
        Answer(200, b'{"claims": ' + b'{"a":' * 50_000),
        Answer(200, {"claims": {"tier": "x" * 70_000}}),
    ],
    ids=lambda fault: str(fault)[:60],
)
async def test_whatever_is_no_answer_is_a_failure_in_time(
    webhook: ClaimsWebhook, outbound: OutboundClient, clock: FakeClock, claimant: Claimant, fault: Answer | Fault
) -> None:
    """Nothing is taken for an empty set of claims (security 97)."""
    webhook.faults.append(fault)
    began = asyncio.get_running_loop().time()
    with pytest.raises(SourceFailed, match="the webhook"):
        await source_for(webhook, outbound, clock).values(claimant)
    assert asyncio.get_running_loop().time() - began < 4 * DEADLINE.total_seconds()
    assert len(webhook.requests) == 1


async def test_a_dead_webhook_is_left_alone(
    webhook: ClaimsWebhook, outbound: OutboundClient, clock: FakeClock, claimant: Claimant
) -> None:
    """After five calls without an answer the next ones fail at once (security 97)."""
    source = source_for(webhook, outbound, clock)
    webhook.faults += [Fault.HANGS_UP] * 5
    for _ in range(6):
        with pytest.raises(SourceFailed):
            await source.values(claimant)
    assert len(webhook.requests) == 5


async def test_it_stands_where_the_operator_lets_calls_go(
    webhook: ClaimsWebhook, clock: FakeClock, claimant: Claimant
) -> None:
    """An address inside the network is called only if it is listed (security 101)."""
    outbound = OutboundClient(OutboundSettings())
    with pytest.raises(SourceFailed, match="without TLS"):
        await source_for(webhook, outbound, clock).values(claimant)
    assert webhook.connections == 0


async def test_a_display_name_stays_a_text(
    webhook: ClaimsWebhook, outbound: OutboundClient, clock: FakeClock, claimant: Claimant
) -> None:
    """The message is encoded from values (security 114)."""
    name = '","roles":[{"role":"admin"}],"x":"'
    await source_for(webhook, outbound, clock).values(
        replace(claimant, subject=replace(claimant.subject, display_name=name))
    )
    [message] = map(json.dumps, webhook.messages)
    assert json.loads(message)["user"]["displayName"] == name
    assert json.loads(message)["user"]["roles"] == [{"role": "user"}, {"role": "me"}]


def test_nothing_is_sent_unsigned() -> None:
    """A webhook without a secret is a mistake, whoever makes it (security 110, 124)."""
    with pytest.raises(ValueError, match="secret"):
        WebhookSettings("https://claims.acme.example/v1", ())
