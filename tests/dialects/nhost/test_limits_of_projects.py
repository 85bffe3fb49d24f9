"""Limits of one project and another on the same server."""

from tests.dialects.nhost.speaking import PASSWORD
from tests.support.serving import Serve
from vestibule.core.projects import NewProject

LIMITED = {
    "AUTH_RATE_LIMIT_ENABLE": "true",
    "AUTH_RATE_LIMIT_SIGNUPS_BURST": "1",
    "VESTIBULE_RATE_LIMITS": "true",
}


async def test_what_is_used_up_in_one_project_is_not_in_another(serve: Serve) -> None:
    """For the same network as well: each has its own count (security 122)."""
    async with serve(LIMITED) as running:
        other = NewProject("Other", frozenset({"nhost"}), public_id="other", hosts=("other.example",))
        await running.core.registry.create_project(other)
        statuses = [
            (
                await running.client.post(
                    "/v1/signup/email-password",
                    json={"email": f"person{number}@example.com", "password": PASSWORD},
                    headers=headers,
                )
            ).status_code
            for number, headers in enumerate([{}, {}, {"host": "other.example"}, {"host": "other.example"}])
        ]
        assert statuses == [200, 429, 200, 429]
