"""A server whose tokens have custom claims, and what stands in them."""

from collections.abc import Mapping
from typing import Any

import httpx2

from tests.dialects.nhost.speaking import part
from tests.support.providers.claims_webhook import SECRET, ClaimsWebhook

NAMESPACE = "https://hasura.io/jwt/claims"
BUILT_IN = {"x-hasura-allowed-roles", "x-hasura-default-role", "x-hasura-user-id", "x-hasura-user-is-anonymous"}


def on_webhook(webhook: ClaimsWebhook, **more: str) -> dict[str, str]:
    return {
        "VESTIBULE_CLAIMS_WEBHOOK_URL": webhook.url,
        "VESTIBULE_CLAIMS_WEBHOOK_SECRET": SECRET,
        "VESTIBULE_CLAIMS_WEBHOOK_TIMEOUT": "10s",
        "VESTIBULE_OUTBOUND_ALLOW": "127.0.0.0/8",
        **more,
    }


def claims_of(session: Mapping[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = part(session["accessToken"], 1)[NAMESPACE]
    return claims


def custom(session: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims_of(session).items() if name not in BUILT_IN}


def assert_unavailable(answer: httpx2.Response) -> None:
    assert answer.status_code == 503
    assert answer.json() == {
        "error": "internal-server-error",
        "message": "Internal server error",
        "status": 503,
    }
    assert int(answer.headers["retry-after"]) >= 1
