"""What stops a start, and what it says."""

from pathlib import Path

import pytest

from vestibule.settings import Flags, SettingsError, load, read

Environ = dict[str, str]


def problems_of(environ: dict[str, str], flags: Flags | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ, flags=flags)
    return str(caught.value)


def test_a_page_with_a_button_needs_https(own_environment: Environ) -> None:
    """Elsewhere browsers do not say whose page pressed it (security 106, 110)."""
    insecure = {"VESTIBULE_PUBLIC_URL": "http://auth.acme.example", "VESTIBULE_ALLOW_HTTP": "true"}
    told = problems_of({**own_environment, **insecure, "VESTIBULE_LINK_CONFIRM": "true"})
    assert "VESTIBULE_LINK_CONFIRM needs https" in told
    load({**own_environment, "VESTIBULE_LINK_CONFIRM": "true"})
    load({**own_environment, "VESTIBULE_PUBLIC_URL": "http://localhost:4000", "VESTIBULE_LINK_CONFIRM": "true"})


def test_an_empty_environment_is_told_everything_at_once() -> None:
    """Nobody has to start three times to learn three things."""
    told = problems_of({})
    for name in ("VESTIBULE_DATABASE_URL", "VESTIBULE_SECRET_KEYS", "VESTIBULE_PUBLIC_URL"):
        assert name in told


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("VESTIBULE_PORT", "70000", "from 0 to 65535"),
        ("VESTIBULE_PORT", "web", "whole number"),
        ("VESTIBULE_ACCESS_LOG", "maybe", "true or false"),
        ("VESTIBULE_WORKERS", "0", "from 1"),
        ("VESTIBULE_DIALECTS", "nhost,soap", "accountmaker, nhost, sublay"),
        ("VESTIBULE_DATABASE_URL", "mysql://h/d", "postgresql://"),
        ("VESTIBULE_DATABASE_URL", "sqlite:///:memory:", "names a file"),
        ("VESTIBULE_SECRET_KEYS", "too short", "openssl rand -hex 32"),
        ("VESTIBULE_PUBLIC_URL", "http://auth.acme.example", "VESTIBULE_ALLOW_HTTP"),
        ("VESTIBULE_PUBLIC_URL", "auth.acme.example", "https://auth.acme.example"),
        *(
            (name, "http://[::1/", "is no URL that can be read")
            for name in (
                "VESTIBULE_PUBLIC_URL",
                "VESTIBULE_TURNSTILE_URL",
                "VESTIBULE_HIBP_URL",
                "AUTH_SERVER_URL",
                "AUTH_CLIENT_URL",
            )
        ),
        ("VESTIBULE_PUBLIC_URL", "https://auth.acme.example/v1", "scheme and host only"),
        ("VESTIBULE_PUBLIC_URL", "https://me:pw@auth.acme.example", "user name or password"),
        ("AUTH_SERVER_URL", "http://auth.acme.example/v1", "VESTIBULE_ALLOW_HTTP"),
        ("VESTIBULE_ARGON2_MEMORY_KIB", "64", "OWASP"),
        ("VESTIBULE_ARGON2_ITERATIONS", "1", "OWASP"),
        ("VESTIBULE_TRUSTED_PROXIES", "everybody", "10.0.0.0/8"),
        ("VESTIBULE_SMS_COUNTRIES", "DE,Austria", "two letters"),
        ("VESTIBULE_OUTBOUND_ALLOW", "10.0.0.1/8", "10.0.0.0/8"),
        ("VESTIBULE_OUTBOUND_PROXY", "proxy:3128", "http://proxy.example:3128"),
        ("VESTIBULE_REDIS_URL", "memcached://h", "redis://"),
        ("VESTIBULE_REDIS_URL", "unix://redis.sock", "unix:///"),
        ("VESTIBULE_TURNSTILE_URL", "challenges.cloudflare.com", "https://challenges.cloudflare.com"),
        ("HASURA_GRAPHQL_JWT_SECRET", "not json", "JSON"),
        ("HASURA_GRAPHQL_JWT_SECRET", '{"type":"HS256","key":"short"}', "less than 32 bytes"),
        ("HASURA_GRAPHQL_JWT_SECRET", '{"type":"none","key":"x"}', "HS256"),
        ("HASURA_GRAPHQL_JWT_SECRET", '{"type":"RS256","key":"x"}', "signing_key"),
        ("AUTH_GRAVATAR_RATING", "xxx", "one of"),
        ("AUTH_RATE_LIMIT_EMAIL_INTERVAL", "an hour", "duration"),
        ("AUTH_RATE_LIMIT_MEMCACHE_SERVER", "memcached://cache:11211", "cache:11211"),
        ("AUTH_RATE_LIMIT_MEMCACHE_PREFIX", "a b", "blanks"),
        ("AUTH_SMTP_HOST", "mail.acme.example", "AUTH_SMTP_SENDER"),
        ("AUTH_SMTP_HOST", "postmark", "AUTH_SMTP_SENDER"),
    ],
)
def test_a_wrong_or_unsafe_value_stops_the_start(own_environment: Environ, name: str, value: str, says: str) -> None:
    """Each is an error that names the variable and what to set (security 110)."""
    told = problems_of(own_environment | {name: value})
    assert says in told
    assert "VESTIBULE_" in told or "AUTH_" in told or "HASURA_" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_ENABLE_CHANGE_ENV", "true"),
    ],
)
def test_a_protection_that_cannot_be_kept_stops_the_start(nhost_environment: Environ, name: str, value: str) -> None:
    """Serving without it would be less safe than the operator believes (security 110)."""
    assert name in problems_of(nhost_environment | {name: value})
    assert name in problems_of({name: value}, Flags(dev=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_ENABLE_CHANGE_ENV", "false"),
    ],
)
def test_a_protection_that_is_off_does_not_matter(nhost_environment: Environ, name: str, value: str) -> None:
    """Compose files name them all."""
    load(nhost_environment | {name: value})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AUTH_WEBAUTHN_RP_ID", "192.0.2.1", "the domain of your site"),
        ("AUTH_WEBAUTHN_RP_ID", "https://acme.example", "the domain of your site"),
        ("AUTH_WEBAUTHN_ATTESTATION_TIMEOUT", "5m", "whole number"),
    ],
)
def test_a_relying_party_that_no_browser_takes_stops_the_start(
    nhost_environment: Environ, name: str, value: str, says: str
) -> None:
    """Users would meet it as a key that never works (security 92, 110)."""
    told = problems_of(nhost_environment | {"AUTH_WEBAUTHN_ENABLED": "true", name: value})
    assert name in told
    assert says in told


