"""Nhost's template syntax: `${name}` and nothing else. A name that it does not have renders empty.

A file with `{{` or `{%` is a Jinja template, every other one is Nhost's. `{#` does not tell: style sheets have it.
"""

import re
from collections.abc import Mapping
from typing import Final

_JINJA: Final = re.compile(r"\{\{|\{%")
_PLACEHOLDER: Final = re.compile(r"\$\{([^{}$]*)\}")


def is_jinja(source: str) -> bool:
    """Tell whether `source` is a Jinja template."""
    return _JINJA.search(source) is not None


def nhost_values(shown: Mapping[str, str], locale: str) -> dict[str, str]:
    """Return the shown values by Nhost's names; an OTP is a ticket there, whatever we call it."""
    return {
        "link": shown["link"],
        "displayName": shown["display_name"],
        "email": shown["email"],
        "newEmail": shown["new_email"],
        "ticket": shown["ticket"] or shown["code"],
        "redirectTo": shown["redirect_to"],
        "locale": shown["locale"] or locale,
        "serverUrl": shown["server_url"],
        "clientUrl": shown["client_url"],
        "code": shown["code"],
    }


def fill_placeholders(source: str, values: Mapping[str, str]) -> str:
    """Return `source` with the placeholders filled, once: what a value contains stays as it is."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), source)
