"""Custom claims out of Hasura."""

import asyncio
from dataclasses import replace

import pytest

from tests.claims.conftest import DEADLINE, USER_ID
from tests.support.cores import settings_for
from tests.support.providers.hasura import ADMIN_SECRET, Hasura
from tests.support.providers.standing_in import Answer, Fault, StandIn, serve
from vestibule.assembly.claims import hasura_client
from vestibule.claims import HasuraClaims, HasuraSettings
from vestibule.core.claims import Claimant, ClaimPath, SourceFailed, parse_path
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient

PATHS = {
    "name": "displayName",
    "org": "metadata.org",
    "roles": "roles[].role",
    "teams": "teams[?(@.active==true)].team.id",
    "tier": "plan.tier",
}
QUERY = (
    "query GetClaims($id: uuid!) { user(id:$id) {displayName metadata plan{tier }roles{role }teams{active team{id }}} }"
)
ANN = {
    "displayName": "Ann",
    "metadata": {"org": "acme", "more": [1]},
    "roles": [{"role": "user"}, {"role": "me"}],
    "teams": [{"active": True, "team": {"id": 1}}, {"active": False, "team": {"id": 2}}],
    "plan": None,
}
CLAIMS = {"name": "Ann", "org": "acme", "roles": ["user", "me"], "teams": [1], "tier": "free"}


def source_for(hasura: Hasura, outbound: OutboundClient, secret: str = ADMIN_SECRET, **paths: str) -> HasuraClaims:
    settings = HasuraSettings(hasura.graphql, Secret(secret), deadline=DEADLINE)
    defaults = {"tier": "free"}
    claims = tuple(ClaimPath(name, parse_path(path), defaults.get(name)) for name, path in (paths or PATHS).items())
    return HasuraClaims(settings, claims, outbound)


def elsewhere(claimant: Claimant) -> Claimant:
    return replace(claimant, project=replace(claimant.project, public_id="other"))


async def test_one_query_fetches_what_all_paths_name(
    hasura: Hasura, outbound: OutboundClient, claimant: Claimant
) -> None:
    """The merged selection in order, nothing below metadata, the fields of filters besides."""
    hasura.users[str(USER_ID)] = ANN
    source = source_for(hasura, outbound)
    assert source.query == QUERY
    assert await source.values(claimant) == CLAIMS
    [request] = hasura.requests
    assert request.json == {"query": QUERY, "variables": {"id": str(USER_ID)}, "operationName": "GetClaims"}
    assert request.headers["x-hasura-admin-secret"] == ADMIN_SECRET


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
        Answer(302, headers={"Location": "http://127.0.0.1:1/elsewhere"}),
        Answer(200, b"<html>"),
        Answer(200, []),
        Answer(200, {"data": {"user": []}}),
        Answer(200, {"data": {"user": None}}),
        Answer(200, {"data": None}),
        Answer(200, {}),
        Answer(200, b"[" * 100_000),
        Answer(200, {"data": {"user": ANN}, "errors": [{"message": "one field failed"}]}),
        Answer(200, {"data": {"user": {**ANN, "displayName": "x" * 300_000}}}),
    ],
    ids=str,
)
async def test_whatever_is_no_answer_is_a_failure_in_time(
    hasura: Hasura, outbound: OutboundClient, claimant: Claimant, fault: Answer | Fault
) -> None:
    """Never half of the claims, and never a wait without end (security 97)."""
    hasura.users[str(USER_ID)] = ANN
    hasura.faults.append(fault)
    source = source_for(hasura, outbound)
    began = asyncio.get_running_loop().time()
    with pytest.raises(SourceFailed, match="Hasura"):
        await source.values(claimant)
    assert asyncio.get_running_loop().time() - began < 4 * DEADLINE.total_seconds()
    assert len(hasura.requests) == 1  # a redirect is not followed
    assert await source.values(claimant) == CLAIMS


async def test_a_field_that_hasura_does_not_have_is_a_failure(
    hasura: Hasura, outbound: OutboundClient, claimant: Claimant
) -> None:
    """So is a wrong secret: neither means that the user has no such claim. Messages tell no secret."""
    hasura.users[str(USER_ID)] = ANN
    with pytest.raises(SourceFailed, match="refused the query"):
        await source_for(hasura, outbound, shoe="shoeSize").values(claimant)
    with pytest.raises(SourceFailed, match="refused the query") as caught:
        await source_for(hasura, outbound, secret="opensesame").values(claimant)
    assert "opensesame" not in str(caught.value)


async def test_the_admin_secret_goes_past_the_proxy(hasura: Hasura, claimant: Claimant) -> None:
    """A proxy is for servers outside, and would read it: Hasura is called without TLS as a rule (security 141)."""
    hasura.users[str(USER_ID)] = ANN
    async with serve(StandIn()) as proxy:
        settings = settings_for(
            "sqlite:///unused.db",
            {
                "HASURA_GRAPHQL_GRAPHQL_URL": hasura.graphql,
                "HASURA_GRAPHQL_ADMIN_SECRET": ADMIN_SECRET,
                "AUTH_JWT_CUSTOM_CLAIMS": '{"name":"displayName"}',
                "VESTIBULE_OUTBOUND_PROXY": proxy.url,
            },
        )
        client = hasura_client(settings)
        assert client is not None
        assert await source_for(hasura, client).values(claimant) == CLAIMS
        await client.close()
    assert proxy.requests == []


async def test_a_dead_hasura_is_left_alone(hasura: Hasura, outbound: OutboundClient, claimant: Claimant) -> None:
    """After five calls without an answer the next ones fail at once (security 97)."""
    source = source_for(hasura, outbound)
    hasura.faults += [Fault.HANGS_UP] * 5
    for _ in range(6):
        with pytest.raises(SourceFailed):
            await source.values(claimant)
    assert len(hasura.requests) == 5


async def test_users_of_other_projects_are_not_asked_about(
    hasura: Hasura, outbound: OutboundClient, claimant: Claimant
) -> None:
    """Somebody else may have their id there; their claims are read in what this server knows (security 122)."""
    hasura.users[str(USER_ID)] = ANN
    paths = {"name": "displayName", "org": "metadata.org.name", "tier": "metadata.plan", "roles": "roles[].role"}
    values = await source_for(hasura, outbound, **paths).values(elsewhere(claimant))
    assert values == {"name": "Ann", "org": None, "tier": "free", "roles": ["user", "me"]}
    assert hasura.requests == []


@pytest.mark.parametrize("path", ["plan.tier", "roles[].more.text", "roles[?(@.more==1)].role", "email.domain"])
async def test_no_default_stands_in_for_what_only_hasura_knows(
    hasura: Hasura, outbound: OutboundClient, claimant: Claimant, path: str
) -> None:
    """In another project there is no telling what the claim would have said (security 97)."""
    hasura.users[str(USER_ID)] = ANN
    with pytest.raises(SourceFailed, match="only Hasura knows 'tier'"):
        await source_for(hasura, outbound, name="displayName", tier=path).values(elsewhere(claimant))
    assert hasura.requests == []
