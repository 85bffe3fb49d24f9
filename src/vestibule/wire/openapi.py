"""One OpenAPI 3.1 document per dialect, from the same declarations that are compiled into responders.

Every status that wire or the handler may answer is listed, with the media type and schema that it really has.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import NoneType
from typing import Any, Final, get_args, get_origin

from vestibule.kernel import errors
from vestibule.wire.answers import HTML, JAVASCRIPT, TEXT, Answer, Html, PlainText, RawBody, Redirect, Script
from vestibule.wire.binding import Bound, bind
from vestibule.wire.declaration import FORM, JSON, Endpoint
from vestibule.wire.decode import Shape
from vestibule.wire.dialect import Dialect, Failure, WireError
from vestibule.wire.failures import InternalError
from vestibule.wire.schemas import Schema, Schemas, merge_contents, union_members

Document = dict[str, Any]  # Any: as Schema

_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_NO_CONTENT: Final = 204
_FOUND: Final = 302
_BINARY: Final = "application/octet-stream"
_TEXTS: Final = ((Html, HTML), (Script, JAVASCRIPT), (PlainText, TEXT))


def describe_dialect(
    dialect: Dialect, endpoints: Sequence[Endpoint], bases: Sequence[str], dependencies: Mapping[type, object], url: str
) -> Document:
    """Return the document of `dialect` as it is served under `bases`; `url` is the public URL, or empty."""
    schemas = Schemas()
    paths: dict[str, dict[str, Schema]] = {}
    seen: set[str] = set()
    for endpoint in endpoints:
        if endpoint.hidden:
            continue
        for base in endpoint.bases or ("",):
            operation = _operation(dialect, endpoint, bind_for_description(endpoint, base, dependencies), schemas)
            operation["operationId"] = _unique(endpoint.operation, seen)
            template = base + endpoint.path
            operation["parameters"] = [*_path_parameters(template), *operation["parameters"]]
            if endpoint.bases:
                operation["servers"] = [_server(url, "")]
            item = paths.setdefault(template, {})
            item[endpoint.method.lower()] = operation
            if endpoint.head:
                item["head"] = _head(operation, _unique(f"{endpoint.operation}_head", seen))
    return {
        "openapi": "3.1.0",
        "info": {"title": dialect.title, "version": dialect.version, "description": dialect.description},
        "servers": [_server(url, base) for base in bases],
        "tags": [{"name": tag} for tag in _tags(dialect, endpoints)],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                endpoint.auth.name: dict(endpoint.auth.scheme) for endpoint in endpoints if endpoint.auth
            },
        },
    }


def _tags(dialect: Dialect, endpoints: Sequence[Endpoint]) -> Iterable[str]:
    """Return the tags in the order in which to show them."""
    used = [tag for endpoint in endpoints if not endpoint.hidden for tag in endpoint.tags]
    return dict.fromkeys([*(tag for tag in dialect.tags if tag in used), *used])


def bind_for_description(endpoint: Endpoint, base: str, dependencies: Mapping[type, object]) -> Bound:
    """Return the handler's parameters and return type."""
    return bind(endpoint.function, dependencies, frozenset(_PARAMETER.findall(base + endpoint.path)))


def _operation(dialect: Dialect, endpoint: Endpoint, handler: Bound, schemas: Schemas) -> Schema:
    query = handler.parameters.get("query")
    operation: Schema = {
        "summary": endpoint.summary,
        "description": endpoint.description,
        "tags": list(endpoint.tags),
        "parameters": schemas.parameters(query.kind) if query else [],
        "security": [],
    }
    if endpoint.auth:
        operation["security"] = [{endpoint.auth.name: []}, *([{}] if endpoint.auth.is_optional else [])]
    body = handler.parameters.get("body") or handler.parameters.get("form")
    if body:
        media_types = (FORM,) if "form" in handler.parameters else endpoint.media_types
        schema = schemas.describe(body.kind)
        operation["requestBody"] = {
            "required": not body.is_optional,
            "content": {media_type: {"schema": schema} for media_type in media_types},
        }
    responses = {**_failures(dialect, endpoint, handler, schemas), **_successes(endpoint, handler, schemas)}
    operation["responses"] = {str(status): responses[status] for status in sorted(responses)}
    return operation


