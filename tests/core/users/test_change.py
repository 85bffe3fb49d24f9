"""What an operator may change about a user: whatever nobody has to prove, and roles beyond those of a sign-up."""

import asyncio
from dataclasses import fields
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.cores import ANY, DOOR, CoreUnderTest
from vestibule.core.users import Subject, UserChange, UserChanged, UserOptions
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    LocaleNotAllowed,
    MetadataTooLarge,
    Refusal,
    RoleNotAllowed,
    UnknownRole,
    UserNotFound,
)
from vestibule.storage import Statement

ANN = "ann@example.com"
DETAIL = Statement(dict, "SELECT detail FROM vestibule_audit WHERE event = 'user.changed' ORDER BY id DESC LIMIT 1")


async def change(under_test: CoreUnderTest, user_id: UUID, **members: Any) -> UserChanged:
    project = under_test.visit(allowed_locales=("en", "fr")).project
    return await under_test.core.change_user(project, user_id, UserChange(**members), actor="operator")


async def stored(under_test: CoreUnderTest, user_id: UUID) -> Subject:
    return await under_test.core.users.subject(under_test.db, under_test.project.id, user_id)


async def test_what_is_named_changes_and_nothing_else(under_test: CoreUnderTest) -> None:
    """Each member by itself; the moment is noted."""
    ann = (await under_test.sign_up(ANN, options=UserOptions(metadata={"plan": "free"}))).subject
    under_test.clock.advance(timedelta(seconds=1))
    for member, column, value in (
        ("display_name", "display_name", "Ann B."),
        ("avatar_url", "avatar_url", "https://acme.example/ann.png"),
        ("locale", "locale", "fr"),
        ("metadata", "metadata", {"plan": "pro"}),
        ("default_role", "default_role", "me"),
        ("removed_roles", "roles", ["me"]),
    ):
        before = await stored(under_test, ann.id)
        outcome = await change(under_test, ann.id, **{member: ("user",) if column == "roles" else value})
        after = await stored(under_test, ann.id)
        assert outcome == UserChanged(after, (column,))
        different = {
            field.name for field in fields(Subject) if getattr(before, field.name) != getattr(after, field.name)
        }
        assert different - {"updated_at"} == {column}
        assert getattr(after, column) == value
        assert after.updated_at == under_test.clock.now()


async def test_metadata_are_replaced_as_a_whole(under_test: CoreUnderTest) -> None:
    """Also by nothing; and 1 is not true, although Python says so."""
    ann = (await under_test.sign_up(ANN, options=UserOptions(metadata={"a": 1, "b": 2}))).subject
    for metadata in ({"b": 2}, {"b": True}, {}, None):
        outcome = await change(under_test, ann.id, metadata=metadata)
        assert outcome.fields == ("metadata",)
        assert repr((await stored(under_test, ann.id)).metadata) == repr(metadata)
    with pytest.raises(MetadataTooLarge):
        await change(under_test, ann.id, metadata={"a": "x" * 20_000})


async def test_an_operator_gives_roles_that_no_sign_up_may_ask_for(under_test: CoreUnderTest) -> None:
    """Once somebody has it the role is known, and is given without more ado."""
    ann, bob = (await under_test.sign_up(ANN)).subject, (await under_test.sign_up()).subject
    with pytest.raises(RoleNotAllowed):
        await under_test.sign_up(options=UserOptions(roles=("user", "editor")))
    await change(under_test, ann.id, added_roles=("editor", "user"), may_name_new_roles=True)
    outcome = await change(under_test, bob.id, added_roles=("editor",), removed_roles=("me",), default_role="editor")
    assert (await stored(under_test, ann.id)).roles == ["me", "user", "editor"]
    assert outcome.fields == ("default_role", "roles")
    assert (outcome.subject.roles, outcome.subject.default_role) == (["user", "editor"], "editor")


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({"locale": "de"}, LocaleNotAllowed),
        ({"default_role": "editor"}, DefaultRoleNotAllowed),
        ({"removed_roles": ("user",)}, DefaultRoleNotAllowed),
        ({"removed_roles": ("me", "user")}, DefaultRoleNotAllowed),
        ({"added_roles": ("editr",)}, UnknownRole),
        ({"removed_roles": ("editr",)}, UnknownRole),
        ({"removed_roles": ("editr",), "may_name_new_roles": True}, UnknownRole),
        ({"added_roles": ("two words",), "may_name_new_roles": True}, RoleNotAllowed),
        ({"added_roles": ("",), "may_name_new_roles": True}, RoleNotAllowed),
        ({"added_roles": ("a,b",), "may_name_new_roles": True}, RoleNotAllowed),
        ({"added_roles": ("editor\n",), "may_name_new_roles": True}, RoleNotAllowed),
        ({"added_roles": ("x" * 65,), "may_name_new_roles": True}, RoleNotAllowed),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    under_test: CoreUnderTest, members: dict[str, Any], refusal: type[Refusal]
) -> None:
    """Not even what stands beside it and would make sense; a slip of the pen gives no role, and takes none."""
    ann = (await under_test.sign_up(ANN)).subject
    with pytest.raises(refusal) as refused:
        await change(under_test, ann.id, display_name="Ann B.", **members)
    assert type(refused.value) is refusal
    assert await stored(under_test, ann.id) == ann
    assert "user.changed" not in await under_test.events()