def test_a_relying_party_needs_a_domain(nhost_environment: Environ) -> None:
    """Of its own, or that of the client's URL."""
    enabled = nhost_environment | {"AUTH_WEBAUTHN_ENABLED": "true"}
    assert "AUTH_WEBAUTHN_RP_ID" in problems_of(enabled | {"AUTH_CLIENT_URL": ""})
    assert "AUTH_WEBAUTHN_RP_ID" in problems_of(enabled | {"AUTH_CLIENT_URL": "http://192.0.2.1:3000"})


def test_a_relying_party_that_is_not_used_stops_nothing(nhost_environment: Environ) -> None:
    """Compose files name the variables whether or not passkeys are on."""
    load(nhost_environment | {"AUTH_WEBAUTHN_RP_ID": "192.0.2.1", "AUTH_WEBAUTHN_RP_ORIGINS": "*"})


def test_a_refusal_is_told_once(nhost_environment: Environ) -> None:
    """However many parts of the settings come from the variable."""
    with pytest.raises(SettingsError) as refused:
        read(nhost_environment | {"AUTH_SERVER_URL": "http://auth.acme.example/v1"}, Flags())
    assert [problem.variable for problem in refused.value.problems] == ["AUTH_SERVER_URL"]


def test_an_unknown_name_of_ours_stops_the_start_and_names_the_nearest(own_environment: Environ) -> None:
    """A typing error must not mean the default."""
    assert "did you mean VESTIBULE_WORKERS?" in problems_of(own_environment | {"VESTIBULE_WORKRES": "2"})


def test_an_unknown_nhost_name_warns_and_names_the_nearest(nhost_environment: Environ) -> None:
    """Nhost Auth has more names than we know; with --strict they are errors."""
    environ = nhost_environment | {"AUTH_DISABLE_SIGNUPS": "true"}
    (warning,) = [w for w in read(environ, Flags()).warnings if w.variable == "AUTH_DISABLE_SIGNUPS"]
    assert "did you mean AUTH_DISABLE_SIGNUP?" in str(warning)
    assert "AUTH_DISABLE_SIGNUPS" in problems_of(environ, Flags(strict=True))


