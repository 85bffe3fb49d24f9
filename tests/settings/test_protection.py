"""What an Nhost environment says about protections is what the server does."""

from datetime import timedelta

import pytest

from tests.settings.test_refusals import problems_of
from vestibule.settings import Flags, load, read

Environ = dict[str, str]


def test_everything_is_off_unless_told(nhost_environment: Environ) -> None:
    """Nothing is asked of anybody by default; guesses are bounded in any case."""
    settings = load(nhost_environment)
    assert settings.protection.turnstile_secret is None
    assert not settings.protection.leaked_passwords_refused
    assert settings.limits.memcached is None
    assert settings.metrics_port is None
    assert (settings.stuffing.failures, settings.stuffing.percent, settings.stuffing.accounts) == (60, 80, 10)


def test_nhosts_variables_turn_protections_on(nhost_environment: Environ) -> None:
    """By their own names, at the addresses of the real ones."""
    settings = load(
        nhost_environment
        | {
            "AUTH_TURNSTILE_SECRET": "0x4AAA",
            "AUTH_PASSWORD_HIBP_ENABLED": "true",
            "AUTH_RATE_LIMIT_ENABLE": "true",
            "AUTH_RATE_LIMIT_SIGNUPS_BURST": "7",
            "AUTH_RATE_LIMIT_SIGNUPS_INTERVAL": "90s",
            "AUTH_RATE_LIMIT_MEMCACHE_SERVER": "cache,[::1]:11212,other:11213",
            "AUTH_RATE_LIMIT_MEMCACHE_PREFIX": "acme.",
        }
    )
    told = settings.protection
    assert told.turnstile_secret is not None
    assert told.turnstile_secret.reveal() == "0x4AAA"
    assert told.turnstile_url == "https://challenges.cloudflare.com/turnstile/v0/siteverify"
    assert told.leaked_passwords_refused
    assert told.leaked_passwords_url == "https://api.pwnedpasswords.com/range/"
    assert settings.limits.memcached == "cache:11211,[::1]:11212,other:11213"
    assert settings.limits.prefix == "acme."
    assert settings.limits.amounts["nhost.signups"] == (7, timedelta(seconds=90))
    assert "0x4AAA" not in repr(settings)


def test_redis_goes_before_memcached(nhost_environment: Environ) -> None:
    """And the operator hears that one of the two is not used."""
    both = {"AUTH_RATE_LIMIT_MEMCACHE_SERVER": "cache", "VESTIBULE_REDIS_URL": "redis://cache:6379/0"}
    reading = read(nhost_environment | both, Flags())
    assert "AUTH_RATE_LIMIT_MEMCACHE_SERVER" in {warning.variable for warning in reading.warnings}


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://h", "valkey://h/1", "unix:///run/redis.sock?db=1"])
def test_redis_has_several_names(nhost_environment: Environ, url: str) -> None:
    """As many as the store takes."""
    told = load(nhost_environment | {"VESTIBULE_REDIS_URL": url}).limits.redis_url
    assert told is not None
    assert told.reveal() == url


def test_a_range_url_without_its_slash_works(nhost_environment: Environ) -> None:
    """Five digits are put behind it; a query would swallow them."""
    mirror = nhost_environment | {"VESTIBULE_HIBP_URL": "https://pwned.acme.example/range"}
    assert load(mirror).protection.leaked_passwords_url == "https://pwned.acme.example/range/"
    assert "VESTIBULE_HIBP_URL" in problems_of(nhost_environment | {"VESTIBULE_HIBP_URL": "https://acme.example/?q="})