def test_nothing_that_a_user_must_prove_can_be_named() -> None:
    """No address, number, status or moment of a proof is a member of a change (security 11)."""
    assert {field.name for field in fields(UserChange)} == {
        *("display_name", "avatar_url", "locale", "metadata"),
        *("default_role", "added_roles", "removed_roles", "may_name_new_roles"),
    }


async def test_the_trail_says_which_fields_and_not_what_is_in_them(under_test: CoreUnderTest) -> None:
    """Names and metadata of people do not belong there; where nothing is different there is nothing to say."""
    ann = (await under_test.sign_up(ANN)).subject
    await change(under_test, ann.id, display_name="canary", metadata={"canary": 1}, removed_roles=("me",))
    assert await under_test.db.one(DETAIL) == {"fields": ["display_name", "metadata", "roles"]}
    again = await change(under_test, ann.id, display_name="canary", metadata={"canary": 1}, removed_roles=("me",))
    assert again.fields == ()
    assert (await under_test.events()).count("user.changed") == 1


async def test_a_role_that_was_taken_is_gone_at_the_next_refresh(under_test: CoreUnderTest) -> None:
    """The session goes on: whoever refreshes is read anew."""
    ann = await under_test.sign_up(ANN)
    await change(under_test, ann.subject.id, removed_roles=("me",))
    refreshed = await under_test.core.refresh_session(under_test.visit(), ann.secret, ANY)
    assert refreshed.subject.roles == ["user"]


async def test_whoever_has_no_name_keeps_the_one_role_of_those(under_test: CoreUnderTest) -> None:
    """All else of an anonymous user may be changed (security 11)."""
    visit = under_test.visit(anonymous_users_enabled=True)
    nobody = (await under_test.core.sign_in_anonymously(visit, UserOptions(), DOOR)).subject
    for members in ({"added_roles": ("user",)}, {"default_role": "user"}, {"removed_roles": ("anonymous",)}):
        with pytest.raises(AnonymousNotAllowed):
            await change(under_test, nobody.id, **members)
    assert (await change(under_test, nobody.id, display_name="Cart 7")).fields == ("display_name",)


async def test_nobody_is_changed_in_another_project(under_test: CoreUnderTest) -> None:
    """Nor are its roles known there (security 122)."""
    ann = (await under_test.sign_up(ANN)).subject
    other = await under_test.other_project()
    bob = (await under_test.sign_up(visit=under_test.visit(project=other))).subject
    await change(under_test, ann.id, added_roles=("editor",), may_name_new_roles=True)
    with pytest.raises(UserNotFound):
        await under_test.core.change_user(other, ann.id, UserChange(display_name="x"), actor="operator")
    with pytest.raises(UnknownRole):
        await under_test.core.change_user(other, bob.id, UserChange(added_roles=("editor",)), actor="operator")


async def test_who_is_deleted_in_name_stays_as_they_are(under_test: CoreUnderTest) -> None:
    """There is nobody left to be called anything."""
    ann = (await under_test.sign_up(ANN)).subject
    await under_test.change(ann.id, status="deleted")
    with pytest.raises(UserNotFound):
        await change(under_test, ann.id, display_name="x")


async def test_two_operators_lose_nothing(under_test: CoreUnderTest) -> None:
    """The second one starts from what the first one left."""
    ann = (await under_test.sign_up(ANN)).subject
    roles = [f"role{number}" for number in range(4)]
    await asyncio.gather(*(change(under_test, ann.id, added_roles=(role,), may_name_new_roles=True) for role in roles))
    assert sorted((await stored(under_test, ann.id)).roles) == ["me", *roles, "user"]
