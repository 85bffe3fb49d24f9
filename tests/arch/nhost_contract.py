"""Our document of the nhost door holds all that Nhost Auth's does: operations, fields, answers; `make check` runs this.

nhost_operations.toml lists theirs, and every accepted difference with its reason. A difference that is not listed
fails, and so does one that is listed and no longer there.
"""

import asyncio
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from vestibule.assembly.application import assemble
from vestibule.settings import load

TABLE: Final = Path(__file__).with_name("nhost_operations.toml")

Schema = dict[str, Any]  # Any: JSON Schema

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_FIELD: Final = re.compile(r"(?P<name>\w+)(?P<required>!?) (?P<type>\S+)")
_FAILED: Final = 400


@dataclass(frozen=True, slots=True)
class Field:
    """What one side says of a field: whether it is required, and its type as the table writes it."""

    is_required: bool
    type: str


class Theirs:
    """The table."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.operations: dict[str, dict[str, Any]] = table["operations"]
        self.accepted: dict[str, str] = {
            difference: group["reason"] for group in table.get("accepted", ()) for difference in group["differences"]
        }
        self._schemas: dict[str, str] = table["schemas"]

    def fields(self, schema: str) -> dict[str, Field]:
        """Return the fields of a schema by its name, or of a list of fields.

        Raises: ValueError for what is neither; left out, it would be compared with nothing.
        """
        written = self._schemas.get(schema, schema)
        found = {}
        for part in written.split("; ") if written else ():
            match = _FIELD.fullmatch(part)
            if match is None:
                raise ValueError(f"{part!r} in {TABLE.name} is no field, and no schema")
            found[match["name"]] = Field(bool(match["required"]), match["type"])
        return found

    def is_schema(self, name: str) -> bool:
        """Tell whether the name is a schema's, not that of a plain type."""
        return name in self._schemas


