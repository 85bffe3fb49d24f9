"""Which project and client a request means, remembered until something changes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.cores import CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from vestibule.core.projects import Catalog, NewClient, NewProject, Project
from vestibule.core.projects.overlay import InvalidSettings
from vestibule.core.projects.registry import NameTaken
from vestibule.core.signing import Algorithm, KeyOwner, SharedSecret, announce_change, signing_key_from_secret
from vestibule.kernel.errors import ClientNotFound, ProjectNotFound
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database, Json, Statement, database_from_url

SET = Statement(None, "UPDATE vestibule_projects SET settings = :settings WHERE id = :id")
DOORS = frozenset({"nhost"})


@pytest.fixture
async def neighbour(under_test: CoreUnderTest, database_url: str, clock: FakeClock) -> AsyncIterator[CoreUnderTest]:
    """Another worker on the same database."""
    db = database_from_url(database_url)
    await db.open()
    one = await core_under_test(database_url, db, clock)
    yield one
    one.core.sign_in_with_password.hashing.close()
    await db.close()


async def test_a_project_is_found_by_both_its_names(under_test: CoreUnderTest) -> None:
    """The public id that an operator chose, and the one inside."""
    made = await under_test.core.registry.create_project(NewProject("Shop", DOORS, public_id="shop"))
    under_test.core.catalog.forget()

    assert await under_test.core.catalog.project("shop") == made
    assert await under_test.core.catalog.project_by_id(made.id) == made


async def test_the_configured_project_is_told_apart(under_test: CoreUnderTest) -> None:
    """Also after everything was forgotten: what the environment describes is for this project alone."""
    catalog = under_test.core.catalog
    default = await under_test.core.registry.ensure_default()
    other = await under_test.core.registry.create_project(NewProject("Shop", DOORS, public_id="shop"))
    catalog.forget()

    assert catalog.is_default(default.id)
    assert not catalog.is_default(other.id)


async def test_a_project_without_a_chosen_name_has_its_id(under_test: CoreUnderTest) -> None:
    """Unique without anybody's doing."""
    made = await under_test.core.registry.create_project(NewProject("Shop", DOORS))

    assert made.public_id == str(made.id)


@pytest.mark.parametrize("name", ["", "nobody", "Default", "default ", "x" * 10_000])
async def test_unknown_names_are_refused_and_not_remembered(under_test: CoreUnderTest, name: str) -> None:
    """A project that is made a moment later is found at once."""
    for _ in range(2):
        with pytest.raises(ProjectNotFound):
            await under_test.core.catalog.project(name)
        with pytest.raises(ClientNotFound):
            await under_test.core.catalog.client(name)
    assert not {name} & set(under_test.core.catalog._projects)


async def test_a_change_is_seen_by_every_worker_at_its_next_look(
    under_test: CoreUnderTest, neighbour: CoreUnderTest
) -> None:
    """And by none before it: requests cost no query for what seldom changes."""
    project = await under_test.other_project()
    seen = await neighbour.core.catalog.project(project.public_id)
    await neighbour.core.catalog.refresh()
    seen = await neighbour.core.catalog.project(project.public_id)
    await under_test.db.run(SET, id=project.id, settings=Json({"sign_up_enabled": False}))

    assert await neighbour.core.catalog.project(project.public_id) is seen
    await announce_change(under_test.db)
    assert await neighbour.core.catalog.refresh()

    assert not (await neighbour.core.catalog.project(project.public_id)).policy.sign_up_enabled
    assert not (await neighbour.core.catalog.project_by_id(project.id)).policy.sign_up_enabled


async def test_settings_lie_over_the_policy(under_test: CoreUnderTest) -> None:
    """What a project does not set is as built in, never as another project has it."""
    made = await under_test.other_project(
        verified_email_required=True, allowed_roles=["reader"], default_role="reader", access_token_seconds=60
    )

    policy = made.policy
    assert (policy.verified_email_required, policy.allowed_roles, policy.default_role) == (True, ("reader",), "reader")
    assert policy.access_token_life.total_seconds() == 60
    assert policy.client_url == ""
    assert under_test.project.policy.client_url == "http://localhost:3000"


@pytest.mark.parametrize(
    "settings",
    [
        {"sign_up_enabledd": False},
        {"sign_up_enabled": "false"},
        {"sign_up_enabled": 1},
        {"allowed_roles": "admin"},
        {"allowed_roles": ["user", 1]},
        {"password_min_length": "8"},
        {"password_min_length": -1},
        {"access_token_seconds": 0},
        {"access_token_seconds": -60},
        {"access_token_seconds": 86_401},  # longer than a retired key is published
        {"refresh_token_seconds": 10**20},
        {"refresh_token_seconds": 2**31},  # what a column holds no more
        {"refresh_token_seconds": 1.5},
        {"metadata_limit_bytes": -1},
        {"id": "x"},
    ],
    ids=str,
)
async def test_settings_that_make_no_sense_are_refused(under_test: CoreUnderTest, settings: dict[str, Any]) -> None:
    """Unknown or ill-typed: said at once, and no project is left behind (security 110)."""
    with pytest.raises(InvalidSettings):
        await under_test.core.registry.create_project(NewProject("Odd", DOORS, public_id="odd", settings=settings))
    with pytest.raises(ProjectNotFound):
        await under_test.core.catalog.project("odd")


