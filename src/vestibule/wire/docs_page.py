"""The page at /docs: all dialects on one page, drawn here from their OpenAPI documents; it loads nothing.

Style and script are inline and allowed by their hashes, so the policy can forbid everything else.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Final

from vestibule.wire.docs_schema import show_content, show_schema, with_code
from vestibule.wire.openapi import Document
from vestibule.wire.schemas import Schema

_METHODS: Final = ("get", "post", "put", "patch", "delete", "head")


def docs_page(documents: Mapping[str, Document]) -> tuple[str, str]:
    """Return the page and the Content-Security-Policy that belongs to it."""
    assets = files("vestibule.wire") / "docs_assets"
    style, script = ((assets / name).read_text() for name in ("docs.css", "docs.js"))
    sections = "".join(_section(name, document) for name, document in documents.items())
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vestibule API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{style}</style></head><body><div class="frame">{_navigation(documents)}'
        f"<main>{sections}</main></div><script>{script}</script></body></html>"
    )
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return page, policy


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _operations(document: Document) -> list[tuple[str, str, Schema]]:
    return [
        (method, path, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item and not (method == "head" and "get" in item)
    ]


def _navigation(documents: Mapping[str, Document]) -> str:
    parts = []
    for name, document in documents.items():
        links = "".join(
            f'<li data-find="{_findable(method, path, operation)}"><a href="#{_anchor(name, operation)}">'
            f'<span class="method {method}">{method.upper()}</span><span class="path">{escape(path)}</span></a></li>'
            for method, path, operation in _operations(document)
        )
        title = escape(document["info"]["title"])
        parts.append(f'<h2><a href="#{escape(name)}">{title}</a></h2><ul>{links}</ul>')
    finder = '<input type="search" placeholder="Find an endpoint" aria-label="Find an endpoint" hidden>'
    return f"<nav><h1>Vestibule</h1><p>One entrance, several doors.</p>{finder}{''.join(parts)}</nav>"


def _section(name: str, document: Document) -> str:
    info = document["info"]
    bases = ", ".join(f"<code>{escape(server['url'])}</code>" for server in document["servers"])
    operations = "".join(_endpoint(name, method, path, operation) for method, path, operation in _operations(document))
    shapes = "".join(
        f'<details id="{escape(f"{name}--{shape}")}"><summary><span class="path">{escape(shape)}</span></summary>'
        f'<div class="inside">{show_schema(schema, name)}</div></details>'
        for shape, schema in document["components"]["schemas"].items()
    )
    description = f"<p>{with_code(info['description'])}</p>" if info["description"] else ""
    return (
        f'<section id="{escape(name)}"><h2>{escape(info["title"])} <small>{escape(info["version"])}</small></h2>'
        f"{description}<p>Served at {bases}. "
        f'<a href="openapi/{escape(name)}.json">OpenAPI 3.1 document</a></p>'
        f"{operations}<h3>Shapes</h3>{shapes}</section>"
    )


def _endpoint(name: str, method: str, path: str, operation: Schema) -> str:
    schemes = [scheme for requirement in operation["security"] for scheme in requirement]
    optional = {} in operation["security"]
    badges = "".join(f'<span class="badge">{escape(scheme)}{"?" if optional else ""}</span>' for scheme in schemes)
    description = f"<p>{with_code(operation['description'])}</p>" if operation["description"] else ""
    responses = "".join(
        f"<tr><th>{status}</th><td>{with_code(response['description'])}</td>"
        f"<td>{show_content(response.get('content', {}), name)}</td></tr>"
        for status, response in operation["responses"].items()
    )
    return (
        f'<details id="{_anchor(name, operation)}" data-find="{_findable(method, path, operation)}">'
        f'<summary><span class="method {method}">{method.upper()}</span><span class="path">{escape(path)}</span>'
        f'<span class="says">{with_code(operation["summary"])}</span>{badges}</summary><div class="inside">'
        f"{description}{_parameters(operation, name)}{_request(operation, name)}"
        f"<h4>Answers</h4><table>{responses}</table></div></details>"
    )


def _parameters(operation: Schema, name: str) -> str:
    rows = "".join(
        f"<tr><th><code>{escape(parameter['name'])}</code>"
        f"{' <span class=must title=required>*</span>' if parameter['required'] else ''}</th>"
        f"<td>{parameter['in']}</td><td>{show_schema(parameter['schema'], name)}</td></tr>"
        for parameter in operation["parameters"]
    )
    return f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""


def _request(operation: Schema, name: str) -> str:
    body = operation.get("requestBody")
    if body is None:
        return ""
    need = "" if body["required"] else " (may be left out)"
    return f"<h4>Body{need}</h4>{show_content(body['content'], name)}"


def _anchor(name: str, operation: Schema) -> str:
    return escape(f"{name}-{operation['operationId']}")


def _findable(method: str, path: str, operation: Schema) -> str:
    return escape(f"{method} {path} {operation['operationId']} {operation['summary']}".lower().replace("`", ""))
