"""What variables mean together."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from vestibule.delivery.settings import PostmarkSettings
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundSettings
from vestibule.settings import Flags, SettingsError, load, read

Environ = dict[str, str]
DEV = Flags(dev=True)


def test_nhosts_own_variables_alone_make_a_server(nhost_environment: Environ) -> None:
    """Started with an Nhost compose file's variables, only nhost is spoken."""
    settings = load(nhost_environment)
    assert settings.dialects == {"nhost"}
    assert settings.database_url == nhost_environment["POSTGRES_CONNECTION"]
    assert settings.port == 4000
    assert settings.public_url == "https://auth.acme.example"
    assert settings.nhost.server_url == "https://auth.acme.example/v1"


def test_unset_variables_mean_what_they_mean_in_nhost_auth(nhost_environment: Environ) -> None:
    """The defaults of Nhost Auth are kept."""
    policy = load(nhost_environment).policy
    assert policy.password_min_length == 3
    assert policy.verified_email_required
    assert policy.allowed_roles == ("me", "user")
    assert policy.access_token_life == timedelta(seconds=900)
    assert policy.refresh_token_life == timedelta(days=30)


def test_default_role_and_locale_are_always_allowed(nhost_environment: Environ) -> None:
    """Nhost Auth appends them to the lists."""
    extra = {
        "AUTH_USER_DEFAULT_ROLE": "editor",
        "AUTH_USER_DEFAULT_ALLOWED_ROLES": "me, user",
        "AUTH_LOCALE_DEFAULT": "de",
        "AUTH_LOCALE_ALLOWED_LOCALES": "en,fr",
    }
    policy = load(nhost_environment | extra).policy
    assert policy.allowed_roles == ("me", "user", "editor")
    assert policy.allowed_locales == ("en", "fr", "de")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "acme.example"),
        ({"AUTH_CLIENT_URL": "http://localhost:3000"}, "Vestibule"),
        ({"AUTH_CLIENT_URL": "http://[::1]:3000"}, "Vestibule"),
        ({"AUTH_CLIENT_URL": "acme-notes://home"}, "Vestibule"),
        ({"AUTH_CLIENT_URL": ""}, "Vestibule"),
        ({"VESTIBULE_PROJECT_NAME": "Acme Notes"}, "Acme Notes"),
    ],
)
def test_mails_have_a_name_for_what_people_sign_in_to(nhost_environment: Environ, changes: Environ, name: str) -> None:
    """The one that is set, else where people come from, unless that is a developer's machine."""
    assert load(nhost_environment | changes).project_name == name


def test_empty_variables_count_as_unset(nhost_environment: Environ) -> None:
    """Compose files pass `AUTH_PORT=` for what is not set."""
    settings = load(nhost_environment | {"AUTH_PORT": "", "AUTH_DISABLE_SIGNUP": " "})
    assert settings.port == 4000
    assert settings.policy.sign_up_enabled


def test_nhosts_limits_stay_off_until_switched_on(nhost_environment: Environ) -> None:
    """AUTH_RATE_LIMIT_ENABLE is false by default."""
    assert set(load(nhost_environment).limits.amounts.values()) == {None}
    switched_on = nhost_environment | {"AUTH_RATE_LIMIT_ENABLE": "true", "AUTH_RATE_LIMIT_SIGNUPS_BURST": "3"}
    amounts = load(switched_on).limits.amounts
    assert amounts["nhost.signups"] == (3, timedelta(minutes=5))
    assert amounts["nhost.global"] == (100, timedelta(minutes=1))