class Ours:
    """Our document, with its references followed."""

    def __init__(self, document: Schema) -> None:
        self._components: dict[str, Schema] = document["components"]["schemas"]
        self.operations: dict[str, Schema] = {
            f"{method.upper()} {path}": operation
            for path, item in document["paths"].items()
            for method, operation in item.items()
        }

    def parts(self, schema: Schema) -> list[Schema]:
        """Return the alternatives that a schema stands for, references followed."""
        if "$ref" in schema:
            return self.parts(self._components[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return [part for alternative in schema["anyOf"] for part in self.parts(alternative)]
        return [schema]

    def types(self, schema: Schema) -> set[str]:
        """Return the plain types that a value may have; empty for anything."""
        found: set[str] = set()
        for part in self.parts(schema):
            named = part.get("type")
            if named is None and "enum" in part:
                named = "string"
            if named is None:
                return set()
            found |= set(named) if isinstance(named, list) else {named}
        return found

    def objects(self, schema: Schema) -> list[Schema]:
        """Return the alternatives that are objects, those of any fields with none."""
        return [{"properties": {}} | part for part in self.parts(schema) if part.get("type") == "object"]


def differences(theirs: Theirs, ours: Ours) -> Iterator[str]:
    """Yield what theirs has and ours has not."""
    for name, wanted in theirs.operations.items():
        found = ours.operations.get(name)
        if found is None:
            yield f"{name} is not served"
            continue
        comparison = Comparison(theirs, ours, name)
        yield from comparison.query(wanted.get("query", ""), found)
        yield from comparison.body(wanted, found)
        yield from comparison.answers(wanted, found)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares one operation."""

    theirs: Theirs
    ours: Ours
    name: str

    def query(self, wanted: str, found: Schema) -> Iterator[str]:
        """Yield the query parameters that ours does not take as theirs does."""
        declared = {part["name"]: part for part in found["parameters"] if part["in"] == "query"}
        for name, theirs in self.theirs.fields(wanted).items():
            ours = declared.get(name)
            if ours is None:
                yield f"{self.name} takes no ?{name}"
            elif ours["required"] and not theirs.is_required:
                yield f"{self.name} insists on ?{name}"

    def body(self, wanted: Mapping[str, Any], found: Schema) -> Iterator[str]:
        """Yield what callers of theirs may send and ours does not take."""
        if "body" not in wanted:
            return
        kind = _FORM if wanted.get("form") else _JSON
        content = found.get("requestBody", {}).get("content", {})
        if kind not in content:
            yield f"{self.name} takes no {kind}"
            return
        if found["requestBody"]["required"] and not wanted["body"].endswith("!"):
            yield f"{self.name} insists on a body"
        yield from self._taken(wanted["body"].rstrip("!"), content[kind]["schema"])

    def _taken(self, name: str, schema: Schema) -> Iterator[str]:
        objects = self.ours.objects(schema)
        if any(not part["properties"] for part in objects):
            return  # an object of any fields
        for field, theirs in self.theirs.fields(name).items():
            takers = [part for part in objects if field in part["properties"]]
            if not takers:
                yield f"{name} is taken without {field}"
                continue
            if not theirs.is_required and all(field in part.get("required", ()) for part in takers):
                yield f"{name} is only taken with {field}"
            yield from self._type_taken(name, field, theirs.type, takers[0]["properties"][field])

    def _type_taken(self, name: str, field: str, wanted: str, schema: Schema) -> Iterator[str]:
        plain, may_be_null = wanted.removesuffix("|null"), wanted.endswith("|null")
        types = self.ours.types(schema)
        if self.theirs.is_schema(plain):
            yield from self._taken(plain, schema)
        elif types and _plain(plain) not in types:
            yield f"{name} is taken with {field} as {_listed(types)}, not as {_plain(plain)}"
        if plain.startswith("["):
            for part in self.ours.parts(schema):
                if "items" in part:
                    yield from self._type_taken(name, f"what is in {field}", plain[1:-1], part["items"])
        if may_be_null and types and "null" not in types:
            yield f"{name} is taken without null as {field}"

    def answers(self, wanted: Mapping[str, Any], found: Schema) -> Iterator[str]:
        """Yield what callers of theirs expect to get and ours does not give."""
        status = str(wanted.get("status", 200))
        responses = found["responses"]
        if status not in responses:
            yield f"{self.name} never answers {status}"
        elif "answer" in wanted:
            content = responses[status].get("content", {}).get(_JSON)
            if content is None:
                yield f"{self.name} answers {status} without JSON"
            else:
                yield from self._given(wanted["answer"], content["schema"], self.name, "an answer")
        failure = wanted.get("failure", "ErrorResponse")
        failures = [
            part
            for code, response in responses.items()
            if int(code) >= _FAILED
            for content in response.get("content", {}).values()
            for part in self.ours.objects(content["schema"])
        ]
        if "HEAD " not in self.name and all(any(self._given(failure, part, "", "")) for part in failures):
            yield f"{self.name} never fails with {failure}"

    def _given(self, wanted: str, schema: Schema, subject: str, field: str) -> Iterator[str]:
        plain = wanted.removesuffix("|null")
        types = self.ours.types(schema)
        allowed = {"object" if self.theirs.is_schema(plain) else _plain(plain)}
        allowed |= {"null"} if wanted.endswith("|null") else set()
        if not types or not types <= allowed:
            yield f"{subject} gives {field} as {_listed(types)}, not as {' or '.join(sorted(allowed))}"
        if plain.startswith("["):
            for part in self.ours.parts(schema):
                if "items" in part:
                    yield from self._given(plain[1:-1], part["items"], subject, f"what is in {field}")
        for part in self.ours.objects(schema) if self.theirs.is_schema(plain) else ():
            for name, theirs in self.theirs.fields(plain).items():
                if name not in part["properties"]:
                    yield f"{plain} is given without {name}"
                    continue
                if theirs.is_required and name not in part.get("required", ()):
                    yield f"{plain} is sometimes given without {name}"
                yield from self._given(theirs.type, part["properties"][name], plain, name)


def _plain(type_: str) -> str:
    return "array" if type_.startswith("[") else type_


def _listed(types: set[str]) -> str:
    return " or ".join(sorted(types)) or "anything"


def complaints(theirs: Theirs, ours: Ours) -> list[str]:
    """Return the differences that nobody accepted, and what was accepted and is none."""
    found = dict.fromkeys(differences(theirs, ours))
    return [
        *(
            f"{difference}: list it with a reason in {TABLE.name}, or mend it"
            for difference in found
            if difference not in theirs.accepted
        ),
        *(
            f"{difference}: is none any more, take it from {TABLE.name}"
            for difference in theirs.accepted
            if difference not in found
        ),
    ]


def table() -> Theirs:
    """Return the table that stands in the repository."""
    return Theirs(tomllib.loads(TABLE.read_text("utf-8")))


async def document() -> Ours:
    """Return our document as a server gives it."""
    settings = load(
        {
            "VESTIBULE_DATABASE_URL": "sqlite:///never-opened.db",
            "VESTIBULE_SECRET_KEYS": "a key for nothing but a description",
            "VESTIBULE_PUBLIC_URL": "https://auth.acme.example",
            "VESTIBULE_ACCESS_LOG": "false",
        }
    )
    transport = httpx2.ASGITransport(assemble(settings).app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://auth.acme.example") as client:
        return Ours((await client.get("/openapi/nhost.json")).raise_for_status().json())


def main() -> int:
    """Print the complaints; the exit status says whether there are any."""
    found = complaints(table(), asyncio.run(document()))
    for complaint in found:
        print(complaint)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