def test_a_provider_that_is_asked_for_and_not_there_is_told(nhost_environment: Environ) -> None:
    """Not by its 404 to the first application; with --strict the start fails."""
    environ = nhost_environment | {"AUTH_OAUTH2_PROVIDER_ENABLED": "true"}
    (warning,) = [w for w in read(environ, Flags()).warnings if w.variable == "AUTH_OAUTH2_PROVIDER_ENABLED"]
    assert "answer 404" in str(warning)
    assert str(warning) in problems_of(environ, Flags(strict=True))
    off = nhost_environment | {"AUTH_OAUTH2_PROVIDER_ENABLED": "false"}
    assert not [w for w in read(off, Flags(strict=True)).warnings if w.variable == "AUTH_OAUTH2_PROVIDER_ENABLED"]


def test_known_names_without_effect_are_listed_not_refused(nhost_environment: Environ) -> None:
    """`config check` shows them."""
    reading = read(nhost_environment | {"AUTH_OAUTH2_PROVIDER_ENABLED": "true"}, Flags())
    assert reading.unused == ("AUTH_OAUTH2_PROVIDER_ENABLED",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[vestibule]\nprot = 1\n", "did you mean port?"),
        ("port = 1\n", "[vestibule] and [env]"),
        ("[server]\nport = 1\n", "[vestibule] and [env]"),
        ("[vestibule]\nport = 1.5\n", "a text, a number"),
        ("[env]\nVESTIBULE_PROT = 1\n", "VESTIBULE_PROT"),
        ("[vestibule\n", "no TOML"),
    ],
)
def test_a_wrong_file_stops_the_start(own_environment: Environ, own_folder: Path, content: str, says: str) -> None:
    """TOML keys are as strict as variables."""
    (own_folder / "vestibule.toml").write_text(content)
    assert says in problems_of(own_environment)


def test_a_named_file_must_be_there(own_environment: Environ) -> None:
    """`--config` with a typing error must not mean no file."""
    assert "cannot be read" in problems_of(own_environment, Flags(config_file="nowhere.toml"))


def test_dev_stays_on_this_machine_unless_exposed() -> None:
    """--dev with 0.0.0.0 needs --dev-expose."""
    assert "--dev-expose" in problems_of({}, Flags(dev=True, host="0.0.0.0"))  # noqa: S104 - refused
    assert load({}, flags=Flags(dev=True, host="0.0.0.0", dev_expose=True)).workers == 1  # noqa: S104 - nothing listens


@pytest.mark.parametrize("url", ["http://localhost:4000", "http://127.0.0.1:4000", "http://[::1]:4000"])
def test_plain_http_is_fine_on_this_machine(own_environment: Environ, url: str) -> None:
    """Loopback needs no certificate."""
    assert load(own_environment | {"VESTIBULE_PUBLIC_URL": url}).public_url == url


def test_plain_http_elsewhere_has_to_be_asked_for(own_environment: Environ) -> None:
    """VESTIBULE_ALLOW_HTTP is the operator's word."""
    environ = own_environment | {"VESTIBULE_PUBLIC_URL": "http://auth.internal", "VESTIBULE_ALLOW_HTTP": "true"}
    assert load(environ).public_url == "http://auth.internal"


def test_weak_hashing_has_to_be_asked_for(own_environment: Environ) -> None:
    """Tests do."""
    weak = {"VESTIBULE_ARGON2_MEMORY_KIB": "8", "VESTIBULE_ARGON2_ITERATIONS": "1"}
    allowed = own_environment | weak | {"VESTIBULE_ALLOW_WEAK_HASHING": "true"}
    assert load(allowed).argon2.memory_kib == 8


@pytest.mark.parametrize(("memory", "iterations"), [("47104", "1"), ("12288", "3"), ("65536", "4")])
def test_other_strong_parameters_are_accepted(own_environment: Environ, memory: str, iterations: str) -> None:
    """OWASP lists several that cost an attacker the same."""
    environ = own_environment | {"VESTIBULE_ARGON2_MEMORY_KIB": memory, "VESTIBULE_ARGON2_ITERATIONS": iterations}
    assert load(environ).argon2.memory_kib == int(memory)


def test_a_complaint_quotes_no_secret(own_environment: Environ) -> None:
    """Start-up errors end up in logs (security 117)."""
    told = problems_of(
        own_environment
        | {
            "VESTIBULE_SECRET_KEYS": "hunter2",
            "HASURA_GRAPHQL_JWT_SECRET": '{"type":"HS256","key":"swordfish"',
            "VESTIBULE_REDIS_URL": "rediss-//:opensesame@h",
        }
    )
    for secret in ("hunter2", "swordfish", "opensesame"):
        assert secret not in told
