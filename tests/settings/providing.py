"""What the variables about providers make, and what they complain of."""

import json
from typing import Any, Final

import pytest

from vestibule.providers import ConfiguredProvider
from vestibule.settings import SettingsError, load

Environ = dict[str, str]
OIDC: Final = {"type": "oidc", "clientId": "us", "clientSecret": "s3cret", "issuer": "https://id.acme.example"}


def problems_of(environ: Environ) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return str(caught.value)


def one_of(environ: Environ) -> ConfiguredProvider:
    (found,) = load(environ).providers.oauth2
    return found


def custom(**providers: Any) -> Environ:
    return {"AUTH_PROVIDER_CUSTOM": json.dumps({name.replace("_", "-"): each for name, each in providers.items()})}