def test_flag_beats_environment_beats_file_beats_default(own_environment: Environ, own_folder: Path) -> None:
    """Precedence, for a name of ours and for Nhost's name of the same thing."""
    (own_folder / "vestibule.toml").write_text("[vestibule]\nport = 1001\nworkers = 3\n[env]\nAUTH_PORT = 1002\n")
    assert load(own_environment).port == 1001
    assert load(own_environment | {"AUTH_PORT": "1003"}).port == 1003
    assert load(own_environment | {"AUTH_PORT": "1003", "VESTIBULE_PORT": "1004"}).port == 1004
    assert load(own_environment | {"VESTIBULE_PORT": "1004"}, flags=Flags(port=1005)).port == 1005
    assert load(own_environment).workers == 3


def test_a_file_may_hold_lists_and_switches(own_environment: Environ, own_folder: Path) -> None:
    """TOML's own types become what the variables mean."""
    file = own_folder / "other.toml"
    file.write_text(
        '[vestibule]\ndialects = ["nhost", "sublay"]\naccess_log = false\n[env]\nAUTH_DISABLE_SIGNUP = true\n'
    )
    settings = load(own_environment, config_file=file)
    assert settings.dialects == {"nhost", "sublay"}
    assert not settings.access_log
    assert not settings.policy.sign_up_enabled


