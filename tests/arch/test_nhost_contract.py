"""Our document holds what Nhost Auth's holds, and the comparison notices when it does not."""

import copy
from typing import Any

import pytest

from tests.arch import nhost_contract
from tests.arch.nhost_contract import Ours, Theirs, complaints

TABLE: dict[str, Any] = {
    "operations": {
        "POST /notes": {"query": "draft boolean", "body": "Note", "answer": "Answer"},
    },
    "schemas": {
        "Note": "text! string; tags [string]; author Author; readers [Author]",
        "Author": "name! string",
        "Answer": "id! string; size integer; author Author|null",
        "ErrorResponse": "error! string",
    },
}
TEXT = {"type": "string"}


def thing(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def document() -> dict[str, Any]:
    """Return a document that holds all of the table."""
    author = {"$ref": "#/components/schemas/Author"}
    tags, readers = ({"type": "array", "items": items} for items in (TEXT, author))
    note = thing(("text",), text=TEXT, tags=tags, author=author, readers=readers)
    answer = thing(("id",), id=TEXT, size={"type": "integer"}, author={"anyOf": [author, {"type": "null"}]})
    return {
        "components": {"schemas": {"Author": thing(("name",), name=TEXT)}},
        "paths": {
            "/notes": {
                "post": {
                    "parameters": [{"name": "draft", "in": "query", "required": False}],
                    "requestBody": {"required": False, "content": {"application/json": {"schema": note}}},
                    "responses": {
                        "200": {"content": {"application/json": {"schema": answer}}},
                        "400": {"content": {"application/json": {"schema": thing(("error",), error=TEXT)}}},
                    },
                }
            }
        },
    }


def change(path: str, value: Any) -> dict[str, Any]:
    """Return the document with one place changed, or (None) taken out."""
    changed = copy.deepcopy(document())
    *steps, last = path.split(" ")
    place: Any = changed
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    if value is None:
        del place[int(last) if isinstance(place, list) else last]
    else:
        place[last] = value
    return changed


async def test_the_document_of_the_nhost_door_holds_all_of_nhost_auths() -> None:
    """Every difference is listed with its reason, and none is listed that is gone."""
    assert complaints(nhost_contract.table(), await nhost_contract.document()) == []


def test_the_comparison_sees_every_operation() -> None:
    """A table that was cut short would agree with anything."""
    theirs = nhost_contract.table()
    assert len(theirs.operations) == 63
    for operation in theirs.operations.values():
        for schema in (operation.get("body", ""), operation.get("answer", "")):
            assert theirs.is_schema(schema.rstrip("!")) or schema in {"", "string"}
    assert all(theirs.accepted.values())


def test_a_document_that_holds_all_is_no_cause_for_complaint() -> None:
    """The sample that the cases below break."""
    assert complaints(Theirs(TABLE), Ours(document())) == []


POST = "paths /notes post"
BODY = f"{POST} requestBody content application/json schema"
ANSWER = f"{POST} responses 200 content application/json schema"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (POST, None, "POST /notes is not served"),
        (f"{POST} parameters 0", None, "POST /notes takes no ?draft"),
        (f"{POST} parameters 0 required", True, "POST /notes insists on ?draft"),
        (f"{POST} requestBody required", True, "POST /notes insists on a body"),
        (f"{POST} requestBody content application/json", None, "POST /notes takes no application/json"),
        (f"{BODY} properties tags", None, "Note is taken without tags"),
        (f"{BODY} properties tags", TEXT, "Note is taken with tags as string, not as array"),
        (
            f"{BODY} properties tags items",
            {"type": "integer"},
            "Note is taken with what is in tags as integer, not as string",
        ),
        (f"{BODY} properties readers items", thing(("id",), id=TEXT), "Author is taken without name"),
        (f"{BODY} required", ["text", "tags"], "Note is only taken with tags"),
        (f"{ANSWER} properties size", None, "Answer is given without size"),
        (f"{ANSWER} properties size", TEXT, "Answer gives size as string, not as integer"),
        (
            f"{ANSWER} properties size",
            {"type": ["integer", "null"]},
            "Answer gives size as integer or null, not as integer",
        ),
        (f"{ANSWER} properties size", {}, "Answer gives size as anything, not as integer"),
        (f"{ANSWER} required", [], "Answer is sometimes given without id"),
        (f"{POST} responses 200", None, "POST /notes never answers 200"),
        (f"{POST} responses 400", None, "POST /notes never fails with ErrorResponse"),
        (
            "components schemas Author properties name",
            {"type": "integer"},
            "Author gives name as integer, not as string",
        ),
    ],
)
def test_what_is_missing_is_told(path: str, value: Any, says: str) -> None:
    """In a request less may be asked for, in an answer more may be given; not the other way round."""
    told = complaints(Theirs(TABLE), Ours(change(path, value)))
    assert f"{says}: list it with a reason in nhost_operations.toml, or mend it" in told


def test_an_accepted_difference_must_be_one() -> None:
    """What was built since leaves the list."""
    accepted = {"reason": "not built yet", "differences": ["POST /notes is not served"]}
    table = {**TABLE, "accepted": [accepted]}
    assert complaints(Theirs(table), Ours(change(POST, None))) == []
    assert complaints(Theirs(table), Ours(document())) == [
        "POST /notes is not served: is none any more, take it from nhost_operations.toml"
    ]


@pytest.mark.parametrize("unreadable", ["size int eger", "size", "size!integer", "id! string,size integer", ""])
def test_what_cannot_be_read_in_the_table_is_not_passed_over(unreadable: str) -> None:
    """A field that is dropped is compared with nothing."""
    schemas = {**TABLE["schemas"], "Answer": f"id! string; {unreadable}"}
    with pytest.raises(ValueError, match="is no field, and no schema"):
        complaints(Theirs({**TABLE, "schemas": schemas}), Ours(document()))


def test_a_misspelt_schema_is_not_passed_over() -> None:
    """It holds nothing that could be missed."""
    operations = {"POST /notes": {"body": "Notes"}}
    with pytest.raises(ValueError, match=r"'Notes' in nhost_operations\.toml is no field, and no schema"):
        complaints(Theirs({**TABLE, "operations": operations}), Ours(document()))
