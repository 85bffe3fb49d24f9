"""The variables of custom claims: who is asked, and what stops the start."""

import json
from datetime import timedelta

import pytest

from vestibule.claims import HasuraSettings, WebhookSettings
from vestibule.kernel.secret import Secret
from vestibule.settings import Flags, SettingsError, load, read

Environ = dict[str, str]

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
WEBHOOK = {
    "VESTIBULE_CLAIMS_WEBHOOK_URL": "https://claims.acme.example/v1",
    "VESTIBULE_CLAIMS_WEBHOOK_SECRET": SECRET,
}
HASURA = {
    "HASURA_GRAPHQL_GRAPHQL_URL": "http://hasura:8080/v1/graphql",
    "HASURA_GRAPHQL_ADMIN_SECRET": "opensesame",
}


def claims(**paths: object) -> Environ:
    return {"AUTH_JWT_CUSTOM_CLAIMS": json.dumps(paths)}


def problems_of(environ: Environ) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return str(caught.value)


@pytest.mark.parametrize("more", [{}, {"AUTH_JWT_CUSTOM_CLAIMS": "{}"}, HASURA], ids=["unset", "empty", "hasura alone"])
def test_nothing_is_asked_for_unless_somebody_wants_claims(own_environment: Environ, more: Environ) -> None:
    """Nhost's compose files name Hasura in any case."""
    assert load(own_environment | more).claims is None


def test_nhosts_own_variables_are_enough(own_environment: Environ) -> None:
    """An existing environment works as it is."""
    defaults = {"AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": '{"tier":"free","teams":[]}'}
    found = load(own_environment | HASURA | defaults | claims(teams="teams[].team.id", tier="plan.name")).claims
    assert found is not None
    assert found.hasura == HasuraSettings("http://hasura:8080/v1/graphql", Secret("opensesame"))
    assert (found.webhook, found.omit_on_failure) == (None, False)
    assert [(claim.name, claim.path.text, claim.default) for claim in found.paths] == [
        ("teams", "teams[].team.id", []),
        ("tier", "plan.name", "free"),
    ]


def test_a_webhook_needs_no_paths(own_environment: Environ) -> None:
    """Nor Hasura."""
    several = {"VESTIBULE_CLAIMS_WEBHOOK_SECRET": f"{SECRET},{SECRET}", "VESTIBULE_CLAIMS_WEBHOOK_TIMEOUT": "500ms"}
    found = load(own_environment | WEBHOOK | several | {"VESTIBULE_CLAIMS_ON_FAILURE": "omit"}).claims
    assert found is not None
    assert found.webhook == WebhookSettings(
        "https://claims.acme.example/v1", (Secret(SECRET), Secret(SECRET)), timedelta(milliseconds=500)
    )
    assert found.omit_on_failure


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"AUTH_JWT_CUSTOM_CLAIMS": "org=metadata.org"}, "AUTH_JWT_CUSTOM_CLAIMS is no JSON object"),
        ({"AUTH_JWT_CUSTOM_CLAIMS": "[]"}, "AUTH_JWT_CUSTOM_CLAIMS is no JSON object"),
        ({"AUTH_JWT_CUSTOM_CLAIMS": '{"a":' * 2000}, "AUTH_JWT_CUSTOM_CLAIMS is no JSON object"),
        ({"AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": "none"}, "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS is no JSON object"),
        (claims(org="metadata..org"), "the claim 'org' has the path 'metadata..org'"),
        (claims(org=1), "the claim 'org' has a path that is no text"),
        (claims(**{"my org": "metadata.org"}), "'my org'"),
        (claims(tier="metadata.a", **{"X-Hasura-Tier": "metadata.b"}), "is the same in tokens as 'tier'"),
        (claims(org="plan.name"), "set HASURA_GRAPHQL_GRAPHQL_URL"),
        (claims(org="email.domain"), "needs 'email.domain', which no user has here"),
        (claims(org="plan['my name']") | HASURA, "is no field of GraphQL"),
        (claims(**{f"c{number}": "email" for number in range(65)}), "more than 64"),
        (claims(org="metadata.org") | HASURA | {"HASURA_GRAPHQL_GRAPHQL_URL": "hasura"}, "HASURA_GRAPHQL_GRAPHQL_URL"),
        *(
            (claims(org="email") | {"HASURA_GRAPHQL_GRAPHQL_URL": url}, "HASURA_GRAPHQL_GRAPHQL_URL cannot be used")
            for url in ("http://0x7f.1/v1/graphql", "http://hasura:99999/", "http://[::1/", "http://me:pw@hasura/")
        ),
        (claims(org="email") | HASURA | {"HASURA_GRAPHQL_ADMIN_SECRET": "a\nb"}, "single line"),
        (WEBHOOK | {"VESTIBULE_CLAIMS_WEBHOOK_URL": "ftp://acme"}, "VESTIBULE_CLAIMS_WEBHOOK_URL cannot be used"),
        (WEBHOOK | {"VESTIBULE_CLAIMS_WEBHOOK_URL": "https://a:99999/"}, "VESTIBULE_CLAIMS_WEBHOOK_URL cannot be used"),
        (WEBHOOK | {"VESTIBULE_CLAIMS_WEBHOOK_SECRET": ""}, "openssl rand -base64 32"),
        (WEBHOOK | {"VESTIBULE_CLAIMS_WEBHOOK_SECRET": "barracuda"}, "VESTIBULE_CLAIMS_WEBHOOK_SECRET cannot be used"),
        (WEBHOOK | {"VESTIBULE_CLAIMS_WEBHOOK_SECRET": "whsec_c2hvcnQ="}, "24 to 64 bytes"),
        (WEBHOOK | {"VESTIBULE_CLAIMS_WEBHOOK_TIMEOUT": "1m"}, "at most 10s"),
        (WEBHOOK | {"VESTIBULE_CLAIMS_ON_FAILURE": "ignore"}, "refuse, omit"),
    ],
)
def test_what_cannot_work_stops_the_start(own_environment: Environ, changes: Environ, says: str) -> None:
    """Not the first sign-in; the claim is named, a secret is not (security 110, 117)."""
    told = problems_of(own_environment | changes)
    assert says in told
    assert "opensesame" not in told
    assert "barracuda" not in told


def test_what_the_server_says_itself_is_left_out_with_a_warning(own_environment: Environ) -> None:
    """Nhost Auth ignores it as well, in silence; the elevated claim is more than it left out (security 11)."""
    names = ("X-Hasura-User-Id", "default-role", "auth-elevated")
    reading = read(own_environment | claims(**dict.fromkeys(names, "metadata.role"), org="metadata.org"), Flags())
    assert [claim.name for claim in reading.settings.claims.paths] == ["org"] if reading.settings.claims else False
    assert all(any(name in str(warning) for warning in reading.warnings) for name in names)


def test_what_is_likely_a_mistake_is_warned_about(own_environment: Environ) -> None:
    """A default that nothing asks for; an admin secret on its way through other networks."""
    public = HASURA | {"HASURA_GRAPHQL_GRAPHQL_URL": "http://hasura.acme.example/v1/graphql"}
    defaults = {"AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": '{"ogr":"none"}'}
    told = [
        str(warning) for warning in read(own_environment | public | defaults | claims(org="email"), Flags()).warnings
    ]
    assert any("'ogr', which is no custom claim" in line for line in told)
    assert any("is not https" in line for line in told)
    assert not read(own_environment | HASURA | claims(org="email"), Flags()).warnings