async def test_a_name_is_given_once(under_test: CoreUnderTest) -> None:
    """To projects and to clients, everywhere; the loser leaves nothing behind."""
    registry, catalog = under_test.core.registry, under_test.core.catalog
    await registry.create_project(NewProject("Shop", DOORS, public_id="shop", hosts=("shop.example",)))
    client = await registry.create_client(under_test.project, NewClient("App", public_id="app"))
    other = await under_test.other_project()

    with pytest.raises(NameTaken):
        await registry.create_project(NewProject("Shop", DOORS, public_id="shop"))
    with pytest.raises(NameTaken):
        await registry.create_client(other, NewClient("App", public_id="app"))
    with pytest.raises(NameTaken):
        await registry.create_project(NewProject("Two", DOORS, public_id="two", hosts=("new.example", "SHOP.example")))

    catalog.forget()
    assert (await catalog.client("app")).project_id == client.project_id
    assert await catalog.by_host("new.example") is None
    with pytest.raises(ProjectNotFound):
        await catalog.project("two")


async def test_a_host_stands_for_its_project_or_client(under_test: CoreUnderTest) -> None:
    """An operator bound it, in whatever case; any other host stands for nothing."""
    registry, catalog = under_test.core.registry, under_test.core.catalog
    shop = await registry.create_project(NewProject("Shop", DOORS, hosts=("Shop.Example",)))
    app = await registry.create_client(shop, NewClient("App", hosts=("app.example",)))
    catalog.forget()

    for _ in range(2):  # read, then remembered
        assert await catalog.by_host("shop.example") == (shop, None)
        assert await catalog.by_host("app.example") == (shop, app)
        for other in ("", "example", "evil.shop.example", "shop.example.", "shop.example:80"):
            assert await catalog.by_host(other) is None


async def test_hosts_that_nobody_bound_do_not_fill_the_memory(under_test: CoreUnderTest) -> None:
    """Whoever invents names is remembered for a while, whoever invents long ones not at all."""
    catalog = under_test.core.catalog
    for number in range(20):
        await catalog.by_host(f"{number}.example")
        await catalog.by_host(f"{number}." + "x" * 1000)

    assert len(catalog._hosts) == 20


async def test_a_client_is_found_by_both_its_names(under_test: CoreUnderTest) -> None:
    """With what an operator said of it."""
    new = NewClient(
        "App",
        public_id="app",
        issuer="https://id.example",
        audience="api",
        allowed_origins=("https://app.example",),
        redirect_uris=("https://app.example/back",),
        settings={"access_token_config": {"expires_in": 60}, "refresh_token_config": {"expires_in": 120}},
    )
    made = await under_test.core.registry.create_client(under_test.project, new)
    under_test.core.catalog.forget()

    found = await under_test.core.catalog.client("app")
    assert found == made == await under_test.core.catalog.client_by_id(made.id)
    assert (found.issuer, found.audience) == ("https://id.example", "api")
    assert found.allowed_origins == {"https://app.example"}
    assert (found.terms.access_life.total_seconds(), found.terms.refresh_life.total_seconds()) == (60, 120)


async def test_a_listed_origin_is_known(under_test: CoreUnderTest) -> None:
    """As a whole, not as a part of one (security 107)."""
    await under_test.core.registry.create_client(
        under_test.project, NewClient("App", allowed_origins=("https://app.example", "https://b.example"))
    )

    lists = under_test.core.catalog.lists_origin
    assert await lists("https://app.example")
    assert await lists("https://b.example")
    for other in ("https://app.example.evil.example", "https://app.exam", "http://app.example", "", "null", "%"):
        assert not await lists(other)


async def test_the_default_project_signs_with_the_configured_key(under_test: CoreUnderTest) -> None:
    """Other projects have keys of their own."""
    shared = signing_key_from_secret(SharedSecret(Algorithm.HS256, b"a secret that Hasura knows as well as we do"))
    catalog = under_test.core.catalog
    configured = Catalog(catalog.db, catalog.key_sets, catalog.default_policy, catalog.default_dialects, shared)
    catalog.key_sets.forget()
    default, other = await configured.default(), await under_test.other_project()

    assert (await catalog.key_sets.of(KeyOwner(default.id))).signer is shared
    assert (await catalog.key_sets.of(KeyOwner(other.id))).signer is not shared
    configured.forget()
    assert (await catalog.key_sets.of(KeyOwner(default.id))).signer is shared


async def test_several_workers_start_on_an_empty_database(database_url: str, db: Database, clock: FakeClock) -> None:
    """One makes the default project, the others find it."""
    cores = await asyncio.gather(*(core_under_test(database_url, db, clock) for _ in range(4)))

    assert len({one.project.id for one in cores}) == 1
    sets = [await one.core.key_sets.of(KeyOwner(one.project.id)) for one in cores]
    assert len({keys.signer.kid for keys in sets}) == 1


async def test_projects_are_listed_page_by_page(under_test: CoreUnderTest) -> None:
    """Each once (security 133)."""
    made = {under_test.project.id} | {(await under_test.other_project()).id for _ in range(3)}
    seen: list[Project | Any] = []
    while page := await under_test.core.registry.projects(after=ProjectId(seen[-1].id) if seen else None, limit=2):
        seen += page

    assert [row.id for row in seen] == sorted(made)
