"""Paths into a user: what they find, and which ones nobody can read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vestibule.core.claims import Path, parse_path

USER = {
    "plan": {"name": "gold", "seats": 5, "is_trial": False, "notes": None},
    "teams": [
        {"team": {"id": 1, "name": "a"}, "active": True, "rank": 3},
        {"team": {"id": 2, "name": "b"}, "active": False, "rank": 1},
        {"team": {"id": 3, "name": "c"}, "active": True},
    ],
    "roles": [{"role": "user"}, {"role": "me"}],
    "nested": [[{"id": 1}, {"id": 2}], [{"id": 3}]],
    "none": [],
    "nothing": None,
    "metadata": {"org": "acme", "with.dot": {"x": 1}, "tags": ["x", "y"], "un-dashed": 1},
}


def found(path: str) -> object:
    return parse_path(path).find(USER)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.org", "acme"),
        ("plan.name", "gold"),
        ("plan", USER["plan"]),
        ("plan.is_trial", False),
        ("metadata.tags[1]", "y"),
        ("metadata.tags[-1]", "y"),
        ("metadata.tags[-2]", "x"),
        ("metadata.un-dashed", 1),
        ("metadata['with.dot'].x", 1),
        ('metadata["org"]', "acme"),
        ("teams[0].team.id", 1),
        ("teams", USER["teams"]),
    ],
)
def test_a_plain_path_yields_what_is_there(path: str, value: object) -> None:
    """Whatever JSON it is, a list as well."""
    assert found(path) == value


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("teams[].team.id", [1, 2, 3]),
        ("teams[*].team.id", [1, 2, 3]),
        ("metadata.tags[*]", ["x", "y"]),
        ("metadata.tags[]", ["x", "y"]),
        ("roles[].role", ["user", "me"]),
        ("teams[*].rank", [3, 1]),
        ("nested[*][*].id", [1, 2, 3]),
        ("none[*].id", []),
        ("none[*]", []),
    ],
)
def test_a_path_over_every_element_yields_a_list(path: str, values: object) -> None:
    """`[]` means `[*]`; elements without the member are skipped, and an empty list stays one."""
    assert found(path) == values


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("teams[?(@.active==true)].team.id", [1, 3]),
        ("teams[?(@.active == true)].team.id", [1, 3]),
        ("teams[?(@.team.name=='b')].team.id", [2]),
        ('teams[?(@.team.name=="b")].team.id', [2]),
        ("teams[?(@.team.name!='b')].team.id", [1, 3]),
        ("teams[?(@.rank>1)].team.id", [1]),
        ("teams[?(@.rank>=1)].team.id", [1, 2]),
        ("teams[?(@.rank<2)].team.id", [2]),
        ("teams[?(@.rank<=3.0)].team.id", [1, 2]),
        ("teams[?(@.rank)].team.id", [1, 2]),
        ("metadata.tags[?(@=='y')]", ["y"]),
        ("teams[?(@.team.name=='nobody')].team.id", []),
        ("teams[?(@.active=='true')].team.id", []),
        ("teams[?(@.rank<'z')].team.id", []),
    ],
)
def test_a_filter_keeps_the_elements_that_are_meant(path: str, values: object) -> None:
    """Values of different types are not equal, and none of them is less."""
    assert found(path) == values


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("teams.team.id[]", [1, 2, 3]),
        ("teams.rank[]", [3, 1, None]),
        ("nested.id[]", [[1, 2], [3]]),
        ("plan.name[]", "gold"),
        ("plan.missing[]", None),
        ("missing.id[]", None),
    ],
)
def test_a_path_that_ends_in_brackets_is_walked_as_of_old(path: str, value: object) -> None:
    """Through every list on its way: lists in lists stay so, and a missing member is null."""
    assert found(path) == value


@pytest.mark.parametrize(
    "path",
    [
        "missing",
        "missing.deeper",
        "plan.missing",
        "plan.notes",
        "nothing",
        "nothing.deeper",
        "plan.name.deeper",
        "plan[0]",
        "plan[*]",
        "plan.name[*]",
        "metadata.tags[2]",
        "metadata.tags[-3]",
        "nothing[0]",
        "teams.team",
        "missing[*].id",
        "teams[*].missing",
        "teams[?(@.active==true)].missing",
        "plan[?(@.name=='gold')]",
    ],
)
def test_what_is_missing_is_none(path: str) -> None:
    """So that its default stands in."""
    assert found(path) is None


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "names nothing"),
        (".", "names nothing"),
        (".org", "names nothing"),
        ("a.", "names nothing"),
        ("a..b", "names nothing"),
        ("$.a", "names nothing"),
        ("a b", "expected"),
        ("a[", "no usable number"),
        ("a[1", "']' is expected"),
        ("a[1:2]", "']' is expected"),
        ("a[0,1]", "']' is expected"),
        ("a[12345]", "no usable number"),
        ("a[-]", "no usable number"),
        ("a['b]", "is expected"),
        ("a[b]", "no usable number"),
        ("a[?@.b]", "no usable number"),
        ("a[?(b)]", "'@' is expected"),
        ("a[?(@.b==c)]", "compares with 'c'"),
        ("a[?(@.b=='c' && @.d)]", "')' is expected"),
        ("a[?(@.b=~'c')]", "')' is expected"),
        ("a[?(@.b==@.c)]", "compares with ''"),
        ("a{.b}", "expected"),
        ("a[(@.length-1)]", "no usable number"),
        ("a" * 257, "longer than 256"),
        ("a" + ".b" * 16, "more than 16 steps"),
    ],
)
def test_what_cannot_be_read_is_said(path: str, says: str) -> None:
    """At the start, with the place; nothing is guessed and nothing is run (security 118)."""
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_path(path)


@pytest.mark.parametrize("sign", ["[", "]", "a[", "[]", "[?(", "'", ".a", "a['", "(", "@", "=", "\\"])
def test_no_path_takes_long(sign: str) -> None:
    """Reading never goes back: the longest of any kind is read or refused at once (security 113)."""
    try:
        path: Path | None = parse_path("a" + (sign * 256)[:255])
    except ValueError:
        path = None
    assert path is None


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from("ab"), inner, max_size=2),
    max_leaves=20,
)
_PARTS = some.sampled_from(
    [
        "a",
        "b",
        ".a",
        ".b",
        "[]",
        "[*]",
        "[0]",
        "[-1]",
        "['a']",
        "[?(@.a)]",
        "[?(@.a<1)]",
        "[?(@=='x')]",
        "[?(@.b!=true)]",
    ]
)


@given(some.lists(_PARTS, max_size=6).map("".join) | some.text(max_size=20), _JSON)
def test_any_path_in_any_user_is_found_or_refused(text: str, value: object) -> None:
    """And never anything else."""
    try:
        path = parse_path(text)
    except ValueError:
        return
    found_there = path.find({"a": value, "b": value})
    assert found_there is None or not path.is_list or isinstance(found_there, list) or text.endswith("[]")


def test_numbers_of_any_size_compare() -> None:
    """JSON has no largest one."""
    users = {"a": [{"n": 10**400}, {"n": 2}]}
    assert parse_path("a[?(@.n>3)].n").find(users) == [10**400]


def test_lists_in_lists_end_somewhere() -> None:
    """A user whom somebody filled with brackets ends no process."""
    deep: object = {"id": 1}
    for _ in range(5000):
        deep = [deep]
    parse_path("deep.id[]").find({"deep": deep})


@pytest.mark.parametrize(("path", "expected"), [("a[?(@.n==1)].x", ["one"]), ("a[?(@.n==true)].x", ["yes"])])
def test_a_switch_is_no_number(path: str, expected: list[str]) -> None:
    """Nor is a number a switch: a filter that grants something is read to the letter (security 118)."""
    assert parse_path(path).find({"a": [{"n": True, "x": "yes"}, {"n": 1, "x": "one"}]}) == expected
