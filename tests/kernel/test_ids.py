"""The two faces of an id on the wire."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.kernel.ids import parse_uuid, prefixed, unprefixed

ZERO, MOST = UUID(int=0), UUID(int=(1 << 128) - 1)


@given(st.uuids())
def test_a_prefixed_id_reads_back_as_the_same_id(value: UUID) -> None:
    """Both ways, without a table."""
    assert unprefixed("uid", prefixed("uid", value)) == value


@given(st.uuids(), st.uuids())
def test_prefixed_ids_sort_as_the_ids_do(one: UUID, other: UUID) -> None:
    """Lists that are paged by the text stay in the order of creation."""
    assert (prefixed("uid", one) < prefixed("uid", other)) == (one < other)


@pytest.mark.parametrize("value", [ZERO, MOST])
def test_a_prefixed_id_always_has_the_same_length(value: UUID) -> None:
    """22 symbols after the prefix, for the smallest and the largest id."""
    assert len(prefixed("acc", value)) == len("acc_") + 22


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uid",
        "uid_",
        "acc_" + "0" * 22,
        "uid_" + "0" * 21,
        "uid_" + "0" * 23,
        "uid_" + "z" * 22,  # more than 128 bits
        "uid_" + "0" * 21 + "-",
        "uid_" + "0" * 21 + "٣",  # a digit elsewhere in Unicode
        "UID_" + "0" * 22,
        " uid_" + "0" * 22,
        "uid_" + "0" * 22 + "\n",
    ],
)
def test_any_other_text_is_no_prefixed_id(text: str) -> None:
    """An id has one spelling, and a prefix of another kind names nothing here."""
    assert unprefixed("uid", text) is None


@given(st.text())
def test_reading_an_id_never_fails(text: str) -> None:
    """Whatever stands in the path."""
    assert unprefixed("uid", text) is None
    assert parse_uuid(text) is None or str(parse_uuid(text)) == text


@given(st.uuids())
def test_a_uuid_is_read_in_its_canonical_form(value: UUID) -> None:
    """Lower case with hyphens (RFC 9562 section 4)."""
    assert parse_uuid(str(value)) == value


@pytest.mark.parametrize("spelling", ["{%s}", "urn:uuid:%s", " %s", "%s\n"])
def test_no_other_spelling_of_a_uuid_is_read(spelling: str) -> None:
    """Two spellings of one id would be two keys of a limit or a cache."""
    assert parse_uuid(spelling % "0190a6e2-7f1c-7b3a-9d4e-1f2a3b4c5d6e") is None


@pytest.mark.parametrize(
    "text", ["0190A6E2-7F1C-7B3A-9D4E-1F2A3B4C5D6E", "0190a6e27f1c7b3a9d4e1f2a3b4c5d6e", "0190a6e2"]
)
def test_upper_case_and_bare_digits_are_no_uuid(text: str) -> None:
    """As above, for what Python itself would read."""
    assert parse_uuid(text) is None
