"""How custom claims are named and written."""

import pytest

from vestibule.core.claims import (
    USER_FIELDS,
    ClaimPath,
    SourceFailed,
    claim_name,
    claim_text,
    is_reserved,
    parse_path,
    selection_of,
    values_at,
)
from vestibule.core.claims.rules import MOST_BYTES, MOST_CLAIMS, written_claims


def _nested(depth: int) -> object:
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("org", "x-hasura-org"),
        ("Org", "x-hasura-org"),
        ("x-hasura-tier", "x-hasura-tier"),
        ("X-Hasura-Tier", "X-Hasura-Tier"),
        ("x-hasurateam", "x-hasura-x-hasurateam"),
    ],
)
def test_a_claim_gets_the_prefix_unless_it_has_it(given: str, named: str) -> None:
    """Names with the prefix are kept to the letter, others in lower case."""
    assert claim_name(given) == named


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "é", "x" * 129])
def test_some_names_are_none(name: str) -> None:
    """Blanks, line breaks, anything but ASCII."""
    with pytest.raises(ValueError, match="no name"):
        claim_name(name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("gold", "gold"),
        ("", ""),
        ('a "quoted" text', 'a "quoted" text'),
        (["a", "b"], '{"a","b"}'),
        ([1, 2], "{1,2}"),
        ([], "{}"),
        ([["a"], {"b": None}], '{["a"],{"b":null}}'),
        (5, "5"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        ({"b": 1, "a": "x"}, '{"a":"x","b":1}'),
        (None, "null"),
    ],
)
def test_values_become_texts(value: object, text: str) -> None:
    """As Nhost Auth writes them: lists in braces, null as a word."""
    assert claim_text(value) == text


def test_what_is_missing_or_null_gets_its_default() -> None:
    """And null without one."""
    paths = {"a": "metadata.a", "b": "metadata.b", "c": "metadata.c", "d": "metadata.d[*]"}
    defaults = {"a": "unused", "b": ["x"], "d": 1}
    claims = [ClaimPath(name, parse_path(path), defaults.get(name)) for name, path in paths.items()]
    assert values_at(claims, {"metadata": {"a": "here", "b": None}}) == {"a": "here", "b": ["x"], "c": None, "d": 1}
    assert values_at(claims, {"metadata": {"d": []}}) == {"a": "unused", "b": ["x"], "c": None, "d": []}


@pytest.mark.parametrize(
    "name",
    [
        "user-id",
        "x-hasura-user-id",
        "X-Hasura-User-Id",
        "Allowed-Roles",
        "X-HASURA-DEFAULT-ROLE",
        "user-is-anonymous",
        "auth-elevated",
    ],
)
def test_what_the_server_says_itself_is_no_custom_claim(name: str) -> None:
    """In none of its spellings: Hasura reads them all as one (security 11)."""
    written = written_claims({name: "admin", "org": "acme"})
    assert is_reserved(claim_name(name))
    assert written.claims == {"x-hasura-org": "acme"}
    assert written.reserved == (claim_name(name),)


@pytest.mark.parametrize(
    "values",
    [
        {f"claim{number}": "x" for number in range(MOST_CLAIMS + 1)},
        {"long": "x" * MOST_BYTES},
        {"deep": _nested(10_000)},
        {"with blank": "x"},
        {"tier": "a", "x-hasura-tier": "b"},
        {"x-hasura-tier": "a", "X-Hasura-Tier": "b"},
    ],
)
def test_what_cannot_be_used_fails_as_a_whole(values: dict[str, object]) -> None:
    """Half of the claims could mean more than all of them."""
    with pytest.raises(SourceFailed):
        written_claims(values)


def test_the_paths_say_what_is_fetched() -> None:
    """Each field once; of filters too; metadata as a whole."""
    written = (
        "plan",
        "plan.name",
        "teams[].team.id",
        "teams[?(@.active==true)].team.name",
        "metadata.a.b",
        "metadata.c",
        "profile.metadata.x",
        "tags[0]",
        "members[?(@.user.kind=='x')].id",
    )
    assert selection_of(map(parse_path, written)) == {
        "plan": {"name": {}},
        "teams": {"team": {"id": {}, "name": {}}, "active": {}},
        "metadata": {},
        "profile": {"metadata": {}},
        "tags": {},
        "members": {"user": {"kind": {}}, "id": {}},
    }
    assert "metadata" in USER_FIELDS


def test_claims_are_measured_in_bytes() -> None:
    """As headers are: a letter may take several (security 112)."""
    assert written_claims({"a": "\u00fc" * (MOST_BYTES // 2 - 10)}).claims
    with pytest.raises(SourceFailed, match="longer"):
        written_claims({"a": "\u00fc" * (MOST_BYTES // 2)})
