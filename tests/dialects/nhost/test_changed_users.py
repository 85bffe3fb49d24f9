"""What an operator changed about a user is what their next token and `GET /user` tell."""

from datetime import timedelta
from uuid import UUID

from tests.dialects.nhost.speaking import Speaker, part
from tests.support.serving import Serve
from vestibule.core.users import UserChange

HASURA = "https://hasura.io/jwt/claims"


async def test_a_change_is_told_by_the_next_token(serve: Serve) -> None:
    """The session goes on; the access token that is out says what was so when it was made, for as long as it lives."""
    async with serve(environ={"AUTH_LOCALE_ALLOWED_LOCALES": "en,fr"}) as running:
        speaker = Speaker(running)
        before = await speaker.sign_up(metadata={"plan": "free"})
        change = UserChange(
            display_name="Ann B.",
            avatar_url="https://acme.example/ann.png",
            locale="fr",
            metadata={"plan": "pro"},
            default_role="editor",
            added_roles=("editor",),
            removed_roles=("me",),
            may_name_new_roles=True,
        )
        await running.core.change_user(running.project, UUID(before["user"]["id"]), change, actor="operator")
        running.clock.advance(timedelta(seconds=1))

        after = (await speaker.refresh(before["refreshToken"])).json()

        said = part(after["accessToken"], 1)[HASURA]
        assert said["x-hasura-allowed-roles"] == ["user", "editor"]
        assert said["x-hasura-default-role"] == "editor"
        assert "me" in part(before["accessToken"], 1)[HASURA]["x-hasura-allowed-roles"]
        shown = (await speaker.get("/user", before["accessToken"])).json()
        for told in (after["user"], shown):
            assert (told["displayName"], told["avatarUrl"]) == ("Ann B.", "https://acme.example/ann.png")
            assert (told["locale"], told["metadata"]) == ("fr", {"plan": "pro"})
            assert (told["defaultRole"], sorted(told["roles"])) == ("editor", ["editor", "user"])
