"""Nhost Auth: its paths, its JSON, its errors; `nhost_mount` is all that the assembly needs."""

from collections.abc import Mapping

from vestibule.core.facade import Core
from vestibule.core.redirects import allow_list_of
from vestibule.dialects.nhost import (
    access_tokens,
    anonymous,
    elevation,
    email_change,
    email_codes,
    id_tokens,
    linking,
    passkeys,
    passwordless,
    passwords,
    phones,
    provider_tokens,
    providers,
    recovery_codes,
    security_keys,
    sessions,
    signin,
    signup,
    system,
    text_codes,
    totp,
    user,
    verification,
    verify,
)
from vestibule.dialects.nhost.captcha import Captcha, guarded_marks
from vestibule.dialects.nhost.confirm import ConfirmPages
from vestibule.dialects.nhost.dialect import configured, nhost
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.wire import Mount

__all__ = ["HANDLERS", "Captcha", "NhostSettings", "nhost", "nhost_mount"]

# Importing them is what declares the endpoints; their documentation follows this order.
HANDLERS = (
    signup,
    signin,
    passwordless,
    email_codes,
    text_codes,
    passkeys,
    providers,
    id_tokens,
    provider_tokens,
    anonymous,
    sessions,
    user,
    passwords,
    email_change,
    phones,
    totp,
    recovery_codes,
    linking,
    security_keys,
    elevation,
    access_tokens,
    verification,
    verify,
    system,
)


def nhost_mount(
    core: Core, settings: NhostSettings, captcha: Captcha | None = None
) -> tuple[Mount, Mapping[type, object]]:
    """Return the dialect as the operator wants it, and what its handlers ask for; `captcha` where one is asked for.

    Raises: ValueError for a redirect URL that makes no sense: better now than at somebody's sign-up.
    """
    policy = core.catalog.default_policy
    allow_list_of(policy)
    dialect = configured(settings, guarded=frozenset() if captcha is None else guarded_marks(settings))
    prefix = settings.api_prefix.rstrip("/")
    mount = Mount(dialect, extra_bases=() if prefix in dialect.bases else (prefix,), handlers=HANDLERS)
    dependencies: dict[type, object] = {
        Core: core,
        NhostSettings: settings,
        ConfirmPages: ConfirmPages(),
        AccessTokens: AccessTokens.configured(core, settings),
        system.PublishedKeys: system.PublishedKeys(core),
    }
    if captcha is not None:
        dependencies[Captcha] = captcha
    return mount, dependencies