def _successes(endpoint: Endpoint, handler: Bound, schemas: Schemas) -> dict[int, Schema]:
    contents: dict[int, list[Mapping[str, Schema]]] = {}
    declared = [(_status(part, endpoint), part) for part in union_members(handler.returns)]
    declared = [(status, part) for status, part in declared if status not in endpoint.answers]
    for status, part in (*declared, *endpoint.answers.items()):
        contents.setdefault(status, []).append(_content(part, schemas))
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            **({"content": merge_contents(parts)} if any(parts) else {}),
            **({"headers": {"Location": {"schema": {"type": "string"}}}} if _redirects(status) else {}),
        }
        for status, parts in contents.items()
    }


def _status(part: Shape, endpoint: Endpoint) -> int:
    """Return the status that a handler's return type stands for."""
    if part is Redirect:
        return endpoint.status if _redirects(endpoint.status) else _FOUND
    if part is None or _answered(part) in (None, NoneType):
        return endpoint.status if endpoint.status != HTTPStatus.OK else _NO_CONTENT
    return endpoint.status


def _content(part: Shape, schemas: Schemas) -> Mapping[str, Schema]:
    part = _answered(part)
    if part in (None, NoneType, Redirect):
        return {}
    media_type = next((media_type for kind, media_type in _TEXTS if part is kind), None)
    if media_type is not None:
        return {media_type: {"type": "string"}}
    return {_BINARY: {}} if part is RawBody else {JSON: schemas.describe(part)}


def _answered(part: Shape) -> Shape:
    """Return T for Answer[T], anything else as it is."""
    origin: object = get_origin(part)
    return get_args(part)[0] if origin is Answer else part


def _redirects(status: int) -> bool:
    return status in {301, 302, 303, 307, 308}


def _failures(dialect: Dialect, endpoint: Endpoint, handler: Bound, schemas: Schemas) -> dict[int, Schema]:
    grouped: dict[int, list[tuple[str, WireError]]] = {}
    for kind in dict.fromkeys(_possible_failures(dialect, endpoint, handler)):
        error = dialect.wire_error(kind)
        grouped.setdefault(error.status, []).append((error.code or kind.code, error))
    described: dict[int, Schema] = {}
    for status, known in grouped.items():
        contents = [_error_content(dialect, error, schemas) for _, error in known]
        codes = ", ".join(dict.fromkeys(f"`{code}`" for code, _ in known))
        described[status] = {"description": f"{HTTPStatus(status).phrase}: {codes}"}
        if any(contents):
            described[status]["content"] = merge_contents(contents)
    return described


def _possible_failures(dialect: Dialect, endpoint: Endpoint, handler: Bound) -> Iterable[type[Failure]]:
    yield from (InternalError, errors.StorageUnavailable, errors.Overloaded, errors.MalformedRequest)
    yield from dialect.common_raises
    if "{" in endpoint.path:
        yield errors.RouteNotFound
    if {"body", "form"} & set(handler.parameters):
        yield from (errors.PayloadTooLarge, errors.UnsupportedMediaType)
    if endpoint.limits or dialect.limits:
        yield errors.TooManyRequests
    if endpoint.auth and not endpoint.auth.is_optional:
        yield from endpoint.auth.raises
    for guard in dialect.guards_of(endpoint):
        yield from guard.raises
        if guard.limit is not None:
            yield errors.TooManyRequests
    yield from endpoint.raises


def _error_content(dialect: Dialect, error: WireError, schemas: Schemas) -> Mapping[str, Schema]:
    """Return media type and schema; an empty media type means that nothing is sent."""
    media_type = dialect.error_media_type if error.media_type is None else error.media_type
    if not media_type:
        return {}
    return {media_type: schemas.describe(dialect.error_schema if error.schema is None else error.schema)}


def _path_parameters(template: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(template)
    ]


def _head(operation: Schema, name: str) -> Schema:
    """Return the description of HEAD: the same statuses, no contents."""
    bare = {
        status: {key: value for key, value in response.items() if key != "content"}
        for status, response in operation["responses"].items()
    }
    return {**operation, "operationId": name, "responses": bare}


def _server(url: str, base: str) -> Schema:
    names = _PARAMETER.findall(base)
    server: Schema = {"url": f"{url.rstrip('/')}{base}" or "/"}
    return {**server, "variables": {name: {"default": "default"} for name in names}} if names else server


def _unique(name: str, seen: set[str]) -> str:
    count, unique = 2, name
    while unique in seen:
        unique, count = f"{name}_{count}", count + 1
    seen.add(unique)
    return unique