def test_one_worker_on_sqlite_one_per_core_on_postgresql(
    own_environment: Environ, nhost_environment: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default number of processes follows the engine; hashing threads share the cores."""
    monkeypatch.setattr("vestibule.settings.process.cores", lambda: 6)
    monkeypatch.setattr("vestibule.settings.reading.cores", lambda: 6)
    assert (load(own_environment).workers, load(own_environment).hashing.threads) == (1, 6)
    assert (load(nhost_environment).workers, load(nhost_environment).hashing.threads) == (6, 1)
    assert load(nhost_environment | {"VESTIBULE_WORKERS": "3"}).hashing.threads == 2


def test_root_keys_are_taken_in_order_of_preference(nhost_environment: Environ) -> None:
    """Our own list, else Nhost's key, else one derived from the JWT secret with a warning."""
    derived = read(nhost_environment, Flags())
    assert derived.settings.root_keys_origin == "derived from HASURA_GRAPHQL_JWT_SECRET"
    assert any("VESTIBULE_SECRET_KEYS" in str(warning) for warning in derived.warnings)
    single = load(nhost_environment | {"AUTH_ENCRYPTION_KEY": "ab" * 32})
    assert (single.root_keys, single.root_keys_origin) == ((Secret("ab" * 32),), "AUTH_ENCRYPTION_KEY")
    listed = load(
        nhost_environment | {"AUTH_ENCRYPTION_KEY": "ab" * 32, "VESTIBULE_SECRET_KEYS": f"{'c' * 32},{'d' * 32}"}
    )
    assert listed.root_keys == (Secret("c" * 32), Secret("d" * 32))


def test_a_derived_root_key_is_the_same_on_each_start_and_is_not_the_secret(nhost_environment: Environ) -> None:
    """It must open what it sealed, and not equal what other services know."""
    first, second = load(nhost_environment), load(nhost_environment)
    assert first.root_keys == second.root_keys
    assert first.jwt is not None
    assert first.root_keys[0] != first.jwt.key


def test_an_rsa_secret_must_be_a_pair(nhost_environment: Environ) -> None:
    """A public key that does not belong to the private one would make every token invalid elsewhere."""
    pairs = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    private = pairs[0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    publics = [
        pair.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        for pair in pairs
    ]
    secret = {"type": "RS256", "key": publics[0].decode(), "signing_key": private.decode(), "kid": "one"}
    jwt = load(nhost_environment | {"HASURA_GRAPHQL_JWT_SECRET": json.dumps(secret)}).jwt
    assert jwt is not None
    assert jwt.kid == "one"
    secret["key"] = publics[1].decode()
    with pytest.raises(SettingsError, match="do not belong together"):
        load(nhost_environment | {"HASURA_GRAPHQL_JWT_SECRET": json.dumps(secret)})


def test_settings_show_no_secret_when_printed(nhost_environment: Environ) -> None:
    """A traceback or a log line with the settings in it gives nothing away (security 117)."""
    extra = {
        "VESTIBULE_SECRET_KEYS": "a root key of 32 characters or so",
        "AUTH_SMTP_HOST": "mail.acme.example",
        "AUTH_SMTP_SENDER": "auth@acme.example",
        "AUTH_SMTP_PASS": "swordfish",
        "VESTIBULE_REDIS_URL": "redis://:opensesame@cache/0",
    }
    shown = repr(load(nhost_environment | extra))
    for secret in ("hunter2", "long enough", "a root key", "swordfish", "opensesame"):
        assert secret not in shown


def test_cookies_are_insecure_on_a_developers_machine_only(own_environment: Environ) -> None:
    """A cookie without Secure is for plain http on the loopback."""
    assert load({}, flags=DEV).accountmaker.insecure_cookies
    assert not load(own_environment).accountmaker.insecure_cookies


def test_a_journey_to_a_provider_has_plain_cookies_wherever_http_is_accepted(own_environment: Environ) -> None:
    """On this machine, on a developer's network, and where an operator trusts it: others are dropped (security 35)."""
    on_a_network = {"AUTH_SERVER_URL": "http://192.168.7.5:4000/v1"}
    assert load({}, flags=DEV).nhost.insecure_cookies
    assert load(on_a_network, flags=DEV).nhost.insecure_cookies
    assert load(own_environment | on_a_network | {"VESTIBULE_ALLOW_HTTP": "true"}).nhost.insecure_cookies
    assert not load(own_environment).nhost.insecure_cookies


def test_durations_are_written_as_go_writes_them(nhost_environment: Environ) -> None:
    """`5m`, `1h30m`."""
    variables = {"AUTH_RATE_LIMIT_ENABLE": "1", "AUTH_RATE_LIMIT_EMAIL_INTERVAL": "1h30m"}
    amounts = load(nhost_environment | variables).limits.amounts
    assert amounts["nhost.email"] == (10, timedelta(minutes=90))


def test_a_relative_config_path_from_the_environment_is_read(own_environment: Environ, own_folder: Path) -> None:
    """VESTIBULE_CONFIG names the file when no flag does."""
    Path("here.toml").write_text("[vestibule]\nport = 4321\n")
    assert load(own_environment | {"VESTIBULE_CONFIG": "here.toml"}).port == 4321


def test_a_folder_of_templates_is_used_when_it_is_there(nhost_environment: Environ, tmp_path: Path) -> None:
    """Named or not; without one the built-in letters are sent."""
    assert load(nhost_environment).mail_templates is None
    (tmp_path / "en" / "email-verify").mkdir(parents=True)
    (tmp_path / "en" / "email-verify" / "body.html").write_text("x")
    reading = read(nhost_environment | {"AUTH_EMAIL_TEMPLATES_PATH": str(tmp_path)}, Flags())
    assert reading.settings.mail_templates == tmp_path
    assert not [w for w in reading.warnings if w.variable == "AUTH_EMAIL_TEMPLATES_PATH"]


def test_a_broken_template_stops_the_start_with_its_place(nhost_environment: Environ, tmp_path: Path) -> None:
    """Every one of them; else nobody would know before the mails that it costs."""
    home = tmp_path / "en" / "email-verify"
    home.mkdir(parents=True)
    (home / "subject.txt").write_text("{{ product")
    (home / "body.html").write_text("<p>\n{% if link %}{{ link }}</p>")
    with pytest.raises(SettingsError) as refused:
        load(nhost_environment | {"AUTH_EMAIL_TEMPLATES_PATH": str(tmp_path)})
    body, subject = map(str, refused.value.problems)
    assert body.startswith("AUTH_EMAIL_TEMPLATES_PATH has a template that cannot be used: en/email-verify/body.html, ")
    assert "en/email-verify/subject.txt, line 1: TemplateSyntaxError: unexpected end" in subject


def test_a_folder_without_templates_warns(nhost_environment: Environ, tmp_path: Path) -> None:
    """Most likely the path is one level too high or too deep."""
    warnings = read(nhost_environment | {"AUTH_EMAIL_TEMPLATES_PATH": str(tmp_path)}, Flags()).warnings
    (warning,) = [w for w in warnings if w.variable == "AUTH_EMAIL_TEMPLATES_PATH"]
    assert "<locale>/<template>/body.html" in str(warning)


def test_postmark_is_a_mail_server_by_name(own_environment: Environ) -> None:
    """As in Nhost Auth: the host says postmark, the password is the token."""
    postmark = {"AUTH_SMTP_HOST": "postmark", "AUTH_SMTP_PASS": "t", "AUTH_SMTP_SENDER": "Acme <a@acme.example>"}
    sender = "Acme <a@acme.example>"
    assert load(own_environment | postmark).mail == PostmarkSettings(Secret("t"), sender)
    own = {"VESTIBULE_POSTMARK_TEMPLATES": "false", "AUTH_LOCALE_DEFAULT": "de"}
    found = load(own_environment | postmark | own).mail
    assert found == PostmarkSettings(Secret("t"), sender, templates=False, default_locale="de")
    with pytest.raises(SettingsError, match="set AUTH_SMTP_PASS"):
        load(own_environment | postmark | {"AUTH_SMTP_PASS": ""})


def test_passkeys_belong_to_the_clients_site_unless_told_otherwise(nhost_environment: Environ) -> None:
    """The domain, the name and the first origin come from the client's URL."""
    enabled = nhost_environment | {"AUTH_WEBAUTHN_ENABLED": "true"}
    party = load(enabled).policy.webauthn
    assert (party.rp_id, party.rp_name, party.origins) == ("acme.example", "acme.example", ("https://acme.example",))
    assert party.timeout == timedelta(minutes=5)
    assert party.decoys
    told = {
        "AUTH_WEBAUTHN_RP_NAME": "Acme",
        "AUTH_WEBAUTHN_RP_ORIGINS": "https://app.acme.example",
        "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT": "400000",
        "VESTIBULE_PASSKEY_DECOYS": "false",
    }
    party = load(enabled | told).policy.webauthn
    assert (party.rp_name, party.origins) == ("Acme", ("https://app.acme.example", "https://acme.example"))
    assert party.timeout == timedelta(seconds=400)
    assert not party.decoys


@pytest.mark.parametrize("client_url", ["myapp://open", "http://localhost:3000", "https://other.example"])
def test_a_client_that_is_no_page_of_the_site_is_no_origin(nhost_environment: Environ, client_url: str) -> None:
    """An app's link or a developer's address stands there too; no browser would speak for the site from it."""
    told = {
        "AUTH_CLIENT_URL": client_url,
        "AUTH_WEBAUTHN_ENABLED": "true",
        "AUTH_WEBAUTHN_RP_ID": "acme.example",
        "AUTH_WEBAUTHN_RP_ORIGINS": "https://acme.example",
    }
    assert load(nhost_environment | told).policy.webauthn.origins == ("https://acme.example",)


def test_what_may_be_called_is_listed(own_environment: Environ) -> None:
    """Networks, addresses and names; the proxy's password shows nowhere."""
    assert load(own_environment).outbound == OutboundSettings()
    listed = {
        "VESTIBULE_OUTBOUND_ALLOW": "10.0.0.0/8, hooks.internal",
        "VESTIBULE_OUTBOUND_PROXY": "http://me:hunter2@proxy.example:3128",
        "VESTIBULE_OUTBOUND_CA_FILE": "/etc/acme.pem",
    }
    found = load(own_environment | listed).outbound
    assert (found.allow, found.ca_file) == (("10.0.0.0/8", "hooks.internal"), "/etc/acme.pem")
    assert "hunter2" not in repr(found)
